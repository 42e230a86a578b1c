// Goal: a result that fails after some of its rows leaves no file that could be taken for whole, in no form: the old file
// stays, or none is made; the exit code tells. Method: the built command, and a query that throws in its last rows.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { runCli, runCliWell, temporaryFolder } from './cli.js';

const endings = [
  'arrow',
  'arrows',
  'parquet',
  'parquet.gz',
  'csv',
  'csv.gz',
  'jsonl',
  'json',
  'txt',
];
const rows = 1_000_000;
const sql = (throwsAt: number): string =>
  `SELECT number, throwIf(number = ${throwsAt}, 'as it was asked') FROM numbers(${rows})`;

for (const ending of endings) {
  test.serial(`.${ending}: nothing is left of a result that failed`, async (t) => {
    const folder = temporaryFolder(t);
    const engine = path.join(folder, 'engine');
    const output = path.join(folder, `out.${ending}`);
    const run = (throwsAt: number): ReturnType<typeof runCli> =>
      runCli(['sql', sql(throwsAt), '--engine', engine, '--create', '--output', output]);
    const failed = await run(rows - 10);
    t.is(failed.code, 1, failed.stderr);
    t.regex(failed.stderr, /as it was asked/);
    t.false(existsSync(output));

    writeFileSync(output, 'the old one');
    t.is((await run(rows - 10)).code, 1);
    t.is(readFileSync(output, 'utf8'), 'the old one');
    t.deepEqual(readdirSync(folder).sort(), ['engine', path.basename(output)].sort());
  });
}

test.serial('a Parquet file on stdout has no end where the result failed', async (t) => {
  const engine = path.join(temporaryFolder(t), 'engine');
  const scan = (throwsAt: number): string[] => [
    ...['sql', sql(throwsAt), '--engine', engine, '--create', '--format', 'parquet'],
  ];
  const whole = await runCliWell(scan(rows));
  t.is(whole.subarray(-4).toString(), 'PAR1');
  const failed = await runCli(scan(rows - 10));
  t.is(failed.code, 1);
  t.not(failed.stdout.subarray(-4).toString(), 'PAR1');
});
