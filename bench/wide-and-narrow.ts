import type { Column, ColumnType, TableSchema } from '../src/protocol/index.js';
import type { Random } from '../test/workload/index.js';
import type { Recording } from './recorded-log.js';

/** `npm run bench -- decode quick`: a tenth of it, for a first look. */
const isQuick = process.argv.includes('quick');
const narrowRows = isQuick ? 50_000 : 500_000;
const wideRows = isQuick ? 20_000 : 200_000;
const rowsPerStatement = 500;

/**
 * A log of about 300 MB (quick: 30 MB): inserts into a narrow and a wide table, updates and deletes of the narrow.
 * The input of the decode bench.
 */
export const wideAndNarrow: Recording = {
  name: isQuick ? 'wide-and-narrow-quick' : 'wide-and-narrow',
  seed: 2026,
  schema: `CREATE DATABASE bench CHARACTER SET utf8mb4;
    CREATE TABLE bench.narrow (
      id INT NOT NULL PRIMARY KEY, k INT NOT NULL, c CHAR(120) NOT NULL, pad CHAR(60) NOT NULL
    ) DEFAULT CHARSET latin1;
    CREATE TABLE bench.wide (
      id BIGINT NOT NULL PRIMARY KEY, a INT UNSIGNED, b SMALLINT, price DECIMAL(20,6),
      rate DECIMAL(10,2), w DOUBLE, f FLOAT, state ENUM('new','paid','sent'), note VARCHAR(200),
      doc JSON, made DATETIME(6), seen TIMESTAMP(3) NULL, day DATE, raw VARBINARY(40)
    ) DEFAULT CHARSET utf8mb4`,
  fill: async (query, random) => {
    await insertAll(query, 'narrow', narrowRows, (id) => narrowRow(id, random));
    await insertAll(query, 'wide', wideRows, (id) => wideRow(id, random));
    for (let from = 1; from <= narrowRows; from += 2000) {
      await query(`UPDATE bench.narrow SET k = k + 1 WHERE id BETWEEN ${from} AND ${from + 1999}`);
    }
    await query(`DELETE FROM bench.narrow WHERE id % 5 = 0`);
  },
};

/** Changes of rows in the log. */
export const wideAndNarrowChanges = 2 * narrowRows + wideRows + narrowRows / 5;

/** The two tables, as `CREATE TABLE` in the log has them. */
export const wideAndNarrowTables: readonly TableSchema[] = [
  table('narrow', [
    ['id', { kind: 'int', bits: 32, unsigned: false }],
    ['k', { kind: 'int', bits: 32, unsigned: false }],
    ['c', { kind: 'text', charset: 'latin1' }],
    ['pad', { kind: 'text', charset: 'latin1' }],
  ]),
  table('wide', [
    ['id', { kind: 'int', bits: 64, unsigned: false }],
    ['a', { kind: 'int', bits: 32, unsigned: true }],
    ['b', { kind: 'int', bits: 16, unsigned: false }],
    ['price', { kind: 'decimal', precision: 20, scale: 6, unsigned: false }],
    ['rate', { kind: 'decimal', precision: 10, scale: 2, unsigned: false }],
    ['w', { kind: 'float', bits: 64 }],
    ['f', { kind: 'float', bits: 32 }],
    ['state', { kind: 'enum', members: ['new', 'paid', 'sent'] }],
    ['note', { kind: 'text', charset: 'utf8mb4' }],
    ['doc', { kind: 'json' }],
    ['made', { kind: 'datetime', fsp: 6 }],
    ['seen', { kind: 'timestamp', fsp: 3 }],
    ['day', { kind: 'date' }],
    ['raw', { kind: 'bytes' }],
  ]),
];

function table(name: string, columns: readonly (readonly [string, ColumnType])[]): TableSchema {
  return {
    database: 'bench',
    table: name,
    primaryKey: ['id'],
    columns: columns.map(([column, type]): Column => {
      return { name: column, type, nullable: name === 'wide' && column !== 'id', mysqlType: '' };
    }),
  };
}

async function insertAll(
  query: (sql: string) => Promise<unknown>,
  name: string,
  rows: number,
  row: (id: number) => string,
): Promise<void> {
  for (let first = 1; first <= rows; first += rowsPerStatement) {
    const values = Array.from({ length: rowsPerStatement }, (_, index) => row(first + index));
    await query(`INSERT INTO bench.${name} VALUES ${values.join(',')}`);
  }
}

function narrowRow(id: number, random: Random): string {
  const digits = (groups: number): string =>
    Array.from({ length: groups }, () => random.int(1e10, 9e10)).join('-');
  return `(${id},${random.int(1, narrowRows)},'${digits(9)}','${digits(4)}')`;
}

function wideRow(id: number, random: Random): string {
  const day = `2026-0${random.int(1, 9)}-${random.int(10, 28)}`;
  const clock = `1${random.int(0, 9)}:2${random.int(0, 9)}:3${random.int(0, 9)}`;
  const doc = {
    id,
    tags: ['a', 'größe', random.int(1, 9)],
    price: random.int(1, 1e6) / 64,
    ok: true,
  };
  const columns = [
    id,
    random.int(0, 4e9),
    random.int(-30_000, 30_000),
    (random.int(-1e9, 1e9) / 1000).toFixed(6),
    (random.int(-1e6, 1e6) / 100).toFixed(2),
    random.int(-1e9, 1e9) / 1024,
    random.int(-1e6, 1e6) / 64,
    random.int(1, 3),
    random.chance(10) ? 'NULL' : `'note ${random.int(1, 1e9)} größe 日本'`,
    `'${JSON.stringify(doc)}'`,
    `'${day} ${clock}.${random.int(100_000, 999_999)}'`,
    `'${day} ${clock}.${random.int(100, 999)}'`,
    `'${day}'`,
    `x'${random.bytes(random.int(1, 20)).toString('hex')}'`,
  ];
  return `(${columns.join(',')})`;
}
