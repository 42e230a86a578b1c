import type { Literal } from './literals.js';

/** A column of a workload table: its definition in SQL, and its values. */
export interface WorkloadColumn {
  name: string;
  sqlType: string;
  nullable: boolean;
  literal: Literal;
}

/**
 * A table of the workload. Every one has a column `n`, 0 to `groupMax`, by which statements choose
 * rows without knowing them.
 */
export interface WorkloadTable {
  name: string;
  columns: readonly WorkloadColumn[];
  /** Column names; empty for a table without a primary key. */
  primaryKey: readonly string[];
}

/** Highest value of the column `n`. */
export const groupMax = 199;

/** Keys are numbers up to this one, so that some are met again. */
export const keyMax = 20_000;

/** `CREATE TABLE` of `table` in `database`. */
export function createTableSql(database: string, table: WorkloadTable): string {
  const lines = table.columns.map(
    ({ name, sqlType, nullable }) => `${name} ${sqlType} ${nullable ? 'NULL' : 'NOT NULL'}`,
  );
  if (table.primaryKey.length > 0) lines.push(`PRIMARY KEY (${table.primaryKey.join(', ')})`);
  return `CREATE TABLE ${database}.${table.name} (${lines.join(', ')}) DEFAULT CHARSET utf8mb4`;
}

/** A table whose key is a plain number. */
export function byId(name: string, columns: WorkloadColumn[]): WorkloadTable {
  const id = column('id', 'INT', (random) => String(random.int(1, keyMax)));
  return keyed(name, ['id'], [id, ...columns]);
}

/** A table with the given key, and the column `n`. */
export function keyed(
  name: string,
  primaryKey: string[],
  columns: WorkloadColumn[],
): WorkloadTable {
  const group = column('n', 'SMALLINT', (random) => String(random.int(0, groupMax)));
  return { name, primaryKey, columns: [...columns, group] };
}

/** A column, NOT NULL unless told. */
export function column(
  name: string,
  sqlType: string,
  literal: Literal,
  nullable = false,
): WorkloadColumn {
  return { name, sqlType, nullable, literal };
}
