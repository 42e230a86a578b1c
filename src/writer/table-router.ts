import {
  createTableDecoder,
  jsonFormOf,
  logsHiddenColumns,
  remedyOf,
  schemaFromTableMap,
  type ChangeBuilder,
  type JsonForm,
  type RowsEvent,
  type TableDecoder,
  type TableMapColumn,
  type TableMapEvent,
  type ZeroDatePolicy,
} from '../binlog/index.js';
import { FlashError, tableName, type RowKernel, type TableSchema } from '../protocol/index.js';
import { earlierTableError, lowerCaseError } from './beginning.js';
import type { ChangeBuffer } from './change-buffer.js';
import type { Beginning } from './checkpoint.js';
import type { ForeignKeyActions, KeyTable } from './foreign-keys/index.js';
import type { LogGroup } from './covered.js';
import { reconcile } from './reconcile.js';
import { resyncHint } from './resync-hint.js';
import type { KnownTable, SchemaHistory } from './schema-history.js';
import type { TableFilter } from './table-filter.js';

/** Where the rows of a table go; undefined for a table that is not copied. */
type Route =
  | {
      table: string;
      source: { database: string; table: string };
      decoder: TableDecoder;
      schema: TableSchema;
      /** Its part in foreign keys, where it has one. */
      keys: KeyTable | undefined;
      /** No DDL of it was seen. */
      hasUnknownKeys: boolean;
    }
  | undefined;

interface CachedRoute {
  columns: readonly TableMapColumn[];
  route: Route;
}

export interface TableRouterPorts {
  filter: TableFilter;
  history: SchemaHistory;
  buffer: ChangeBuffer;
  foreignKeys: ForeignKeyActions;
  zeroDate: ZeroDatePolicy;
  /** Where the logs are those of a running server: its URL. */
  serverUrl: string | undefined;
  /** What the copy stands on: whether a table may come without its CREATE TABLE. */
  beginning: () => Beginning | undefined;
  /** The engine's own decoder of rows, where it has one. */
  kernel: RowKernel | undefined;
}

/**
 * Sends rows events to the builders of their tables, each through the decoder that its TABLE_MAP
 * called for. Tables that the log alone describes (FULL metadata) are collected in `takeNew`.
 */
export class TableRouter {
  readonly #ports: TableRouterPorts;
  readonly #routes = new Map<string, CachedRoute>();
  readonly #byId = new Map<bigint, Route>();
  /** The source's names of the engine's tables that rows were sent to. */
  readonly #sourceNames = new Map<string, { database: string; table: string }>();
  #new: NewTable[] = [];
  #serverVersion = '';
  #jsonForm: JsonForm = jsonFormOf('');

  constructor(ports: TableRouterPorts) {
    this.#ports = ports;
  }

  /** Sets the server whose log comes next: how it prints JSON depends on its version. */
  setServer(version: string): void {
    if (version === this.#serverVersion) return;
    this.#serverVersion = version;
    this.#jsonForm = jsonFormOf(version);
    this.forget();
  }

  /**
   * Notes which table an id stands for until the statement ends.
   *
   * `group` is the transaction that brings it.
   * Shape: true where rows of a dump hold what it did: its rows are passed over.
   * Errors: UNSUPPORTED for a table whose columns nothing names; SOURCE_MISMATCH for one that is
   * not as it was.
   */
  map(event: TableMapEvent, group: LogGroup): boolean {
    const name = tableName(event);
    if (this.#ports.history.covers(event, group)) {
      this.#byId.set(event.tableId, undefined);
      return true;
    }
    const cached = this.#routes.get(name);
    if (cached?.columns === event.columns) {
      this.#byId.set(event.tableId, cached.route);
      return false;
    }
    const route = this.#makeRoute(event, name);
    this.#routes.set(name, { columns: event.columns, route });
    this.#byId.set(event.tableId, route);
    return false;
  }

  /**
   * Appends a rows event to its table's builder.
   *
   * `touch` is called with the builder and the table's name before it is written to.
   * Shape: how many rows the source changed, 0 for a table that is not copied.
   * Errors: BINLOG_FORMAT for rows without a TABLE_MAP; those of the decoder.
   */
  append(event: RowsEvent, touch: (builder: ChangeBuilder, table: string) => void): number {
    if (!this.#byId.has(event.tableId)) return this.#unmapped(event);
    const route = this.#byId.get(event.tableId);
    if (route === undefined) {
      this.#endEvent(event);
      return 0;
    }
    const builder = this.#ports.buffer.builderFor(route.schema);
    touch(builder, route.table);
    const before = builder.rows;
    try {
      route.decoder.appendIncomplete(event, builder);
    } catch (error) {
      throw this.#withWayOn(error, route.source);
    }
    if (route.hasUnknownKeys)
      this.#ports.foreignKeys.noteUnknown(route.source, event.logsForeignKeys);
    if (route.keys !== undefined) {
      const rows = { decoder: route.decoder, schema: builder.schema, builder, first: before };
      this.#ports.foreignKeys.note(event, route.keys, rows);
    }
    this.#endEvent(event);
    // An update of a key is one change and two rows.
    return event.change === 'update' ? builder.countPresent(before) : builder.rows - before;
  }

  /** Rows that the log does not tell are in the table where it is taken anew. */
  #withWayOn(error: unknown, table: { database: string; table: string }): unknown {
    const remedy = remedyOf(error);
    if (remedy === undefined || !(error instanceof FlashError)) return error;
    const { code, message, place } = error;
    const hint = `${remedy}. ${resyncHint(table, this.#ports)}`;
    return new FlashError(code, message, { hint, place, cause: error });
  }

  #endEvent(event: RowsEvent): void {
    if (!event.endOfStatement) return;
    this.#byId.clear();
    this.#ports.foreignKeys.endStatement();
  }

  /** True where the rows of this id go into the copy. */
  isCopied(tableId: bigint): boolean {
    return this.#byId.get(tableId) !== undefined;
  }

  /** What is known of a table by its name in the engine. */
  knownTable(table: { database: string; table: string }): KnownTable | undefined {
    const source = this.#sourceNames.get(tableName(table));
    return source === undefined ? undefined : this.#ports.history.get(source);
  }

  /** Forgets the ids of a statement whose rows are skipped. */
  endStatement(): void {
    this.#byId.clear();
  }

  /** Gives the tables, by their names in the engine, that have to be there before rows are staged. */
  takeNew(): NewTable[] {
    const taken = this.#new;
    this.#new = [];
    return taken;
  }

  /** Forgets all decoders: schemas have changed. */
  forget(): void {
    this.#routes.clear();
    this.#byId.clear();
  }

  /** An event with the dummy id 0x00ffffff ends a statement and holds no rows. */
  #unmapped(event: RowsEvent): number {
    if (event.rows.length === 0) return 0;
    throw new FlashError(
      'BINLOG_FORMAT',
      `${event.file} at offset ${event.offset}: rows of table id ${event.tableId}, which no TABLE_MAP names`,
      {
        hint: 'Start at the beginning of a transaction: --from takes the offset of a GTID or BEGIN event.',
        place: { file: event.file, offset: event.offset },
      },
    );
  }

  #makeRoute(event: TableMapEvent, name: string): Route {
    const { filter, history, zeroDate, kernel } = this.#ports;
    if (!filter.accepts(event)) {
      history.leaveOut(event);
      return undefined;
    }
    if (history.isSequence(event)) return undefined;
    if (history.get(event) === undefined && isSequenceMap(event)) return undefined;
    const source = this.#schemaOf(event, name);
    const schema = { ...source, ...filter.target(source) };
    this.#sourceNames.set(tableName(schema), { database: event.database, table: event.table });
    return {
      table: name,
      source: { database: event.database, table: event.table },
      hasUnknownKeys: this.#ports.history.get(event)?.foreignKeys === undefined,
      schema,
      keys: this.#ports.foreignKeys.tableOf(event),
      decoder: createTableDecoder(event, schema, {
        zeroDate,
        jsonForm: this.#jsonForm,
        logsHiddenColumns: logsHiddenColumns(this.#serverVersion),
        ...(kernel === undefined ? {} : { kernel }),
      }),
    };
  }

  #schemaOf(event: TableMapEvent, name: string): TableSchema {
    const { history, filter, serverUrl } = this.#ports;
    const beginning = this.#ports.beginning();
    const known = history.get(event);
    // A definition alone says nothing of the rows that were there before the copy began.
    const isHeld = known?.origin === undefined || mayLackRows(beginning);
    if (known !== undefined && isHeld) {
      const schema = reconcile(event, known.schema, logsHiddenColumns(this.#serverVersion));
      if (schema !== known.schema) history.set({ ...known, schema });
      return schema;
    }
    if (beginning?.kind === 'whole' || known !== undefined) {
      throw (
        lowerCaseError(event, history.tables(), event) ??
        earlierTableError(event, beginning, event, serverUrl)
      );
    }
    const schema = schemaFromTableMap(event);
    if (schema === undefined) throw unknownColumnsError(event, name);
    const isBaseline = beginning?.kind === 'baseline';
    history.set({
      schema,
      defaultCharset: undefined,
      ...(isBaseline ? {} : { origin: 'rows' as const }),
    });
    const mustExist = isBaseline
      ? earlierTableError(event, beginning, event, serverUrl)
      : undefined;
    this.#new.push({ schema: { ...schema, ...filter.target(schema) }, mustExist });
    return schema;
  }
}

/** A table, by its name in the engine, that the log describes and the engine may not have yet. */
export interface NewTable {
  schema: TableSchema;
  /** The error where the engine does not have it: a table that a baseline lacks. */
  mustExist: FlashError | undefined;
}

/** True for a copy that says that it lacks rows, or does not know. */
function mayLackRows(beginning: Beginning | undefined): boolean {
  return beginning === undefined || beginning.kind === 'partial';
}

function unknownColumnsError(event: TableMapEvent, name: string): FlashError {
  return new FlashError(
    'UNSUPPORTED',
    `the columns of ${name} are not known: ${event.file} at offset ${event.offset} holds its rows without names, and no CREATE TABLE`,
    {
      hint:
        'Give the definitions as of where the logs begin with --schema (mysqldump --no-data), begin with the log in which the table was made, or set binlog_row_metadata=FULL on the source. ' +
        `Or leave the table out with --exclude ${name}.`,
      place: { file: event.file, offset: event.offset, table: name },
    },
  );
}

/** A sequence whose CREATE stands in an earlier log, where the log names columns. */
function isSequenceMap({ columns }: TableMapEvent): boolean {
  return columns.length === 8 && columns[0]?.name === 'next_not_cached_value';
}
