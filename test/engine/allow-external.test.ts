// Goal: --allow-external opens the ways, and leaves the sandbox out.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import { runTheflash } from '../cli/run-theflash.js';
import { makeEngineFolder } from '../commands/engine-folder.js';

test('--allow-external opens the ways', async (t) => {
  const made = await makeEngineFolder();
  t.teardown(() => made.remove());
  const { path: folder, engine } = made;
  const out = path.join(folder, 'out.csv');
  const sql = `INSERT INTO FUNCTION file('${out}', 'CSV', 'a String') SELECT 'x';
    SELECT a, file('/etc/hostname') != '' AS read FROM file('${out}', 'CSV', 'a String')`;
  const args = [
    'sql',
    sql,
    '--create',
    '--engine',
    engine,
    '--allow-external',
    '--format',
    'jsonl',
  ];
  const { exitCode, stdoutText, stderr } = await runTheflash(args);
  t.is(exitCode, 0, stderr);
  t.deepEqual(JSON.parse(stdoutText.split('\n')[0] ?? ''), { a: 'x', read: 1 });
  t.is(await readFile(out, 'utf8'), '"x"\n');
  const status = await runTheflash(['status', '--engine', engine, '--allow-external', '--json']);
  t.like(JSON.parse(status.stdoutText), { sandbox: 'none' });
});
