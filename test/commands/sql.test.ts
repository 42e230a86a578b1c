import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import test from 'ava';
import { tableRows } from '../../src/protocol/index.js';
import { runTheflash, type Run } from '../cli/run-theflash.js';
import { makeEngineFolder, type EngineFolder } from './engine-folder.js';

let folder: EngineFolder;
test.before(async () => {
  folder = await makeEngineFolder();
});
test.after.always(async () => {
  await folder.remove();
});

const sql = (statements: string, ...args: string[]): Promise<Run> =>
  runTheflash(['sql', statements, '--create', '--engine', folder.engine, ...args]);

test.serial('a folder that is missing is not made, unless --create says so', async (t) => {
  const engine = join(folder.path, 'enigne');
  const run = await runTheflash(['sql', 'CREATE DATABASE d', '--engine', engine]);
  t.is(run.exitCode, 1);
  t.regex(run.stderr, /^Error: There is no engine folder .*enigne\. .*theflash sql --create.*\n$/);
  await t.throwsAsync(stat(engine), { code: 'ENOENT' });
  const made = await runTheflash(['sql', 'CREATE DATABASE d', '--create', '--engine', engine]);
  t.is(made.exitCode, 0, made.stderr);
  t.true((await stat(engine)).isDirectory());
  const near = await runTheflash(['sql', 'SELECT 1', '--engine', join(folder.path, 'engine')]);
  t.regex(near.stderr, /Did you mean enigne\?/);
});

test.serial('several statements run in order, and the last gives its rows', async (t) => {
  const run = await sql(
    'CREATE DATABASE d; CREATE TABLE d.t (id Int32, n Nullable(String)) ENGINE = MutableMergeTree ORDER BY id; ' +
      "INSERT INTO d.t VALUES (1, 'a'), (2, NULL); UPDATE d.t SET n = 'b' WHERE id = 1; SELECT * FROM d.t ORDER BY id",
    '--format',
    'table',
  );
  t.is(run.stderr, '');
  t.is(run.exitCode, 0);
  t.is(run.stdoutText, 'id  n\n──  ────\n 1  b\n 2  NULL\n');
});

test.serial(
  'rows of any but the last statement are not lost, but refused; the last ones stream',
  async (t) => {
    const two = await sql("SELECT 1; INSERT INTO d.t VALUES (9, 'z'); SELECT 2");
    t.is(two.exitCode, 2);
    t.regex(two.stderr, /the last alone may give rows: SELECT 1.*one by one/s);
    // More than the cap allows to be held: they stream after other statements, too.
    t.is((await sql('SELECT count() FROM d.t', '--format', 'csv')).stdoutText, 'count()\r\n2\r\n');
    const large =
      "CREATE TABLE d.u (a UInt8) ENGINE = Memory; SELECT repeat('x', 1000) FROM numbers(800000)";
    const file = join(folder.path, 'many.csv');
    const caps = ['--memory-max', '1GiB', '--query-memory-max', '380MiB'];
    const run = await sql(large, '--output', file, ...caps);
    t.is(run.exitCode, 0, run.stderr);
    t.true((await stat(file)).size > 800_000_000);
  },
);

test.serial('a statement without a result prints nothing', async (t) => {
  const run = await sql('CREATE DATABASE quiet');
  t.is(run.exitCode, 0);
  t.is(run.stdout.byteLength, 0);
  const asked = await sql('CREATE DATABASE loud', '--json');
  t.deepEqual(JSON.parse(asked.stdoutText), { columns: [], rows: [], rowCount: 0 });
});

test.serial('piped, the rows are an Arrow stream', async (t) => {
  const run = await sql('SELECT number AS n FROM numbers(3)');
  t.deepEqual(tableRows(tableFromIPC(run.stdout)), [{ n: 0n }, { n: 1n }, { n: 2n }]);
});

test.serial('ways out of the folder are shut until --allow-external opens them', async (t) => {
  const file = join(folder.path, 'lines.txt');
  await writeFile(file, 'a\nb\n');
  const read = `SELECT count() AS n FROM file('${file}', 'LineAsString')`;
  const shut = await sql(read);
  t.is(shut.exitCode, 2);
  t.regex(shut.stderr, /outside of the engine folder.*--allow-external/);
  const open = await sql(read, '--allow-external', '--format', 'jsonl');
  t.is(open.stdoutText, '{"n":"2"}\n');
});

test.serial('a query over its memory cap fails, and says how to give it more', async (t) => {
  const large = 'SELECT groupArray(number) FROM numbers(10000000)';
  const capped = await sql(large, '--query-memory-max', '20MiB');
  t.is(capped.exitCode, 1);
  t.regex(capped.stderr, /memory limit exceeded.*--query-memory-max/i);
  const wrong = await sql('SELECT 1', '--memory-max', 'much');
  t.is(wrong.exitCode, 2);
  t.regex(wrong.stderr, /Not a size: much/);
  const far = await runTheflash(['sql', 'SELECT 1', '--engine', 'tcp://h:1', '--allow-external']);
  t.is(far.exitCode, 2);
  t.regex(far.stderr, /--allow-external is for a folder/);
});

test.serial('- reads the statements from stdin', async (t) => {
  const run = await runTheflash(['sql', '-', '--engine', folder.engine, '--format', 'jsonl'], {
    input: "SELECT 'it''s' AS text, 1.50::Decimal(9, 2) AS price\n",
  });
  t.is(run.stdoutText, '{"text":"it\'s","price":"1.50"}\n');
});

test.serial('--param gives values, quoted as they must be', async (t) => {
  const statement = 'SELECT {name:String} AS name, {n:UInt8} + 1 AS n';
  const run = await sql(statement, '--param', "name=O'Hara = {x}", '--param', 'n=4', '-f', 'csv');
  t.is(run.stdoutText, "name,n\r\nO'Hara = {x},5\r\n");
  for (const wrong of ['n', '1n=2', 'n=300', 'n=']) {
    const refused = await sql('SELECT {n:UInt8}', '--param', wrong);
    t.is(refused.exitCode, 2, wrong);
  }
});

test.serial('--output takes the rows, --json the summary', async (t) => {
  const output = join(folder.path, 'numbers.csv');
  const run = await sql('SELECT number AS n FROM numbers(3)', '--output', output, '--json');
  t.is(await readFile(output, 'utf8'), 'n\r\n0\r\n1\r\n2\r\n');
  t.deepEqual(JSON.parse(run.stdoutText), {
    output,
    format: 'csv',
    rows: 3,
    bytes: 12,
    columns: [{ name: 'n', type: 'Uint64', nullable: false, mysqlType: null }],
  });
});

test.serial('wrong SQL is one paragraph, with the engine code in --json', async (t) => {
  const run = await sql('SELEKT 1');
  t.not(run.exitCode, 0);
  t.is(run.stdoutText, '');
  t.regex(run.stderr, /^Error: [^\n]+\n$/);
  const json = await sql('SELECT nope', '--json');
  const document: unknown = JSON.parse(json.stdoutText);
  t.like(document, { error: { place: { engineCode: 47 } } });
});

test.serial('no SQL is wrong usage', async (t) => {
  t.is((await sql(' ')).exitCode, 2);
  t.is((await runTheflash(['sql'])).exitCode, 2);
});

test.serial(
  'an error after the first rows does not spoil the JSON document with another',
  async (t) => {
    const run = await sql(
      "SELECT throwIf(number > 500000, 'late') AS n FROM numbers(1000000) SETTINGS max_threads = 1",
      '--json',
    );
    t.is(run.exitCode, 1);
    t.true(run.stdoutText.startsWith('{"columns":'));
    t.notRegex(run.stdoutText, /error/);
    const error: unknown = JSON.parse(run.stderr);
    t.like(error, { error: { code: 'ENGINE' } });
  },
);
