import type { Random } from './random.js';
import { groupMax, type WorkloadColumn, type WorkloadTable } from './table.js';

const nullPercent = 10;

/** One random statement that changes rows of `table`, which `name` is the full name of. */
export function changeStatement(random: Random, table: WorkloadTable, name: string): string {
  const kind = random.int(1, 100);
  if (kind <= 40) return insert(random, table, name, 'INSERT IGNORE');
  if (kind <= 50) return insert(random, table, name, 'REPLACE');
  if (kind <= 60) return insertOrUpdate(random, table, name);
  if (kind <= 80) return update(random, table, name);
  if (kind <= 88) return keyUpdate(random, table, name);
  return `DELETE FROM ${name} WHERE ${someRows(random)} LIMIT ${random.int(1, 20)}`;
}

/** INSERT of `count` rows, those whose key is taken left out. */
export function insertRows(
  random: Random,
  table: WorkloadTable,
  name: string,
  count: number,
): string {
  return `INSERT IGNORE INTO ${name} VALUES ${rowsSql(random, table, count)}`;
}

function insert(random: Random, table: WorkloadTable, name: string, verb: string): string {
  return `${verb} INTO ${name} VALUES ${rowsSql(random, table, random.int(1, 24))}`;
}

function insertOrUpdate(random: Random, table: WorkloadTable, name: string): string {
  const changed = otherColumns(table).map((column) => `${column.name} = VALUES(${column.name})`);
  const rows = rowsSql(random, table, random.int(1, 16));
  return `INSERT INTO ${name} VALUES ${rows} ON DUPLICATE KEY UPDATE ${changed.join(', ')}`;
}

function update(random: Random, table: WorkloadTable, name: string): string {
  const columns = otherColumns(table).filter(() => random.chance(50));
  const chosen = columns.length > 0 ? columns : otherColumns(table).slice(0, 1);
  return `UPDATE ${name} SET ${assignments(random, chosen)} WHERE ${someRows(random)}`;
}

/** Gives one row another key; or several rows the same one, which fails after the first of them. */
function keyUpdate(random: Random, table: WorkloadTable, name: string): string {
  const keys = table.columns.filter((column) => table.primaryKey.includes(column.name));
  if (keys.length === 0) return update(random, table, name);
  return `UPDATE ${name} SET ${assignments(random, keys)} WHERE ${someRows(random)} LIMIT ${random.chance(80) ? 1 : 2}`;
}

function assignments(random: Random, columns: readonly WorkloadColumn[]): string {
  return columns.map((column) => `${column.name} = ${valueSql(random, column)}`).join(', ');
}

function someRows(random: Random): string {
  const from = random.int(0, groupMax);
  return `n BETWEEN ${from} AND ${from + random.int(0, 4)}`;
}

function otherColumns(table: WorkloadTable): WorkloadColumn[] {
  return table.columns.filter((column) => !table.primaryKey.includes(column.name));
}

function rowsSql(random: Random, table: WorkloadTable, count: number): string {
  const rows = Array.from({ length: count }, () => {
    const values = table.columns.map((column) => valueSql(random, column));
    return `(${values.join(',')})`;
  });
  return rows.join(',');
}

function valueSql(random: Random, column: WorkloadColumn): string {
  return column.nullable && random.chance(nullPercent) ? 'NULL' : column.literal(random);
}
