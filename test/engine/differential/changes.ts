import type { Random } from '../../workload/random.js';
import { replaceRows } from './tables.js';

/** A change of a mutable table, and statements that make the same of a plain one, by other means. */
export interface Change {
  kind: string;
  mutable: string;
  plain: readonly string[];
}

export type TableName = 'keyed' | 'bag';

/** A condition in SQL; `{db}` stands for the database. */
export function pickCondition(random: Random): string {
  const number = random.int(0, 40);
  return random.pick([
    `k = ${number}`,
    `k % 5 = ${number % 5} AND g = 1`,
    `a > ${number * 3}`,
    `n IS NULL`,
    `n > ${number}`,
    `NOT (n > ${number})`,
    `s LIKE '%${random.pick(['a', 'b', 'ä'])}%' OR d > ${number}.5`,
    `(k, g) IN ((${number}, 0), (${number + 1}, 1))`,
    `(k, g) IN (SELECT max(k), min(g) FROM {db}.keyed)`,
    `a IN (SELECT a FROM {db}.bag WHERE g = 1)`,
    `k NOT IN (SELECT k FROM {db}.keyed WHERE a > ${number})`,
    `a > (SELECT avg(a) FROM {db}.keyed)`,
    `k IN (SELECT k FROM {db}.seen)`,
    `k BETWEEN ${number} AND ${number + 7}`,
    `length(s) = ${number % 4}`,
    'true',
  ]);
}

function pickRow(random: Random): readonly string[] {
  const text = random.pick(['', 'a', 'bb', 'äö', "it''s", 'x y']);
  const nullable = random.pick(['NULL', String(random.int(0, 40))]);
  const cents = random.int(-9999, 9999);
  return [
    String(random.int(0, 40)),
    String(random.int(0, 1)),
    String(random.int(0, 120)),
    `'${text}'`,
    nullable,
    (cents / 100).toFixed(2),
  ];
}

const tuple = (row: readonly string[]): string => `(${row.join(', ')})`;

/** The rows of a table but those of some keys; all of them where it has no key. */
function others(table: TableName, keys: string): string {
  return table === 'bag'
    ? 'SELECT * FROM o.bag'
    : `SELECT * FROM o.keyed WHERE (k, g) NOT IN (${keys})`;
}

function insertValues(random: Random, table: TableName): Change {
  const rows = Array.from({ length: random.int(1, 8) }, () => pickRow(random));
  // Of equal keys the last one counts.
  const last = new Map(rows.map((row) => [`${row[0]},${row[1]}`, row]));
  const kept = table === 'bag' ? rows : [...last.values()];
  const keys = kept.map((row) => `(${row[0]}, ${row[1]})`).join(', ');
  const verb = random.pick(['INSERT INTO', 'UPSERT INTO']);
  return {
    kind: 'insert values',
    mutable: `${verb} m.${table} VALUES ${rows.map(tuple).join(', ')}`,
    plain: [
      ...replaceRows(table, others(table, keys)),
      `INSERT INTO o.${table} VALUES ${kept.map(tuple).join(', ')}`,
    ],
  };
}

function insertFormat(random: Random, table: TableName): Change {
  const [k, g] = [random.int(0, 40), random.int(0, 1)];
  const line = random.pick([
    `FORMAT CSV\n${k},${g}\n`,
    `FORMAT JSONEachRow {"k": ${k}, "g": ${g}}`,
    `FORMAT TSV\n${k}\t${g}\n`,
  ]);
  return {
    kind: 'insert format',
    mutable: `INSERT INTO m.${table} (k, g) ${line}`,
    plain: [
      ...replaceRows(table, others(table, `(${k}, ${g})`)),
      `INSERT INTO o.${table} (k, g) VALUES (${k}, ${g})`,
    ],
  };
}

function insertSelect(random: Random, table: TableName): Change {
  const where = pickCondition(random);
  const by = random.int(1, 60);
  const from = random.pick(['keyed', 'bag'] as const);
  // Rows that end up with equal keys would leave it open which one is the last.
  const select = (db: string): string =>
    `SELECT k + ${by} AS k, g, max(a) AS a, min(s) AS s, max(n) AS n, sum(d) AS d FROM (SELECT * FROM {db}.${from} WHERE ${where}) GROUP BY k, g`.replaceAll(
      '{db}',
      db,
    );
  return {
    kind: 'insert select',
    mutable: `INSERT INTO m.${table} ${select('m')}`,
    plain: replaceRows(
      table,
      `${others(table, `SELECT k, g FROM (${select('o')})`)} UNION ALL ${select('o')}`,
    ),
  };
}

function updateValues(random: Random, table: TableName): Change {
  const where = pickCondition(random);
  const sets = random.pick<Readonly<Record<string, string>>>([
    { a: `a + ${random.int(1, 9)}` },
    { s: `concat(s, 'b')`, n: `k` },
    { n: 'NULL' },
    { d: `d * 2`, a: `a % 7` },
    { a: '(SELECT max(a) FROM {db}.keyed) % 100' },
  ]);
  const list = Object.entries(sets).map(([name, value]) => `${name} = ${value}`);
  const types = { a: 'Int64', s: 'String', n: 'Nullable(Int32)', d: 'Decimal(10, 2)' };
  const columns = ['k', 'g', 'a', 's', 'n', 'd'].map((name) => {
    const value = Object.entries(sets).find(([each]) => each === name)?.[1];
    const type = Object.entries(types).find(([each]) => each === name)?.[1] ?? '';
    return value === undefined ? name : `if(hit, CAST(${value}, '${type}'), ${name})`;
  });
  const source = `(SELECT *, ifNull(${where}, 0) AS hit FROM o.${table})`;
  return {
    kind: 'update values',
    mutable: `UPDATE m.${table} SET ${list.join(', ')} WHERE ${where}`.replaceAll('{db}', 'm'),
    plain: replaceRows(
      table,
      `SELECT ${columns.join(', ')} FROM ${source}`.replaceAll('{db}', 'o'),
    ),
  };
}

function updateKeys(random: Random, table: TableName): Change {
  const where = pickCondition(random);
  const by = random.int(1, 50);
  const hit = `ifNull(${where}, 0)`;
  const moved = `SELECT k + ${by} AS k, g, a, s, n, d FROM (SELECT * FROM o.${table} WHERE ${hit})`;
  const rest = `SELECT * FROM o.${table} WHERE NOT ${hit}`;
  const kept = table === 'bag' ? rest : `${rest} AND (k, g) NOT IN (SELECT k, g FROM (${moved}))`;
  return {
    kind: 'update keys',
    mutable: `UPDATE m.${table} SET k = k + ${by} WHERE ${where}`.replaceAll('{db}', 'm'),
    plain: replaceRows(table, `${kept} UNION ALL ${moved}`.replaceAll('{db}', 'o')),
  };
}

function deleteRows(random: Random, table: TableName): Change {
  const where = pickCondition(random);
  return {
    kind: 'delete',
    mutable: `DELETE FROM m.${table} WHERE ${where}`.replaceAll('{db}', 'm'),
    plain: replaceRows(
      table,
      `SELECT * FROM o.${table} WHERE NOT ifNull(${where}, 0)`.replaceAll('{db}', 'o'),
    ),
  };
}

function truncate(table: TableName): Change {
  return {
    kind: 'truncate',
    mutable: `TRUNCATE TABLE m.${table}`,
    plain: [`TRUNCATE TABLE o.${table}`],
  };
}

function merge(random: Random, table: TableName): Change {
  const how = random.pick(['FINAL', 'ELIMINATE', '']);
  return { kind: `optimize ${how}`, mutable: `OPTIMIZE TABLE m.${table} ${how}`, plain: [] };
}

function addColumn(random: Random): Change {
  const name = `x${random.int(0, 2 ** 30)}`;
  return {
    kind: 'add and drop column',
    mutable: `ALTER TABLE m.keyed ADD COLUMN ${name} Int32 DEFAULT k + 1; ALTER TABLE m.keyed DROP COLUMN ${name}`,
    plain: [],
  };
}

function replaceTable(random: Random): Change {
  const where = pickCondition(random);
  return {
    kind: 'create or replace',
    mutable:
      `CREATE OR REPLACE TABLE m.keyed (k Int64, g UInt8, a Int64, s String, n Nullable(Int32), d Decimal(10, 2)) ENGINE = MutableMergeTree ORDER BY (k, g) AS SELECT * FROM m.keyed WHERE ${where}`.replaceAll(
        '{db}',
        'm',
      ),
    plain: replaceRows('keyed', `SELECT * FROM o.keyed WHERE ${where}`.replaceAll('{db}', 'o')),
  };
}

function exchange(): Change {
  return {
    kind: 'exchange and rename',
    mutable: `CREATE TABLE m.other AS m.keyed ENGINE = MutableMergeTree ORDER BY (k, g);
      INSERT INTO m.other SELECT * FROM m.keyed; EXCHANGE TABLES m.other AND m.keyed; DROP TABLE m.other;
      RENAME TABLE m.keyed TO m.moved; RENAME TABLE m.moved TO m.keyed`,
    plain: [],
  };
}

/** A random change of either table. */
export function pickChange(random: Random): Change {
  const table = random.pick(['keyed', 'keyed', 'bag'] as const);
  const turn = random.int(0, 99);
  if (turn < 22) return insertValues(random, table);
  if (turn < 30) return insertFormat(random, table);
  if (turn < 40) return insertSelect(random, table);
  if (turn < 60) return updateValues(random, table);
  if (turn < 74) return updateKeys(random, table);
  if (turn < 86) return deleteRows(random, table);
  if (turn < 93) return merge(random, table);
  if (turn < 94) return truncate(table);
  if (turn < 96) return addColumn(random);
  return turn < 98 ? replaceTable(random) : exchange();
}
