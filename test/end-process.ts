import { appendFileSync } from 'node:fs';
import test, { registerCompletionHandler } from 'ava';

/** The tests of a file and their teardowns are done then; a process that ends at all has ended. */
const graceMs = 20_000;
const startMs = performance.now();

// AVA waits for the processes of its files. One that a failed test keeps busy would take a place from all
// files after it, and a run of an hour would take two.
registerCompletionHandler(() => {
  noteTime();
  setTimeout(() => {
    console.error(`something still runs ${graceMs / 1000} s after the last test: ended`);
    process.exit(1);
  }, graceMs).unref();
});

/** For the list of the slowest files that a whole run prints (scripts/testing/ava.js). */
function noteTime(): void {
  const { THEFLASH_TEST_TIMES: times } = process.env;
  if (times === undefined) return;
  appendFileSync(times, `${((performance.now() - startMs) / 1000).toFixed(1)} ${test.meta.file}\n`);
}
