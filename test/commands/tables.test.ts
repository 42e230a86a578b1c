import test from 'ava';
import { runTheflash, type Run } from '../cli/run-theflash.js';
import { edgeSql } from './edge-table.js';
import { makeEngineFolder, type EngineFolder } from './engine-folder.js';

let folder: EngineFolder;
test.before(async () => {
  folder = await makeEngineFolder(
    `${edgeSql}; CREATE DATABASE \`odd db\`;
     CREATE TABLE \`odd db\`.\`a, b\` (\`k, 1\` UInt8, k2 UInt8) ENGINE = MutableMergeTree ORDER BY (k2, \`k, 1\`);
     CREATE TABLE shop.plain (n Int32) ENGINE = MergeTree ORDER BY tuple()`,
  );
});
test.after.always(async () => {
  await folder.remove();
});

const tables = (...args: string[]): Promise<Run> =>
  runTheflash(['tables', '--engine', folder.engine, ...args]);

test.serial('rows are those that a reader sees, keys are in key order', async (t) => {
  const run = await tables();
  t.is(run.stderr, '');
  // Sizes are the engine's affair.
  t.snapshot(run.stdoutText.replaceAll(/\d+(\.\d+)? k?B/g, (size) => '#'.padStart(size.length)));
});

test.serial('a named table shows its columns, without the hidden ones', async (t) => {
  const run = await tables('shop.edge');
  t.is(run.exitCode, 0);
  t.snapshot(run.stdoutText.replace(/, [\d.]+ k?B$/m, ', #'));
});

test.serial('a database shows its tables, and no others', async (t) => {
  const listed = async (...args: string[]): Promise<string[]> => {
    const { stdoutText } = await tables('--json', ...args);
    const found = JSON.parse(stdoutText) as { tables: { database: string; table: string }[] };
    return found.tables.map(({ database, table }) => `${database}/${table}`);
  };
  t.deepEqual(await listed('`odd db`'), ['odd db/a, b']);
  const shop = (await listed()).filter((name) => name.startsWith('shop/'));
  t.true(shop.length > 1);
  t.deepEqual(await listed('shop'), shop);
});

test.serial('a mistyped table leads to the nearest', async (t) => {
  for (const name of ['shop.palin', 'plian']) {
    const run = await tables(name);
    t.is(run.exitCode, 1);
    t.regex(run.stderr, /No table .*Did you mean (shop\.)?plain\? It holds/, name);
  }
});

test.serial('--json gives tables, columns, rows and bytes', async (t) => {
  const run = await tables('--json');
  t.snapshot(
    JSON.parse(run.stdoutText, (name, value: unknown) => (name === 'bytes' ? typeof value : value)),
  );
});

test.serial('a mutable table without a key shows none', async (t) => {
  const keyless = await makeEngineFolder(
    'CREATE DATABASE d; CREATE TABLE d.t (a Int64) ENGINE = MutableMergeTree ORDER BY tuple()',
  );
  const run = await runTheflash(['tables', '--engine', keyless.engine, '--json']);
  await keyless.remove();
  t.like(JSON.parse(run.stdoutText), { tables: [{ table: 't', primaryKey: [] }] });
});

test.serial('a table that several databases have must be named in full', async (t) => {
  const run = await tables('nope');
  t.is(run.exitCode, 1);
  t.regex(run.stderr, /^Error: No table nope in .*\n$/);
});

test.serial('an engine without tables says so', async (t) => {
  const empty = await makeEngineFolder('SELECT 1');
  const run = await runTheflash(['tables', '--engine', empty.engine]);
  await empty.remove();
  t.is(run.exitCode, 0);
  t.is(run.stdoutText, '');
  t.regex(run.stderr, /^No table in .* yet\. `theflash write` brings some\.\n$/);
});
