/**
 * The table model: what a MySQL table is, whatever server, log or engine it is seen through.
 * The mapping to engine, Arrow and Spark types is in docs/types.md; `column-types.ts` holds it as code.
 */

/** What a MySQL or MariaDB column holds, as far as its values go. */
export type ColumnType =
  | { kind: 'int'; bits: 8 | 16 | 24 | 32 | 64; unsigned: boolean }
  | { kind: 'decimal'; precision: number; scale: number; unsigned: boolean }
  | { kind: 'float'; bits: 32 | 64 }
  | { kind: 'bit'; length: number }
  | { kind: 'year' }
  | { kind: 'date' }
  /** Wall clock, no zone. `fsp`: digits of the fraction of a second, 0 to 6. */
  | { kind: 'datetime'; fsp: number }
  /** An instant, kept in UTC. */
  | { kind: 'timestamp'; fsp: number }
  /** A signed span of up to 838:59:59.999999. */
  | { kind: 'time'; fsp: number }
  /** CHAR, VARCHAR, TEXT. `charset` is MySQL's name of the stored bytes' charset, as `utf8mb4`. */
  | { kind: 'text'; charset: string }
  /** BINARY, VARBINARY, BLOB. `fixedLength` is n of BINARY(n), whose values MySQL pads to n bytes. */
  | { kind: 'bytes'; fixedLength?: number }
  /** Members in order of definition, as UTF-8 strings; index 1 is the first. */
  | { kind: 'enum'; members: readonly string[] }
  | { kind: 'set'; members: readonly string[] }
  | { kind: 'json' }
  | { kind: 'geometry' }
  | { kind: 'vector' }
  /** MariaDB's types that the log shows as fixed bytes. Their values become text. */
  | { kind: 'uuid' }
  | { kind: 'inet4' }
  | { kind: 'inet6' };

export interface Column {
  name: string;
  type: ColumnType;
  nullable: boolean;
  /** As `SHOW CREATE TABLE` says it, as `varchar(20)` or `bigint unsigned`; travels in Arrow metadata. */
  mysqlType: string;
}

/**
 * Shape: `columns` in table order, generated stored columns included; `primaryKey` holds column
 * names in key order, empty for a table without a primary key.
 */
export interface TableSchema {
  database: string;
  table: string;
  columns: readonly Column[];
  primaryKey: readonly string[];
}

/**
 * `database.table`, for messages and map keys. A part that holds a dot or a backtick is quoted, so
 * that no two tables have one name: r.`b.c` is not `r.b`.c.
 */
export function tableName(table: { database: string; table: string }): string {
  return `${namePart(table.database)}.${namePart(table.table)}`;
}

function namePart(name: string): string {
  return /[.`]/.test(name) ? `\`${name.replaceAll('`', '``')}\`` : name;
}
