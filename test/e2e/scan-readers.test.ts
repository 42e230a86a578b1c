import { execFile, execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import { tableFromIPC } from 'apache-arrow';
import { startMysql57 } from '../servers/index.js';
import { testWith } from '../servers/test-with.js';
import { cliEntry, runCliWell, temporaryFolder, writeLogs } from './cli.js';
import {
  compareTables,
  readSourceTable,
  renderArrowTable,
  type TableRows,
} from './compare/index.js';
import { pythonWithPyarrow } from './pyarrow.js';
import { fillShop } from './recorded-shop.js';

/** What docs/types.md promises for each column: apache-arrow's name of the type, and pyarrow's. */
const types: Record<string, readonly [string, string]> = {
  id: ['Uint32', 'uint32'],
  customer: ['Int64', 'int64'],
  total: ['Decimal[9e+2]', 'decimal128(9, 2)'],
  big: ['Decimal[50e+5]', 'decimal256(50, 5)'],
  weight: ['Float64', 'double'],
  ratio: ['Float32', 'float'],
  state: ['Utf8', 'string'],
  note: ['Utf8', 'string'],
  raw: ['Binary', 'binary'],
  day: ['Date32<DAY>', 'date32[day]'],
  made: ['Timestamp<MILLISECOND>', 'timestamp[ms]'],
  seen: ['Timestamp<MICROSECOND, UTC>', 'timestamp[us, tz=UTC]'],
  span: ['Int64', 'int64'],
  flags: ['Uint64', 'uint64'],
  season: ['Uint16', 'uint16'],
  tiny: ['Int8', 'int8'],
};
const required = ['id', 'customer', 'total', 'state'];

testWith('mysql-5.7')('a scan is the same table to apache-arrow and to pyarrow', async (t) => {
  const { source, engine, folder } = await replayShop(t);
  const file = path.join(folder, 'out.arrow');
  writeFileSync(file, await runCliWell(['scan', 'shop.orders', '--engine', engine]));

  const arrow = tableFromIPC(readFileSync(file));
  const arrowTypes = arrow.schema.fields.map(({ name, type }) => [name, `${type}`]);
  t.deepEqual(Object.fromEntries(arrowTypes), mapTypes(0));
  const notNull = arrow.schema.fields.filter((field) => !field.nullable);
  t.deepEqual(
    notNull.map((field) => field.name),
    required,
  );
  t.deepEqual(compareTables(source, renderArrowTable(arrow, source)), []);

  const python = pythonWithPyarrow();
  if ('reason' in python) {
    t.log(`skipped pyarrow: ${python.reason}`);
    return;
  }
  const read = readByPyarrow(python.python, file, source);
  t.deepEqual(read.types, mapTypes(1));
  t.deepEqual(
    Object.keys(read.nullable).filter((name) => !read.nullable[name]),
    required,
  );
  t.deepEqual(compareTables(source, { ...source, rows: read.rows }), []);
});

testWith('mysql-5.7')('a reader of the pipe may go away', async (t) => {
  const { engine } = await replayShop(t);
  const scan = `'${process.execPath}' '${cliEntry}' scan shop.orders --engine '${engine}'`;
  const { stdout, stderr } = await promisify(execFile)('bash', [
    '-c',
    `set -o pipefail; ${scan} | head -c 100 | wc -c`,
  ]);
  t.is(stdout.trim(), '100');
  t.is(stderr, '');
});

async function replayShop(
  t: ExecutionContext,
): Promise<{ source: TableRows; engine: string; folder: string }> {
  const server = await startMysql57();
  t.teardown(server.stop);
  await fillShop(server);
  const folder = temporaryFolder(t);
  const engine = path.join(folder, 'engine');
  await writeLogs(engine, server.binlogFiles());
  return { source: await readSourceTable(server, 'shop', 'orders'), engine, folder };
}

function mapTypes(reader: 0 | 1): Record<string, string> {
  return Object.fromEntries(Object.entries(types).map(([name, pair]) => [name, pair[reader]]));
}

interface PyarrowTable {
  types: Record<string, string>;
  nullable: Record<string, boolean>;
  rows: (string | null)[][];
}

function readByPyarrow(python: string, file: string, source: TableRows): PyarrowTable {
  const script = path.join(import.meta.dirname, 'read_arrow.py');
  const output = execFileSync(python, [script, file, JSON.stringify(source.columns)]);
  const table = JSON.parse(output.toString('utf8')) as PyarrowTable;
  const rows = table.rows.map((row) => row.map((value, index) => floatForm(source, index, value)));
  return { ...table, rows };
}

function floatForm(source: TableRows, index: number, value: string | null): string | null {
  const isFloat = /^(float|double)$/.test(source.columns[index]?.dataType ?? '');
  return isFloat && value !== null ? String(Number(value)) : value;
}
