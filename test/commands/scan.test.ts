import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import test from 'ava';
import { readParquet } from 'parquet-wasm/node';
import { mysqlTypeKey, tableRows } from '../../src/protocol/index.js';
import { parseCsv } from '../cli/format/parse-csv.js';
import { runTheflash, type Run } from '../cli/run-theflash.js';
import { edgeRows, edgeSql } from './edge-table.js';
import { makeEngineFolder, type EngineFolder } from './engine-folder.js';

let folder: EngineFolder;
test.before(async () => {
  folder = await makeEngineFolder(edgeSql);
});
test.after.always(async () => {
  await folder.remove();
});

const scan = (...args: string[]): Promise<Run> =>
  runTheflash(['scan', 'shop.edge', '--engine', folder.engine, ...args]);

test.serial(
  'piped, a scan is an Arrow stream of the documented types and exact values',
  async (t) => {
    const run = await scan('--order-by', 'id');
    t.is(run.stderr, '');
    t.is(run.exitCode, 0);
    const table = tableFromIPC(run.stdout);
    t.snapshot(
      table.schema.fields.map((field) => [
        field.name,
        String(field.type),
        field.nullable,
        field.metadata.get(mysqlTypeKey) ?? null,
      ]),
    );
    const [first, second] = tableRows(table);
    t.is(table.numRows, 2);
    t.like(first, {
      id: 1n,
      late: -360001000000n,
      later: -3020399999999n,
      name: 'a,"b"',
      tier: 'a',
    });
    t.deepEqual(first?.['token'], Uint8Array.of(0, 255));
    t.like(second, { id: 18446744073709551615n, price: null, token: null, later: 1n, born: null });
  },
);

test.serial('CSV and JSON lines hold the same values as text', async (t) => {
  const csv = parseCsv((await scan('--order-by', 'id', '--format', 'csv')).stdoutText);
  const [names = [], ...rows] = csv;
  t.deepEqual(
    rows.map((row) => new Map(names.map((name, index) => [name, row[index]]))),
    edgeRows.map(({ csv: expected }) => new Map(Object.entries(expected))),
  );
  const lines = (await scan('--order-by', 'id', '--format', 'jsonl')).stdoutText.trim().split('\n');
  t.deepEqual(
    lines.map((line): unknown => JSON.parse(line)),
    edgeRows.map(({ json }) => json),
  );
});

test.serial('--json gives columns, rows and their count as one document', async (t) => {
  const run = await scan('--order-by', 'id', '--json');
  t.is(run.exitCode, 0);
  t.snapshot(JSON.parse(run.stdoutText));
});

test.serial('--columns, --where, --order-by and --limit shape the rows', async (t) => {
  const run = await scan(
    ...['--columns', 'tier,id', '--where', "tier IN ('a', 'b') -- both"],
    ...['--order-by', 'id desc', '--limit', '1', '--format', 'csv'],
  );
  t.is(run.stdoutText, 'tier,id\r\nb,18446744073709551615\r\n');
});

test.serial(
  'a condition on TIME sees the column itself, whatever it is given out as',
  async (t) => {
    const run = await scan('--where', "late < '-99:59:59'", '--columns', 'id', '--format', 'csv');
    t.is(run.stdoutText, 'id\r\n1\r\n');
  },
);

test.serial('the table may be left out where there is one', async (t) => {
  const run = await runTheflash(['scan', '--engine', folder.engine, '--format', 'csv']);
  t.is(run.exitCode, 0);
  t.is(parseCsv(run.stdoutText).length, 3);
});

test.serial(
  '--output writes the file whole, in the form of its name, and tells what it is',
  async (t) => {
    const output = join(folder.path, 'edge.parquet');
    const run = await scan('--output', output, '--json', '--order-by', 'id');
    t.is(run.exitCode, 0);
    const bytes = await readFile(output);
    const summary: unknown = JSON.parse(run.stdoutText);
    t.like(summary, { output, format: 'parquet', rows: 2, bytes: bytes.byteLength });
    const table = tableFromIPC(readParquet(bytes).intoIPCStream());
    t.deepEqual(
      tableRows(table).map((row) => row['id']),
      [1n, 18446744073709551615n],
    );
    t.deepEqual((await readdir(folder.path)).sort(), ['edge.parquet', 'engine']);
  },
);

test.serial('a scan that fails leaves no file behind', async (t) => {
  const output = join(folder.path, 'none.csv');
  const run = await scan('--output', output, '--where', "throwIf(id > 1, 'enough')");
  t.is(run.exitCode, 1);
  t.regex(run.stderr, /^Error: .*enough.*\n$/s);
  t.false((await readdir(folder.path)).some((name) => name.includes('none')));
});

test.serial('a --where that is not one condition is wrong usage, in one line', async (t) => {
  const run = await scan('--format', 'csv', '--where', '1) OR (1=1');
  t.is(run.exitCode, 2);
  t.is(run.stdoutText, '');
  t.regex(run.stderr, /^Error: --where was refused: it is not one expression\.[^\n]+\n$/);
});

test.serial('a table or column that is not there is named, with those that are', async (t) => {
  const table = await runTheflash(['scan', 'shop.egde', '--engine', folder.engine]);
  t.is(table.exitCode, 1);
  t.regex(table.stderr, /^Error: No table shop\.egde in .*It holds shop\.edge\..*\n$/);
  const column = await scan('--columns', 'id,nmae');
  t.is(column.exitCode, 2);
  t.regex(
    column.stderr,
    /^Error: shop\.edge has no column nmae\. Its columns are: id, price, .*\n$/,
  );
  const hidden = await scan('--columns', '_INTERNAL_VERSION');
  t.is(hidden.exitCode, 2);
});

test.serial('a folder that is no engine is not made into one by reading', async (t) => {
  const missing = join(folder.path, 'missing');
  const run = await runTheflash(['scan', '--engine', missing]);
  t.is(run.exitCode, 1);
  t.regex(run.stderr, /^Error: [^\n]+\n$/);
  t.false((await readdir(folder.path)).includes('missing'));
});

test.serial('--json and --format can not both have stdout', async (t) => {
  const run = await scan('--json', '--format', 'csv');
  t.is(run.exitCode, 2);
  t.snapshot(JSON.parse(run.stdoutText));
});
