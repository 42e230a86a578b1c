import {
  engineColumnType,
  FlashError,
  queryRows,
  quoteIdentifier,
  quoteString,
  quoteTable,
  tableName,
  type Engine,
  type TableSchema,
} from '../protocol/index.js';
import { nameWallClocks, wallClockType } from './wall-clock-columns.js';

interface TableReference {
  database: string;
  table: string;
}

/** A table of the engine, with the identity that a RENAME leaves as it is. */
export interface ListedTable extends TableReference {
  uuid: string;
}

/**
 * The SQL that makes a table of the engine for a table of the source.
 *
 * Errors: UNSUPPORTED where two keys of the source would be one in the copy.
 */
export function createTableSql(schema: TableSchema): string {
  refuseAmbiguousKey(schema);
  const columns = schema.columns.map((column) => {
    const type = engineColumnType(column, schema);
    return `${quoteIdentifier(column.name)} ${type} COMMENT ${quoteString(column.mysqlType)}`;
  });
  const key = schema.primaryKey.map(quoteIdentifier).join(', ');
  const order = schema.primaryKey.length === 0 ? 'tuple()' : `(${key})`;
  return `CREATE TABLE ${quoteTable(schema)} (${columns.join(', ')}) ENGINE = MutableMergeTree ORDER BY ${order}`;
}

/**
 * The tables of the copy, as the engine holds them. Every change may be repeated after a crash
 * without another outcome. Names are the engine's.
 */
export class EngineTables {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /**
   * Makes an empty table; one that is there and empty is made anew.
   *
   * Errors: SOURCE_MISMATCH where a table of this name holds rows.
   */
  async create(schema: TableSchema): Promise<void> {
    await this.#engine.execute(`CREATE DATABASE IF NOT EXISTS ${quoteIdentifier(schema.database)}`);
    if (await this.holdsRows(schema)) {
      const name = tableName(schema);
      throw new FlashError(
        'SOURCE_MISMATCH',
        `the log creates ${name}, and the engine has a table of this name with rows in it`,
        {
          hint: `Start from an empty engine, write elsewhere with --rename ${name}=…, or drop the table.`,
          place: { table: name },
        },
      );
    }
    await this.drop(schema);
    await this.#engine.execute(createTableSql(schema));
  }

  /**
   * Takes a table over that the user has made and filled. False where there is none.
   *
   * Errors: SOURCE_MISMATCH where it is not as the writer would have made it.
   */
  async adopt(schema: TableSchema): Promise<boolean> {
    const rows = await queryRows(
      this.#engine,
      `SELECT name, type FROM system.columns WHERE database = ${quoteString(schema.database)}
       AND table = ${quoteString(schema.table)} AND default_kind <> 'MATERIALIZED' ORDER BY position`,
    );
    if (rows.length === 0) return false;
    const found = rows.map((row, index) => {
      const isWallClock = schema.columns[index]?.type.kind === 'datetime';
      const type = String(row['type']);
      return `${String(row['name'])} ${isWallClock ? wallClockType(type) : type}`;
    });
    const wanted = schema.columns.map(
      (column) => `${column.name} ${engineColumnType(column, schema)}`,
    );
    const [row] = await queryRows(
      this.#engine,
      `SELECT sorting_key FROM system.tables WHERE database = ${quoteString(schema.database)}
       AND name = ${quoteString(schema.table)}`,
    );
    const key = schema.primaryKey.map(quoteKeyPart).join(', ');
    const foundKey = String(row?.['sorting_key']);
    if (found.join() === wanted.join() && foundKey === key) {
      await nameWallClocks(this.#engine, [schema]);
      return true;
    }
    const name = tableName(schema);
    throw new FlashError(
      'SOURCE_MISMATCH',
      `the engine's ${name} is (${found.join(', ')}) ORDER BY (${foundKey}), and the source's is (${wanted.join(', ')}) ORDER BY (${key})`,
      {
        hint: `Make it so: ${createTableSql(schema)}`,
        place: { table: name },
      },
    );
  }

  async drop(table: TableReference): Promise<void> {
    await this.#engine.execute(`DROP TABLE IF EXISTS ${quoteTable(table)} SYNC`);
  }

  /** Deletes the rows for which a condition holds, all at once. */
  async deleteWhere(table: TableReference, condition: string): Promise<void> {
    await this.#engine.execute(`DELETE FROM ${quoteTable(table)} WHERE ${condition}`);
  }

  async truncate(table: TableReference): Promise<void> {
    await this.#engine.execute(`TRUNCATE TABLE ${quoteTable(table)}`);
  }

  /** Runs an ALTER of one table. */
  async alter(table: TableReference, actions: readonly string[]): Promise<void> {
    await this.#engine.execute(`ALTER TABLE ${quoteTable(table)} ${actions.join(', ')}`);
  }

  async createDatabase(database: string): Promise<void> {
    await this.#engine.execute(`CREATE DATABASE IF NOT EXISTS ${quoteIdentifier(database)}`);
  }

  async rename(from: TableReference, to: TableReference): Promise<void> {
    await this.#engine.execute(`RENAME TABLE ${quoteTable(from)} TO ${quoteTable(to)}`);
  }

  /** Two tables change names, at once for every reader. */
  async exchange(one: TableReference, other: TableReference): Promise<void> {
    await this.#engine.execute(`EXCHANGE TABLES ${quoteTable(one)} AND ${quoteTable(other)}`);
  }

  async exists(table: TableReference): Promise<boolean> {
    return (await this.uuidOf(table)) !== undefined;
  }

  /** Makes a table where there is none: one statement, and nothing is looked at before. */
  async make(schema: TableSchema): Promise<void> {
    await this.#engine.execute(createTableSql(schema));
  }

  /** All tables of the engine, by their names: for many of them at once. */
  async list(): Promise<ReadonlyMap<string, ListedTable>> {
    const rows = await queryRows(
      this.#engine,
      `SELECT database, name, toString(uuid) AS id FROM system.tables
       WHERE database NOT IN ('system', 'information_schema', 'INFORMATION_SCHEMA')`,
    );
    const tables = rows.map((row) => ({
      ...{ database: String(row['database']), table: String(row['name']), uuid: String(row['id']) },
    }));
    return new Map(tables.map((table) => [tableName(table), table]));
  }

  /** The engine's own identity of a table, which a RENAME leaves as it is. */
  async uuidOf(table: TableReference): Promise<string | undefined> {
    const [row] = await queryRows(
      this.#engine,
      `SELECT toString(uuid) AS id FROM system.tables
       WHERE database = ${quoteString(table.database)} AND name = ${quoteString(table.table)}`,
    );
    return row === undefined ? undefined : String(row['id']);
  }

  /** Where a table is now. */
  async findByUuid(uuid: string): Promise<TableReference | undefined> {
    const [row] = await queryRows(
      this.#engine,
      `SELECT database, name FROM system.tables WHERE toString(uuid) = ${quoteString(uuid)}`,
    );
    if (row === undefined) return undefined;
    return { database: String(row['database']), table: String(row['name']) };
  }

  /** True where the table is there and has a row. */
  async holdsRows(table: TableReference): Promise<boolean> {
    if (!(await this.exists(table))) return false;
    const rows = await queryRows(this.#engine, `SELECT 1 FROM ${quoteTable(table)} LIMIT 1`);
    return rows.length > 0;
  }
}

/** With an empty member, a SET or ENUM has several values of one text: 0 and '', or 'a' with and without ''. */
function refuseAmbiguousKey(schema: TableSchema): void {
  const column = schema.columns.find(
    ({ name, type }) =>
      (type.kind === 'set' || type.kind === 'enum') &&
      type.members.includes('') &&
      schema.primaryKey.includes(name),
  );
  if (column === undefined) return;
  const table = tableName(schema);
  throw new FlashError(
    'UNSUPPORTED',
    `the key of ${table} has ${column.name}, ${column.mysqlType}: several of its values have the same text`,
    { hint: `Leave the table out with --exclude '${table}'.`, place: { table } },
  );
}

/** A column as system.tables writes it in a key. */
function quoteKeyPart(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : quoteIdentifier(name);
}
