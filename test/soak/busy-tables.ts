// Twenty tables with a real mix of types and keys, filled at their source by its own SQL: what a comparison under load
// and its bench read. A row is told by a number from which all its values come.
import type { Server } from '../servers/index.js';

/** A column: its definition, and its value by the SQL of a row's number. */
export interface BusyColumn {
  name: string;
  sqlType: string;
  value: (n: string) => string;
}

/** A table of the database `d`. Every one has a column `v`, of whole numbers. */
export interface BusyTable {
  name: string;
  /** Those of the primary key; none where the table has none, and rows come three times. */
  key: readonly BusyColumn[];
  values: readonly BusyColumn[];
  /** The key is text that the server compares without regard to case. */
  isTextKey: boolean;
}

export const busyTableCount = 20;

const keyless: readonly BusyColumn[] = [];
const word = (n: string): string => `concat(elt(${n} % 3 + 1, 'Key', 'kÉy', 'ß-'), ${n})`;
const number = (name: string, sqlType: string, value: (n: string) => string): BusyColumn => ({
  ...{ name, sqlType: `${sqlType} NOT NULL`, value },
});

/** Of each key one table, and of those that applications have most more. */
const keys: readonly (readonly BusyColumn[])[] = [
  [number('id', 'BIGINT', (n) => n)],
  [number('id', 'INT UNSIGNED', (n) => n)],
  [number('id', 'INT', (n) => `(${n}) * 1000 - 500000000`)],
  [number('id', 'BIGINT UNSIGNED', (n) => `18446744073000000000 + ${n}`)],
  keyless,
  [number('a', 'INT', (n) => `${n} DIV 1000`), number('b', 'SMALLINT', (n) => `${n} % 1000`)],
  [number('a', 'INT', (n) => `${n} DIV 7`), number('w', 'VARCHAR(30)', word)],
  [number('w', 'VARCHAR(40) COLLATE utf8mb4_general_ci', word)],
  [number('w', 'VARCHAR(40) CHARACTER SET latin1 COLLATE latin1_swedish_ci', word)],
  keyless,
  [number('w', 'CHAR(20) COLLATE utf8mb4_bin', word)],
  [number('h', 'BINARY(16)', (n) => `left(unhex(sha2(${n}, 256)), 16)`)],
  [
    number('w', 'VARCHAR(30) COLLATE utf8mb4_unicode_ci', (n) => word(`(${n} DIV 50)`)),
    number('b', 'INT', (n) => `${n} % 50`),
  ],
  [
    number('day', 'DATE', (n) => `DATE '2020-01-01' + INTERVAL ${n} % 2000 DAY`),
    number('b', 'INT', (n) => `${n} DIV 2000`),
  ],
  keyless,
  [number('p', 'DECIMAL(20,4)', (n) => `${n} / 16 - 1000`)],
  [number('at', 'DATETIME(6)', (n) => `TIMESTAMP '2026-01-01 00:00:00.25' + INTERVAL ${n} SECOND`)],
  [number('id', 'BIGINT', (n) => `-(${n})`)],
  [number('a', 'BIGINT', (n) => n), number('h', 'VARBINARY(8)', (n) => `unhex(hex(${n}))`)],
  [number('id', 'MEDIUMINT UNSIGNED', (n) => n)],
];

const column = (name: string, sqlType: string, value: (n: string) => string): BusyColumn => ({
  ...{ name, sqlType, value },
});

const valuesOf: readonly (readonly BusyColumn[])[] = [
  [
    column('price', 'DECIMAL(12,2)', (n) => `${n} / 7`),
    column('name', 'VARCHAR(60)', (n) => `if(${n} % 9 = 0, NULL, concat('ü''', crc32(${n})))`),
    column('raw', 'BLOB', (n) => `unhex(sha2(${n}, 256))`),
    column(
      'made',
      'DATETIME(3)',
      (n) => `TIMESTAMP '2026-01-01 00:00:00.5' + INTERVAL ${n} SECOND`,
    ),
  ],
  [
    column('f', 'FLOAT', (n) => `${n} / 3`),
    column('d', 'DOUBLE', (n) => `${n} / 7e0`),
    column('t', 'TIME(2)', (n) => `sec_to_time(${n} % 500000 / 8 - 30000)`),
    column('y', 'YEAR', (n) => `1990 + ${n} % 60`),
    column(
      'seen',
      'TIMESTAMP(6) NULL',
      (n) => `TIMESTAMP '2026-02-01 00:00:00' + INTERVAL ${n} SECOND`,
    ),
    column('bits', 'BIT(9)', (n) => `${n} % 512`),
    column('e', "ENUM('new','paid','sent')", (n) => `${n} % 3 + 1`),
    column('s', "SET('a','é','c')", (n) => `${n} % 8`),
  ],
  [
    column('j', 'JSON', (n) => `json_object('n', ${n}, 'a', json_array(${n} % 7, 'ü'))`),
    column('tiny', 'TINYINT', (n) => `${n} % 256 - 128`),
    column('wide', 'DECIMAL(38,10)', (n) => `${n} * 123456789.0123456789`),
    column('note', 'TEXT CHARACTER SET latin1', (n) => `repeat('äb', ${n} % 20)`),
    column(
      'dt',
      'DATE',
      (n) => `if(${n} % 5 = 0, NULL, DATE '1970-01-01' + INTERVAL ${n} % 30000 DAY)`,
    ),
    column('b', 'VARBINARY(20)', (n) => `unhex(left(sha2(${n} + 1, 256), 2 * (${n} % 20)))`),
  ],
];

/** The tables, each of another key. */
export function busyTables(): readonly BusyTable[] {
  return keys.map((key, index) => {
    const group = (n: string): string => `${n} DIV 3`;
    // Of a table without a key three rows are alike; an index finds them, and tells none apart.
    const isKeyless = key.length === 0;
    const own = (valuesOf[index % valuesOf.length] ?? []).map((each) => ({
      ...each,
      name: key.some(({ name }) => name === each.name) ? `${each.name}2` : each.name,
      value: isKeyless ? (n: string) => each.value(`(${group(n)})`) : each.value,
    }));
    const v = number('v', 'INT UNSIGNED', (n) => `crc32(${isKeyless ? group(n) : n})`);
    const groups = isKeyless ? [number('g', 'INT', group)] : [];
    return {
      ...{ name: `t${index}`, key, values: [...groups, v, ...own] },
      isTextKey:
        key.length === 1 &&
        key.some(({ name, sqlType }) => name === 'w' && sqlType.includes('_ci')),
    };
  });
}

/** The rows of some numbers, as `SELECT`; `from`: what has them in the column `n`. */
export function selectRowsOf({ key, values }: BusyTable, from: string): string {
  return `SELECT ${[...key, ...values].map(({ value }) => value('n')).join(', ')} FROM ${from}`;
}

/** What chooses the row of a number; of a table without a key, those three that are alike. */
export function whereRow({ key, values }: BusyTable, n: number): string {
  const columns = key.length > 0 ? key : values.filter(({ name }) => name === 'g');
  return `(${columns.map(({ name, value }) => `${name} = ${value(String(n))}`).join(' AND ')})`;
}

/** Makes the tables, of `rowsPerTable` rows each. Nothing of it is in the log: a copy begins with a first load. */
export async function fillBusyTables(server: Server, rowsPerTable: number): Promise<void> {
  const digits = ['a', 'b', 'c', 'd', 'e', 'f'];
  const n = digits.map((digit, place) => `${digit}.n * ${10 ** place}`).join(' + ');
  const connection = await server.connection.getConnection();
  const run = (sql: string): Promise<unknown> => connection.query(sql);
  try {
    await run(`CREATE DATABASE d CHARACTER SET utf8mb4; CREATE DATABASE help; SET sql_log_bin = 0;
      CREATE TABLE help.digits (n INT); INSERT INTO help.digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
      CREATE TABLE help.numbers (n INT PRIMARY KEY); USE help;
      INSERT INTO numbers SELECT ${n} FROM ${digits.map((digit) => `digits ${digit}`).join(', ')}
        WHERE ${n} < ${rowsPerTable}; USE d`);
    for (const table of busyTables()) {
      await run(createTable(table));
      await run(`INSERT INTO d.${table.name} ${selectRowsOf(table, 'help.numbers')};
        ANALYZE NO_WRITE_TO_BINLOG TABLE d.${table.name}`);
    }
    await run('SET sql_log_bin = 1; DROP DATABASE help');
  } finally {
    connection.destroy();
  }
}

function createTable({ name, key, values }: BusyTable): string {
  const lines = [...key, ...values].map((each) => `${each.name} ${each.sqlType}`);
  const names = key.map((each) => each.name).join(', ');
  lines.push(key.length > 0 ? `PRIMARY KEY (${names})` : 'KEY (g)');
  return `CREATE TABLE d.${name} (${lines.join(', ')}) ENGINE = InnoDB`;
}
