import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { npmProgram, root, run } from './child.js';
import { makeMemoryFolder } from './memory-folder.js';

const slowestShown = 15;

/**
 * Runs AVA over the files of a configuration and counts its tests by its TAP output. With `inMemory`
 * they write their folders to memory, where there is enough of it.
 *
 * Errors: a test file that ends early, or a run of no tests at all, counts as failed.
 */
export async function runAva(config, { inMemory = false } = {}) {
  const count = { passed: 0, failed: 0, skipped: 0 };
  const failures = [];
  let detail;
  const onLine = (line) => {
    const result = parseTapLine(line);
    if (result === undefined) {
      if (detail) detail.push(line);
      else if (line.startsWith('skipped: ')) console.log(`    ${line}`);
      return;
    }
    count[result.kind] += 1;
    detail = undefined;
    if (result.kind === 'passed') return;
    console.log(`    ${result.kind}: ${result.title}`);
    if (result.kind === 'failed') failures.push((detail = [line]));
  };
  const folder = mkdtempSync(path.join(tmpdir(), 'theflash-times-'));
  const times = path.join(folder, 'times');
  writeFileSync(times, '');
  process.env.THEFLASH_TEST_TIMES = times;
  const memory = inMemory ? makeMemoryFolder() : undefined;
  const env = memory === undefined ? {} : { TMPDIR: memory.folder };
  const args = ['--tap', '--config', config];
  const { code, output } = await run(npmProgram('ava'), args, { onLine, env });
  memory?.remove();
  printSlowest(readFileSync(times, 'utf8'));
  rmSync(folder, { recursive: true });
  if (count.passed + count.failed === 0) return { failed: 1, output: `no tests ran\n${output}` };
  if (code !== 0 && count.failed === 0) {
    return { ...count, failed: 1, output: `ava ended with ${code}\n${output.slice(-4000)}` };
  }
  return { ...count, output: failures.map((lines) => lines.join('\n')).join('\n') };
}

/** Two files run at a time, so their sum is twice what a run takes. */
function printSlowest(times) {
  const files = times
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' '))
    .map(([seconds, url]) => ({ seconds: Number(seconds), file: fileURLToPath(url) }));
  files.sort((one, other) => other.seconds - one.seconds);
  for (const { seconds, file } of files.slice(0, slowestShown)) {
    console.log(`    ${seconds.toFixed(1).padStart(7)} s  ${path.relative(root, file)}`);
  }
}

function parseTapLine(line) {
  const match = /^(not ok|ok) \d+ - (.*?)( # (?:SKIP|TODO).*)?$/.exec(line);
  if (match === null) return undefined;
  const [, status, title, skip] = match;
  if (skip !== undefined) return { kind: 'skipped', title };
  return { kind: status === 'ok' ? 'passed' : 'failed', title };
}
