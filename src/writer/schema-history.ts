import { tableName, type Position, type TableSchema } from '../protocol/index.js';
import type { ColumnDefault } from './column-default.js';
import { isCovered, type LogGroup, type Moment } from './covered.js';
import type { Partitioning } from './ddl/index.js';
import type { ForeignKey } from './foreign-keys/foreign-key.js';

/** A table of the source as it is at the place in the log that has been reached. */
export interface KnownTable {
  /** Names are the source's; what the engine calls it, the filter says. */
  schema: TableSchema;
  /** Charset of columns that a later ALTER adds without naming one; undefined where not known. */
  defaultCharset: string | undefined;
  /** Where its definition is from, if not from a CREATE TABLE in the logs: it may have had rows before. */
  origin?: 'schema' | 'rows';
  /**
   * What columns get that an INSERT does not name, by the column's name, as the DDL has it; undefined
   * where no DDL was seen.
   */
  defaults?: Readonly<Record<string, ColumnDefault>>;
  /** Undefined where no DDL was seen: then nobody knows. */
  foreignKeys?: readonly ForeignKey[];
  /** No DDL was seen, but the log itself shows what foreign keys do. */
  foreignKeysLogged?: boolean;
  /** ENGINE of the source's table, in lower case, where it was named. */
  storage?: string;
  /** How rows are put into partitions; undefined where they are not, or that is not known. */
  partitioning?: Partitioning | undefined;
  /** Expressions of generated columns, by the column's name; undefined where no DDL was seen. */
  generated?: Readonly<Record<string, string>>;
  /** Charsets of ENUM and SET columns, by the column's name; undefined where no DDL was seen. */
  memberCharsets?: Readonly<Record<string, string>>;
  /** Its rows are from a dump of this moment: what the log did to it before is in them. */
  since?: Moment & { isPassed?: true };
}

/** A table of the source that is not copied. */
export interface LeftOutTable {
  table: TableReference;
  /** It was copied up to here, and its rows in the engine are of then. */
  heldUpTo: Position | undefined;
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
  readonly #leftOut = new Map<string, LeftOutTable>();
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
    this.#leftOut.delete(tableName(known.schema));
    this.#touch(known.schema);
  }

  delete(table: TableReference): void {
    if (this.#tables.delete(tableName(table))) this.#touch(table);
  }

  /** All tables that are copied. */
  tables(): KnownTable[] {
    return [...this.#tables.values()];
  }

  /** The tables that were met and are not copied. */
  leftOut(): LeftOutTable[] {
    return [...this.#leftOut.values()];
  }

  /** Notes that there is a table that is not copied; `heldUpTo` where it was copied before. */
  leaveOut({ database, table }: TableReference, heldUpTo?: Position): void {
    const name = tableName({ database, table });
    if (heldUpTo === undefined && this.#leftOut.has(name)) return;
    this.#tables.delete(name);
    this.#leftOut.set(name, { table: { database, table }, heldUpTo });
    this.#touch({ database, table });
  }

  /** Tables that were copied up to a place, and are left out since. */
  standingStill(): { table: string; heldUpTo: Position }[] {
    return this.leftOut().flatMap(({ table, heldUpTo }) =>
      heldUpTo === undefined ? [] : [{ table: tableName(table), heldUpTo }],
    );
  }

  /** Forgets a table that was not copied: it is gone. What the engine still holds of it stands still. */
  forgetLeftOut(table: TableReference): void {
    if (this.#leftOut.get(tableName(table))?.heldUpTo !== undefined) return;
    if (this.#leftOut.delete(tableName(table))) this.#touch(table);
  }

  /**
   * Whether the rows of a table hold what a transaction or statement did to it. The first one that
   * they do not hold ends that for good: the log's names may begin anew one day.
   *
   * Errors: SOURCE_MISMATCH where that can't be told.
   */
  covers(table: TableReference, group: LogGroup): boolean {
    const known = this.get(table);
    if (known?.since === undefined || known.since.isPassed === true) return false;
    if (isCovered(known.since, group)) return true;
    this.set({ ...known, since: { ...known.since, isPassed: true } });
    return false;
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
    } else if (isLeftOutEntry(entry)) {
      this.#leftOut.set(tableName(table), { table, heldUpTo: entry.heldUpTo });
    }
  }

  /** The tables that are copied and have changed since `takeChanges`. */
  changedTables(): TableReference[] {
    return [...this.#changed.values()].filter((table) => this.get(table) !== undefined);
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
      if (known !== undefined) return JSON.stringify(known);
      const leftOut = this.#leftOut.get(tableName(table));
      if (leftOut === undefined) return undefined;
      return JSON.stringify({ leftOut: true, heldUpTo: leftOut.heldUpTo });
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

function isLeftOutEntry(entry: unknown): entry is { heldUpTo: Position | undefined } {
  return typeof entry === 'object' && entry !== null && 'leftOut' in entry;
}
