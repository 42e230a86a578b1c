import type { FormatDescriptionEvent, RowsEvent } from '../../binlog/index.js';
import {
  FlashError,
  tableName,
  type ChangeColumns,
  type Engine,
  type ErrorPlace,
  type TableSchema,
} from '../../protocol/index.js';
import type { ChangeBuffer } from '../change-buffer.js';
import { dialectOfServer } from '../ddl/index.js';
import { RewindRequest } from '../rewind.js';
import type { RowCompleter } from '../row-completer.js';
import type { KnownTable, SchemaHistory } from '../schema-history.js';
import type { TableFilter } from '../table-filter.js';
import { Cascade } from './cascade.js';
import { columnOfCells, keyText, type Cell } from './cells.js';
import { readMatchingRows } from './engine-rows.js';
import { ForeignKeyGraph, reachOf, type KeyTable, type Link } from './graph.js';
import { checkParentsCopied } from './left-out-parent.js';
import { hasText, linkProblem } from './link-problem.js';
import type { ParentRows } from './parent-changes.js';
import { columnIndexes, parentColumnsOf, ParentNotes, type ParentNote } from './parent-notes.js';
import { openIncomplete } from './row-gaps.js';
import { TableState } from './table-state.js';
import { mayBeEqual, readStrayKeys } from './text-keys.js';

export interface ForeignKeyPorts {
  engine: Engine;
  history: SchemaHistory;
  filter: TableFilter;
  buffer: ChangeBuffer;
  completer: RowCompleter;
}

/** What is staged of the transaction that is under way. */
export interface StagedTables {
  /** Tables by their names in the engine. */
  tables: ReadonlySet<string>;
  keepsWhole: boolean;
}

/**
 * Carries out what foreign keys do to child rows, where the source's log does not show it: InnoDB does
 * it by itself, and servers before MySQL 9.6 and all of MariaDB log the parent's change alone.
 */
export class ForeignKeyActions {
  readonly #ports: ForeignKeyPorts;
  readonly #notes: ParentNotes;
  #graph: ForeignKeyGraph | undefined;
  /** The server's log shows what foreign keys do, unless it was told otherwise. */
  #isLogged = false;

  constructor(ports: ForeignKeyPorts) {
    this.#ports = ports;
    this.#notes = new ParentNotes(ports.buffer);
  }

  /** Notes which server's log comes next. Errors: UNSUPPORTED for a child whose parent is left out. */
  openLog({ flavor, serverVersion, file, offset }: FormatDescriptionEvent): void {
    this.#isLogged = logsForeignKeys(flavor, serverVersion);
    for (const known of this.#ports.history.tables()) this.checkParents(known, { file, offset });
  }

  /** Refuses a child whose parent is left out, where the log does not show its changes. Errors: UNSUPPORTED. */
  checkParents(child: KnownTable, place: ErrorPlace): void {
    if (!this.#isLogged) checkParentsCopied(child, this.#ports.filter, place);
  }

  /** Notes for a table of which no DDL was seen whether the log shows what foreign keys do. */
  noteUnknown(source: { database: string; table: string }, isLogged: boolean): void {
    const known = this.#ports.history.get(source);
    if (known === undefined || (known.foreignKeysLogged ?? false) === isLogged) return;
    this.#ports.history.set({ ...known, foreignKeysLogged: isLogged });
  }

  /** The table's part in foreign keys; undefined where it has none. Good until `forget`. */
  tableOf(source: { database: string; table: string }): KeyTable | undefined {
    this.#graph ??= new ForeignKeyGraph(this.#ports.history, this.#ports.filter);
    return this.#graph.get(source);
  }

  /** Parents have changed, and their children not yet. */
  get isPending(): boolean {
    return this.#notes.notes.length > 0;
  }

  /** Forgets what was read of the schema: it has changed. */
  forget(): void {
    this.#graph = undefined;
  }

  /** Notes the rows of an event that were just appended. Errors: UNSUPPORTED. */
  note(event: RowsEvent, table: KeyTable, rows: ParentRows): void {
    this.#notes.add(event, table, rows);
  }

  endStatement(): void {
    this.#notes.endStatement();
  }

  /**
   * Gives the changes of all tables to which the batch's changes of parents do something, those of the
   * batch itself included, by the engine's names. The engine must hold all before the batch.
   *
   * Errors: a `RewindRequest` to the parent's event where it is not certain what the source did.
   */
  async carryOut(staged: StagedTables): Promise<Map<string, ChangeColumns>> {
    const { notes, lateDeletes } = this.#notes;
    const carried = new Map<string, ChangeColumns>();
    if (notes.some(({ acts }) => acts) || lateDeletes.length > 0) {
      const states = await this.#openStates(notes, staged);
      const strays: StrayKeys = new Map();
      const cascade = new Cascade({
        states,
        read: (link, schema, keys) =>
          readMatchingRows(
            this.#ports.engine,
            schema,
            columnIndexes(schema, link.key.columns),
            keys,
          ),
        check: (link, note, change) => this.#check(link, note, change, { states, strays }),
      });
      await cascade.run(notes, lateDeletes);
      for (const [table, state] of states) {
        if (state.isChanged) carried.set(table.target, state.output.take());
      }
    }
    this.#notes.clear();
    return carried;
  }

  async #openStates(
    notes: readonly ParentNote[],
    { tables, keepsWhole }: StagedTables,
  ): Promise<Map<KeyTable, TableState>> {
    const states = new Map<KeyTable, TableState>();
    for (const note of notes) {
      for (const table of reachOf(note.parent)) {
        if (states.has(table) || table.parents.length === 0) continue;
        const builder = this.#ports.buffer.find(table.target);
        const gaps = builder?.incomplete ?? [];
        if ((note.acts || gaps.length > 0) && tables.has(table.target)) {
          if (!keepsWhole) throw new RewindRequest({ keepsWhole: true });
          throw rewindTo(note, largeTransactionError(note, table));
        }
        const batch = builder?.read() ?? noChanges(this.#schemaOf(table));
        const { engine, completer, history } = this.#ports;
        const known = history.get(table.source);
        const state =
          gaps.length === 0
            ? new TableState(table, batch)
            : await openIncomplete(table, batch, gaps, { engine, completer, known });
        states.set(table, state);
      }
    }
    return states;
  }

  #schemaOf(table: KeyTable): TableSchema {
    const known = this.#ports.history.get(table.source);
    if (known === undefined) throw new RangeError(`${tableName(table.source)} is not known`);
    return { ...known.schema, ...this.#ports.filter.target(known.schema) };
  }

  #check(
    link: Link,
    note: ParentNote,
    { kind, key }: { kind: 'delete' | 'update'; key: readonly Cell[] },
    { states, strays }: { states: ReadonlyMap<KeyTable, TableState>; strays: StrayKeys },
  ): Promise<void> | undefined {
    const { parent, child } = link;
    const state = states.get(child);
    if (state === undefined) throw new RangeError(`no state of ${child.target}`);
    const parentSchema = this.#schemaOf(parent);
    const knownChild = this.#ports.history.get(child.source);
    const tables = { parent: parentSchema, child: state.schema, knownChild };
    const problem = linkProblem(link, tables, kind);
    if (problem !== undefined) throw rewindTo(note, uncertainError(link, note, problem));
    if (!hasText(link, state.schema)) return undefined;
    return this.#checkText(link, note, key, { state, parentSchema, strays });
  }

  /** Text is compared by its collation, which only the source knows. */
  async #checkText(
    link: Link,
    note: ParentNote,
    key: readonly Cell[],
    {
      state,
      parentSchema,
      strays,
    }: { state: TableState; parentSchema: TableSchema; strays: StrayKeys },
  ): Promise<void> {
    const childColumns = columnIndexes(state.schema, link.key.columns);
    if (!strays.has(link)) {
      const found = await readStrayKeys(this.#ports.engine, {
        child: state.schema,
        childColumns,
        childBatch: state.batch,
        parent: parentSchema,
        parentColumns: parentColumnsOf(link, parentSchema),
        parentBatch: this.#ports.buffer.find(link.parent.target)?.read(),
      });
      strays.set(link, found);
    }
    const isText = childColumns.map((at) => state.schema.columns[at]?.type.kind === 'text');
    const text = keyText(key);
    const stray = strays.get(link);
    const found = stray?.find((cells) => keyText(cells) !== text && mayBeEqual(cells, key, isText));
    if (stray !== undefined && found === undefined) return;
    const what =
      found === undefined ? 'many rows refer to it' : `a row refers to it as ${shown(found)}`;
    throw rewindTo(
      note,
      uncertainError(
        link,
        note,
        `${what}, and whether that is ${shown(key)} by its collation is not known`,
      ),
    );
  }
}

/** MySQL since 9.6 carries foreign keys out above InnoDB, and logs what they do. */
function logsForeignKeys(flavor: 'mysql' | 'mariadb', serverVersion: string): boolean {
  return flavor === 'mysql' && dialectOfServer(flavor, serverVersion).version >= 90_600;
}

/** Keys of children that no parent has byte by byte; undefined where there are too many. */
type StrayKeys = Map<Link, readonly (readonly Cell[])[] | undefined>;

function shown(cells: readonly Cell[]): string {
  return cells
    .map((cell) => JSON.stringify(Buffer.from(cell ?? '', 'latin1').toString('utf8')))
    .join(', ');
}

function noChanges(schema: TableSchema): ChangeColumns {
  const columns = schema.columns.map((column) => columnOfCells(column, []));
  return { schema, rows: 0, columns, delmarks: new Uint8Array(0) };
}

function rewindTo({ file, offset }: ParentNote, error: FlashError): RewindRequest {
  return new RewindRequest({ stopBefore: { file, offset }, error });
}

function uncertainError(link: Link, note: ParentNote, problem: string): FlashError {
  const { file, offset } = note;
  const child = tableName(link.child.source);
  return new FlashError(
    'UNSUPPORTED',
    `${file} at offset ${offset} changes rows of ${tableName(link.parent.source)}, and the foreign key ${link.key.name} changes rows of ${child} in a way that is not certain: ${problem}`,
    {
      hint: `All before it is applied. Leave the table out with --exclude ${child}.`,
      place: { file, offset, table: child },
    },
  );
}

function largeTransactionError({ file, offset }: ParentNote, table: KeyTable): FlashError {
  const name = tableName(table.source);
  return new FlashError(
    'UNSUPPORTED',
    `${file} at offset ${offset}: foreign keys change rows of ${name} in a transaction too large to be held in memory`,
    {
      hint: `All before it is applied. Leave the table out with --exclude ${name}.`,
      place: { file, offset, table: name },
    },
  );
}
