// Goal: output that goes into a file (> out.csv) is whole, or the command fails. Method: the command under a limit of
// what a file may hold (ulimit -f), which a writer meets as it meets a full disk: a write that is cut short comes first.
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import test from 'ava';
import { commandLine } from './run-theflash.js';

const log = fileURLToPath(new URL('../../examples/shop/binlog.000001', import.meta.url));
const line = [process.execPath, ...commandLine, 'binlog', log].map((word) => `'${word}'`).join(' ');

test('a file that may not grow ends the command with an error', async (t) => {
  t.timeout(900_000);
  const folder = await mkdtemp(path.join(tmpdir(), 'theflash-whole-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const out = path.join(folder, 'out');
  const bash = (script: string): Promise<{ exitCode?: number; stderr: string; stdout: string }> =>
    execa('bash', ['-c', script], { reject: false, stripFinalNewline: false });
  const { stdout: whole } = await bash(line);
  t.true(whole.length > 4096, String(whole.length));
  const cut = await bash(`ulimit -f 2; ${line} > '${out}'`);
  t.is((await stat(out)).size, 2048);
  t.is(cut.exitCode, 1, cut.stderr);
  t.regex(cut.stderr, /Can't write stdout: EFBIG/);
  t.is((await bash(`${line} > '${out}'`)).exitCode, 0);
  t.is(await readFile(out, 'utf8'), whole);
});
