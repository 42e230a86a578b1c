import { tableName, type TableSchema } from '../protocol/index.js';
import type { ColumnDefault } from './column-default.js';
import type { Partitioning } from './ddl/index.js';

/** A table of the source as it is at the place in the log that has been reached. */
export interface KnownTable {
  /** Names are the source's; what the engine calls it, the filter says. */
  schema: TableSchema;
  /** Charset of columns that a later ALTER adds without naming one; undefined where not known. */
  defaultCharset: string | undefined;
  /**
   * What columns get that an INSERT does not name, by the column's name, as the DDL has it; undefined
   * where no DDL was seen.
   */
  defaults?: Readonly<Record<string, ColumnDefault>>;
  /** How rows are put into partitions; undefined where they are not, or that is not known. */
  partitioning?: Partitioning | undefined;
  /** Expressions of generated columns, by the column's name; undefined where no DDL was seen. */
  generated?: Readonly<Record<string, string>>;
}

interface TableReference {
  database: string;
  table: string;
}

/**
 * The tables of the source, as the DDL in the log has left them, and the charsets of its databases.
 * `takeChanges` gives what must be stored beside the next checkpoint.
 */
export class SchemaHistory {
  readonly #tables = new Map<string, KnownTable>();
  readonly #sequences = new Set<string>();
  readonly #charsets = new Map<string, string>();
  readonly #changed = new Map<string, TableReference>();

  /** MariaDB's sequences, whose rows are no rows of a table. */
  isSequence(table: TableReference): boolean {
    return this.#sequences.has(tableName(table));
  }

  addSequence(table: TableReference): void {
    this.#sequences.add(tableName(table));
    this.#touch(table);
  }

  dropSequence(table: TableReference): boolean {
    const isThere = this.#sequences.delete(tableName(table));
    if (isThere) this.#touch(table);
    return isThere;
  }

  get(table: TableReference): KnownTable | undefined {
    return this.#tables.get(tableName(table));
  }

  set(known: KnownTable): void {
    this.#tables.set(tableName(known.schema), known);
    this.#touch(known.schema);
  }

  delete(table: TableReference): void {
    if (this.#tables.delete(tableName(table))) this.#touch(table);
  }

  tablesOf(database: string): KnownTable[] {
    return [...this.#tables.values()].filter(({ schema }) => schema.database === database);
  }

  databaseCharset(database: string): string | undefined {
    return this.#charsets.get(database);
  }

  setDatabaseCharset(database: string, charset: string | undefined): void {
    if (charset === undefined) this.#charsets.delete(database);
    else this.#charsets.set(database, charset);
    this.#touch({ database, table: '' });
  }

  /** Puts an entry in place that is stored already. An empty table name is a database's. */
  load(table: TableReference, text: string): void {
    const entry: unknown = JSON.parse(text);
    if (table.table === '') {
      if (isDatabaseEntry(entry)) this.#charsets.set(table.database, entry.charset);
    } else if (isSequenceEntry(entry)) {
      this.#sequences.add(tableName(table));
    } else if (isKnownTable(entry)) {
      this.#tables.set(tableName(table), entry);
    }
  }

  /** Gives the entries that changed since the last call: the text to store, or undefined to delete. */
  takeChanges(): { table: TableReference; text: string | undefined }[] {
    const changes = [...this.#changed.values()].map((table) => ({
      table,
      text: this.#text(table),
    }));
    this.#changed.clear();
    return changes;
  }

  #text(table: TableReference): string | undefined {
    if (table.table !== '') {
      if (this.isSequence(table)) return JSON.stringify({ sequence: true });
      const known = this.get(table);
      return known === undefined ? undefined : JSON.stringify(known);
    }
    const charset = this.#charsets.get(table.database);
    return charset === undefined ? undefined : JSON.stringify({ charset });
  }

  #touch({ database, table }: TableReference): void {
    this.#changed.set(tableName({ database, table }), { database, table });
  }
}

function isDatabaseEntry(entry: unknown): entry is { charset: string } {
  return typeof entry === 'object' && entry !== null && 'charset' in entry;
}

function isSequenceEntry(entry: unknown): boolean {
  return typeof entry === 'object' && entry !== null && 'sequence' in entry;
}

/** Written by `takeChanges` only: the outline is enough to tell the two kinds apart. */
function isKnownTable(entry: unknown): entry is KnownTable {
  return typeof entry === 'object' && entry !== null && 'schema' in entry;
}
