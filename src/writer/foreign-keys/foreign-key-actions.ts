import type { RowsEvent } from '../../binlog/index.js';
import {
  FlashError,
  tableName,
  type ChangeColumns,
  type Engine,
  type TableSchema,
} from '../../protocol/index.js';
import type { ChangeBuffer } from '../change-buffer.js';
import { RewindRequest } from '../rewind.js';
import type { SchemaHistory } from '../schema-history.js';
import type { TableFilter } from '../table-filter.js';
import { Cascade } from './cascade.js';
import { columnOfCells } from './cells.js';
import { readMatchingRows } from './engine-rows.js';
import { ForeignKeyGraph, reachOf, type KeyTable, type Link } from './graph.js';
import { linkProblem } from './link-problem.js';
import type { ParentRows } from './parent-changes.js';
import { columnIndexes, ParentNotes, type ParentNote } from './parent-notes.js';
import { TableState } from './table-state.js';

export interface ForeignKeyPorts {
  engine: Engine;
  history: SchemaHistory;
  filter: TableFilter;
  buffer: ChangeBuffer;
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

  constructor(ports: ForeignKeyPorts) {
    this.#ports = ports;
    this.#notes = new ParentNotes(ports.buffer);
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
      const states = this.#openStates(notes, staged);
      const cascade = new Cascade({
        states,
        read: (link, schema, keys) =>
          readMatchingRows(
            this.#ports.engine,
            schema,
            columnIndexes(schema, link.key.columns),
            keys,
          ),
        check: (link, note, change) => {
          this.#check(link, note, change, states);
        },
      });
      await cascade.run(notes, lateDeletes);
      for (const [table, state] of states) {
        if (state.isChanged) carried.set(table.target, state.output.take());
      }
    }
    this.#notes.clear();
    return carried;
  }

  #openStates(
    notes: readonly ParentNote[],
    { tables, keepsWhole }: StagedTables,
  ): Map<KeyTable, TableState> {
    const states = new Map<KeyTable, TableState>();
    for (const note of notes) {
      for (const table of reachOf(note.parent)) {
        if (states.has(table) || table.parents.length === 0) continue;
        if (note.acts && tables.has(table.target)) {
          if (!keepsWhole) throw new RewindRequest({ keepsWhole: true });
          throw rewindTo(note, largeTransactionError(note, table));
        }
        const builder = this.#ports.buffer.find(table.target);
        if (note.acts && builder !== undefined && builder.incomplete.length > 0) {
          throw rewindTo(note, incompleteError(note, table));
        }
        const schema = this.#schemaOf(table);
        states.set(table, new TableState(table, builder?.read() ?? noChanges(schema)));
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
    change: 'delete' | 'update',
    states: ReadonlyMap<KeyTable, TableState>,
  ): void {
    const { parent, child } = link;
    const parentSchema = states.get(parent)?.schema ?? note.builder.schema;
    const childSchema = states.get(child)?.schema;
    if (childSchema === undefined) throw new RangeError(`no state of ${child.target}`);
    const knownChild = this.#ports.history.get(child.source);
    const problem = linkProblem(
      link,
      { parent: parentSchema, child: childSchema, knownChild },
      change,
    );
    if (problem !== undefined) throw rewindTo(note, uncertainError(link, note, problem));
  }
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

function incompleteError({ file, offset }: ParentNote, table: KeyTable): FlashError {
  const name = tableName(table.source);
  return new FlashError(
    'UNSUPPORTED',
    `${file} at offset ${offset}: foreign keys change rows of ${name}, of which the log holds a part only`,
    {
      hint:
        'Log whole rows on the source: SET GLOBAL binlog_row_image=FULL, ' +
        `and start from a new copy, or leave the table out with --exclude ${name}.`,
      place: { file, offset, table: name },
    },
  );
}
