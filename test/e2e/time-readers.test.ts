import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import { tableFromIPC } from 'apache-arrow';
import { startMysql57, type Server } from '../servers/index.js';
import { testWith } from '../servers/test-with.js';
import { runCliWell, temporaryFolder, writeLogs } from './cli.js';
import { pythonWithReaders } from './pyarrow.js';

/**
 * TIME, DATETIME and TIMESTAMP of every precision, at the ends of their ranges: what `sql` and what
 * `scan` give is one thing, and all readers of Arrow and Parquet find the server's own values in it.
 */
const fractions = [0, 1, 2, 3, 4, 5, 6];
const values = {
  time: ['-838:59:59', '838:59:59', '00:00:00', '-00:00:00.999999', '-596:31:24.1', '23:59:59.9'],
  datetime: ['1000-01-01 00:00:00', '9999-12-31 23:59:58.9', '1969-12-31 23:59:59.999999'],
  timestamp: ['1970-01-01 00:00:01', '2038-01-19 03:14:06.9', '2026-03-29 02:30:00.123456'],
};
type Kind = keyof typeof values;
const kinds: readonly Kind[] = ['time', 'datetime', 'timestamp'];

/** Types by reader: of TIME, then of DATETIME and TIMESTAMP in seconds, ms and us. */
const types: Record<string, Record<Kind, readonly [string, string, string]>> = {
  'apache-arrow': {
    time: ['Int64', 'Int64', 'Int64'],
    datetime: ['Timestamp<SECOND>', 'Timestamp<MILLISECOND>', 'Timestamp<MICROSECOND>'],
    timestamp: [
      'Timestamp<SECOND, UTC>',
      'Timestamp<MILLISECOND, UTC>',
      'Timestamp<MICROSECOND, UTC>',
    ],
  },
  pyarrow: {
    time: ['int64', 'int64', 'int64'],
    datetime: ['timestamp[s]', 'timestamp[ms]', 'timestamp[us]'],
    timestamp: ['timestamp[s, tz=UTC]', 'timestamp[ms, tz=UTC]', 'timestamp[us, tz=UTC]'],
  },
  'pyarrow parquet': {
    time: ['int64', 'int64', 'int64'],
    datetime: ['timestamp[ms]', 'timestamp[ms]', 'timestamp[us]'],
    timestamp: ['timestamp[ms, tz=UTC]', 'timestamp[ms, tz=UTC]', 'timestamp[us, tz=UTC]'],
  },
  polars: polarsTypes(),
  'polars parquet': polarsTypes(),
  duckdb: duckdbTypes(['TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP']),
  'duckdb parquet': duckdbTypes(['TIMESTAMP', 'TIMESTAMP', 'TIMESTAMP']),
};

testWith('mysql-5.7')('readers of sql and of scan find the server’s times', async (t) => {
  const { engine, folder, expected } = await replayTimes(t);
  const python = pythonWithReaders();
  if ('reason' in python) t.log(`skipped pyarrow, polars and DuckDB: ${python.reason}`);
  for (const command of [
    ['scan', 'times.t', '--order-by', 'id'],
    ['sql', 'SELECT * FROM times.t ORDER BY id'],
    ['sql', `SELECT ${expressions()} FROM times.t GROUP BY id ORDER BY id`],
  ]) {
    const arrow = path.join(folder, 'out.arrows');
    writeFileSync(arrow, await runCliWell([...command, '--engine', engine]));
    const parquet = path.join(folder, 'out.parquet');
    await runCliWell([...command, '--engine', engine, '--output', parquet]);
    const read = { 'apache-arrow': readByApacheArrow(arrow) };
    if ('python' in python) Object.assign(read, readByPython(python.python, arrow, parquet));
    for (const [reader, columns] of Object.entries(read)) {
      t.deepEqual(columns, expectedOf(reader, expected), `${command[0]}, ${reader}`);
    }
  }
});

type Columns = Record<string, [string, (number | null)[]]>;

function column(kind: Kind, fraction: number): string {
  return `${kind}${fraction}`;
}

/** Columns that only exist in the result, of every type; TIME(1) to (3) may not be made by a cast. */
function expressions(): string {
  const items = kinds.flatMap((kind) =>
    fractions.map((fraction) => {
      const name = column(kind, fraction);
      return `max(if(id > 0, ${name}, NULL)) AS \`${name}\``;
    }),
  );
  return ['id', ...items].join(', ');
}

async function replayTimes(
  t: ExecutionContext,
): Promise<{ engine: string; folder: string; expected: Record<string, (number | null)[]> }> {
  const server = await startMysql57();
  t.teardown(server.stop);
  const columns = kinds.flatMap((kind) =>
    fractions.map((fraction) => `${column(kind, fraction)} ${kind}(${fraction}) NULL`),
  );
  await server.query(
    `SET time_zone = '+00:00'; CREATE DATABASE times; CREATE TABLE times.t (id INT PRIMARY KEY, ${columns.join(', ')})`,
  );
  const rows = Array.from({ length: 7 }, (_, row) => {
    const cells = kinds.flatMap((kind) =>
      fractions.map(() => (values[kind][row] === undefined ? 'NULL' : `'${values[kind][row]}'`)),
    );
    return `(${row + 1}, ${cells.join(', ')})`;
  });
  await server.query(`SET time_zone = '+00:00'; INSERT INTO times.t VALUES ${rows.join(', ')}`);
  const expected = await readExpected(server);
  await server.flushLogs();
  const folder = temporaryFolder(t);
  const engine = path.join(folder, 'engine');
  await writeLogs(engine, server.binlogFiles());
  return { engine, folder, expected };
}

/** Microseconds by column, from the server's own text. */
async function readExpected(server: Server): Promise<Record<string, (number | null)[]>> {
  const names = kinds.flatMap((kind) => fractions.map((fraction) => column(kind, fraction)));
  const items = names.map((name) => `CAST(${name} AS CHAR) AS ${name}`).join(', ');
  const rows = await server.query(`SELECT ${items} FROM times.t ORDER BY id`);
  return Object.fromEntries(
    names.map((name) => [name, rows.map((row) => micros(row[name] as string | null))]),
  );
}

function micros(text: string | null): number | null {
  if (text === null) return null;
  const [whole = '', fraction = ''] = text.split('.');
  const rest = Number(fraction.padEnd(6, '0'));
  if (whole.includes(' ')) return Date.parse(`${whole.replace(' ', 'T')}Z`) * 1000 + rest;
  const [hours = 0, minutes = 0, seconds = 0] = whole.replace('-', '').split(':').map(Number);
  const size = ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + rest;
  return whole.startsWith('-') && size !== 0 ? -size : size;
}

function expectedOf(
  reader: string,

  expected: Record<string, (number | null)[]>,
): Columns {
  const columns: Columns = {};
  for (const kind of kinds) {
    for (const fraction of fractions) {
      const unit = fraction === 0 ? 0 : fraction <= 3 ? 1 : 2;
      const name = column(kind, fraction);
      columns[name] = [types[reader]?.[kind][unit] ?? '', expected[name] ?? []];
    }
  }
  return columns;
}

function readByApacheArrow(file: string): Columns {
  const table = tableFromIPC(readFileSync(file));
  const columns: Columns = {};
  for (const { name, type } of table.schema.fields) {
    if (name === 'id') continue;
    const vector = table.getChild(name);
    const perUnit = /SECOND/.exec(String(type)) === null ? 1 : unitMicros(String(type));
    columns[name] = [
      String(type),
      Array.from({ length: table.numRows }, (_, row) => {
        if (vector?.isValid(row) !== true) return null;
        const values: unknown = vector.data[0]?.values;
        if (!(values instanceof BigInt64Array)) throw new Error(`${name} has no 64-bit values`);
        return Number(values[row]) * perUnit;
      }),
    ];
  }
  return columns;
}

function unitMicros(type: string): number {
  if (type.includes('MICROSECOND')) return 1;
  return type.includes('MILLISECOND') ? 1000 : 1_000_000;
}

function readByPython(python: string, arrow: string, parquet: string): Record<string, Columns> {
  const script = path.join(import.meta.dirname, 'read_times.py');
  const output = execFileSync(python, [script, arrow, parquet], { maxBuffer: 1 << 24 });
  const read = JSON.parse(output.toString('utf8')) as Record<string, Columns>;
  for (const columns of Object.values(read)) delete columns['id'];
  return read;
}

function polarsTypes(): Record<Kind, readonly [string, string, string]> {
  const of = (zone: string): readonly [string, string, string] => [
    `Datetime(time_unit='ms', time_zone=${zone})`,
    `Datetime(time_unit='ms', time_zone=${zone})`,
    `Datetime(time_unit='us', time_zone=${zone})`,
  ];
  return { time: ['Int64', 'Int64', 'Int64'], datetime: of('None'), timestamp: of("'UTC'") };
}

function duckdbTypes(
  datetime: readonly [string, string, string],
): Record<Kind, readonly [string, string, string]> {
  const zoned = 'TIMESTAMP WITH TIME ZONE';
  return { time: ['BIGINT', 'BIGINT', 'BIGINT'], datetime, timestamp: [zoned, zoned, zoned] };
}
