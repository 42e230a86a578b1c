import { registerCompletionHandler } from 'ava';

/** The tests of a file and their teardowns are done then; a process that ends at all has ended. */
const graceMs = 20_000;

// AVA waits for the processes of its files. One that a failed test keeps busy would take a place from all
// files after it, and a run of an hour would take two.
registerCompletionHandler(() => {
  setTimeout(() => {
    console.error(`something still runs ${graceMs / 1000} s after the last test: ended`);
    process.exit(1);
  }, graceMs).unref();
});
