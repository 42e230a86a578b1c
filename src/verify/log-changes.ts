import {
  ChangeBuilder,
  createTableDecoder,
  jsonFormOf,
  logsHiddenColumns,
  type BinlogEvent,
  type QueryEvent,
  type RowsEvent,
  type TableMapEvent,
} from '../binlog/index.js';
import { eventsBetween, isBefore } from '../load/index.js';
import { FlashError, tableName, type Position } from '../protocol/index.js';
import type { TableServer } from '../source/index.js';
import type { KnownTable } from '../writer/index.js';
import { keyTextReader } from './key-text.js';
import { ancestorsOf } from './parents.js';
import { effectOf } from './query-effect.js';
import { gatherRows, type ComparedTable } from './rows.js';
import type { Suspect } from './suspect.js';

/** The rows of one table that did not agree, by their keys. */
export interface SuspectRows {
  table: ComparedTable;
  rows: ReadonlyMap<string, Suspect>;
}

/**
 * Adds to the source's rows, read at `from`, what its log did to them until the copy was read. After that both
 * sides are as of one place. Where the log does not tell that for certain, the row is marked so.
 *
 * Errors: those of the source's logs.
 */
export async function addLogChanges(
  server: TableServer,
  from: Position,
  suspects: readonly SuspectRows[],
  known: readonly KnownTable[],
): Promise<void> {
  const places = suspects.flatMap(({ rows }) => [...rows.values()].map(({ copyAt }) => copyAt));
  const upTo = places.reduce((a, b) => (isBefore(a, b) ? b : a), from);
  if (!isBefore(from, upTo)) return;
  const changes = new LogChanges(server, suspects, known);
  const source = await server.openLogs();
  try {
    for await (const event of eventsBetween(source, from, upTo)) changes.add(event);
  } finally {
    source.close?.();
  }
}

class LogChanges {
  readonly #server: TableServer;
  readonly #suspects: ReadonlyMap<string, SuspectRows>;
  /** Tables whose rows foreign keys may change when this one changes: by the source's name. */
  readonly #children = new Map<string, SuspectRows[]>();
  readonly #maps = new Map<bigint, TableMapEvent>();
  /** Rows that the transaction under way has changed. */
  #open: Suspect[] = [];

  constructor(server: TableServer, suspects: readonly SuspectRows[], known: readonly KnownTable[]) {
    this.#server = server;
    this.#suspects = new Map(
      suspects.map((each) => [tableName(each.table.known.schema), each] as const),
    );
    for (const each of suspects) {
      for (const parent of ancestorsOf(each.table.known, known)) {
        this.#children.set(parent, [...(this.#children.get(parent) ?? []), each]);
      }
    }
  }

  add(event: BinlogEvent): void {
    switch (event.kind) {
      case 'table-map':
        this.#maps.set(event.tableId, event);
        return;
      case 'rows':
        this.#addRows(event);
        return;
      case 'query':
        this.#addQuery(event);
        return;
      case 'xa-prepare':
        // Its outcome is another transaction's matter.
        if (!event.onePhase) doubt(this.#open);
        this.#open = [];
        return;
      case 'gtid':
      case 'xid':
        this.#open = [];
        return;
      default:
    }
  }

  #addQuery(event: QueryEvent): void {
    const effect = effectOf(event, this.#server);
    switch (effect.kind) {
      case 'unknown':
        // An XA COMMIT, a statement that was logged as such: rare, and read again.
        for (const { rows } of this.#suspects.values()) this.#doubtAfter(rows, event);
        break;
      case 'tables':
        for (const { table, rows } of this.#suspects.values()) {
          const { database, table: name } = table.known.schema;
          const isMeant = effect.tables.some(
            (each) => each.database === database && (each.table === name || each.table === '*'),
          );
          if (isMeant) this.#doubtAfter(rows, event);
        }
        break;
      case 'undo':
        doubt(this.#open);
        if (effect.isWithin) return;
        break;
      case 'none':
        if (effect.isWithin) return;
    }
    this.#open = [];
  }

  #addRows(event: RowsEvent): void {
    const map = this.#maps.get(event.tableId);
    if (event.endOfStatement) this.#maps.clear();
    if (map === undefined) return;
    const name = tableName(map);
    const acts = event.change !== 'insert' && event.foreignKeyChecks && !event.logsForeignKeys;
    if (acts) {
      for (const { rows } of this.#children.get(name) ?? []) this.#doubtAfter(rows, event);
    }
    const found = this.#suspects.get(name);
    if (found !== undefined && found.rows.size > 0) this.#addChanges(event, map, found);
  }

  #addChanges(event: RowsEvent, map: TableMapEvent, { table, rows }: SuspectRows): void {
    const builder = new ChangeBuilder(table.schema);
    const { version } = this.#server;
    let isPartial: boolean;
    try {
      const decoder = createTableDecoder(map, table.schema, {
        jsonForm: jsonFormOf(version),
        logsHiddenColumns: logsHiddenColumns(version),
      });
      isPartial = decoder.appendIncomplete(event, builder) !== undefined;
    } catch (error) {
      if (!(error instanceof FlashError)) throw error;
      // Other columns than those that were compared, or values that the log holds in part.
      this.#doubtAfter(rows, event);
      return;
    }
    const changes = builder.read();
    const keyOf = keyTextReader(changes, table.key);
    for (let row = 0; row < changes.rows; row += 1) {
      const suspect = rows.get(keyOf(row));
      if (suspect === undefined || !isBefore(event, suspect.copyAt)) continue;
      this.#open.push(suspect);
      if (isPartial) suspect.isUncertain = true;
      const isGone = changes.delmarks[row] === 1;
      if (table.isKeyless) suspect.sourceCount += isGone ? -1 : 1;
      else suspect.sourceCount = isGone ? 0 : 1;
      if (table.isKeyless && suspect.source !== undefined) continue;
      if (isGone) suspect.source = undefined;
      else suspect.source = { rows: gatherRows(table.schema, [{ rows: changes, row }]), row: 0 };
    }
  }

  #doubtAfter(rows: ReadonlyMap<string, Suspect>, at: Position): void {
    for (const suspect of rows.values()) {
      if (isBefore(at, suspect.copyAt)) suspect.isUncertain = true;
    }
  }
}

function doubt(suspects: readonly Suspect[]): void {
  for (const suspect of suspects) suspect.isUncertain = true;
}
