import type { ColumnData, TableSchema } from '../../protocol/index.js';
import { keyText, type Cell } from './cells.js';
import { reachOf, type KeyTable, type Link } from './graph.js';
import { parentColumnsOf, type LateDeletes, type ParentNote } from './parent-notes.js';
import type { ParentChange } from './parent-changes.js';
import { type TableState, type ChildRow } from './table-state.js';

/** Reads rows of a child from the engine whose foreign key has one of these values. */
export type ReadRows = (
  link: Link,
  schema: TableSchema,
  keys: readonly (readonly Cell[])[],
) => AsyncIterable<{ columns: readonly ColumnData[]; rows: number }>;

/** What a cascade needs of the one who carries it out. */
export interface CascadePorts {
  states: ReadonlyMap<KeyTable, TableState>;
  read: ReadRows;
  /** Throws where it is not certain what the foreign key does to these child rows. */
  check: (
    link: Link,
    note: ParentNote,
    change: { kind: 'delete' | 'update'; key: readonly Cell[] },
  ) => Promise<void> | undefined;
}

/** Values of a foreign key's columns for which rows have been read. */
type Loaded = Map<Link, Set<string>>;

/**
 * Does to children what InnoDB did when the parents changed: note by note, row by row, each foreign
 * key in InnoDB's order, and down to the last descendant before the next row.
 *
 * Source: MySQL 5.7 storage/innobase/row/row0upd.cc, row_upd_check_references_constraints;
 * row0ins.cc, row_ins_foreign_check_on_constraint.
 */
export class Cascade {
  readonly #ports: CascadePorts;
  readonly #loaded: Loaded = new Map();
  /** Keys of parents that went away, each with the statement that was the last to do so. */
  readonly #gone = new Map<Link, Map<string, number>>();

  constructor(ports: CascadePorts) {
    this.#ports = ports;
  }

  /** Carries out all notes, and applies all rows of the batch in their places. */
  async run(notes: readonly ParentNote[], late: readonly LateDeletes[]): Promise<void> {
    await this.#readAhead(notes);
    for (const note of notes) {
      for (const table of reachOf(note.parent)) {
        this.#advance(table, note.marks.get(table.target) ?? 0, late);
      }
      for (const change of note.changes) {
        this.#advance(note.parent, note.firstRow + change.doneRows, late);
        await this.#apply(note, change);
      }
    }
    for (const table of this.#ports.states.keys()) {
      this.#advance(table, this.#state(table).batchRows, late);
    }
  }

  /** Applies rows of the batch up to a place. */
  #advance(table: KeyTable, to: number, late: readonly LateDeletes[]): void {
    const state = this.#ports.states.get(table);
    if (state === undefined) return;
    const ownLate = late.filter(({ child }) => child === table);
    while (state.cursor < to) {
      const row = state.cursor;
      const isIn = ownLate.find(({ start, end }) => row >= start && row < end);
      if (isIn === undefined) state.applyBatchRow();
      else this.#applyLateDelete(table, state, isIn.statement);
    }
  }

  /**
   * A statement that deletes rows of parent and child (DELETE p, c FROM p JOIN c) logs a child's row
   * that its foreign key has taken away already, with the values from before. Without a key it would
   * take an equal row; with SET NULL, the row is there and has NULLs.
   */
  #applyLateDelete(table: KeyTable, state: TableState, statement: number): void {
    for (const link of table.parents) {
      const key = state.keyOfBatchRow(link, state.cursor);
      if (key === undefined || this.#gone.get(link)?.get(key) !== statement) continue;
      if (link.key.onDelete === 'cascade') state.passBatchRow();
      else state.applyBatchRow(nulls(state.columnsOf(link)));
      return;
    }
    state.applyBatchRow();
  }

  async #apply(note: ParentNote, { before, after }: ParentChange): Promise<void> {
    const { parent } = note;
    const { schema } = note.builder;
    for (const link of parent.children) {
      const columns = parentColumnsOf(link, schema);
      const old = columns.map((column) => before.get(column) ?? null);
      if (after === undefined) await this.#deleteParent(link, old, note);
      else {
        const next = columns.map((column) => after.get(column) ?? null);
        await this.#updateParent(link, old, next, note);
      }
    }
  }

  async #deleteParent(link: Link, old: readonly Cell[], note: ParentNote): Promise<void> {
    const key = keyText(old);
    if (link.key.onDelete === 'none' || key === undefined) return;
    if (link.child.isKeyless) this.#noteGone(link, key, note.statement);
    if (!note.acts) return;
    await this.#ports.check(link, note, { kind: 'delete', key: old });
    await this.#load(link, [old]);
    const state = this.#state(link.child);
    for (const row of state.matching(link, key)) {
      if (row.count === 0) continue;
      if (link.key.onDelete === 'cascade') await this.#deleteRow(link.child, row, note);
      else await this.#updateRow(link.child, row, nulls(state.columnsOf(link)), note);
    }
  }

  async #updateParent(
    link: Link,
    old: readonly Cell[],
    next: readonly Cell[],
    note: ParentNote,
  ): Promise<void> {
    const key = keyText(old);
    if (link.key.onUpdate === 'none' || key === undefined || !note.acts) return;
    if (old.every((cell, index) => cell === next[index])) return;
    await this.#ports.check(link, note, { kind: 'update', key: old });
    await this.#load(link, [old]);
    const state = this.#state(link.child);
    const columns = state.columnsOf(link);
    const cells =
      link.key.onUpdate === 'set-null'
        ? nulls(columns)
        : new Map(columns.map((column, index) => [column, next[index] ?? null]));
    for (const row of state.matching(link, key)) {
      if (row.count > 0) await this.#updateRow(link.child, row, cells, note);
    }
  }

  async #deleteRow(table: KeyTable, row: ChildRow, note: ParentNote): Promise<void> {
    const state = this.#state(table);
    const olds = table.children.map((link) =>
      state.cellsOf(row, parentColumnsOf(link, state.schema)),
    );
    state.remove(row);
    for (const [index, link] of table.children.entries()) {
      await this.#deleteParent(link, olds[index] ?? [], note);
    }
  }

  async #updateRow(
    table: KeyTable,
    row: ChildRow,
    cells: ReadonlyMap<number, Cell>,
    note: ParentNote,
  ): Promise<void> {
    const state = this.#state(table);
    const changes = table.children.map((link) => {
      const columns = parentColumnsOf(link, state.schema);
      const old = state.cellsOf(row, columns);
      const next = columns.map((column, index) => {
        const cell = cells.get(column);
        return cell === undefined ? (old[index] ?? null) : cell;
      });
      return { old, next };
    });
    state.change(row, cells);
    for (const [index, link] of table.children.entries()) {
      const change = changes[index];
      if (change !== undefined) await this.#updateParent(link, change.old, change.next, note);
    }
  }

  #noteGone(link: Link, key: string, statement: number): void {
    const keys = this.#gone.get(link);
    if (keys === undefined) this.#gone.set(link, new Map([[key, statement]]));
    else keys.set(key, statement);
  }

  /** Reads all that the notes need at once, level by level, so that no row is asked for by itself. */
  async #readAhead(notes: readonly ParentNote[]): Promise<void> {
    let wanted = new Map<Link, Cell[][]>();
    for (const { parent, changes, acts, builder } of notes) {
      if (!acts) continue;
      for (const link of parent.children) {
        const columns = parentColumnsOf(link, builder.schema);
        const keys = wanted.get(link) ?? [];
        wanted.set(link, keys);
        for (const { before } of changes) keys.push(columns.map((at) => before.get(at) ?? null));
      }
    }
    while (wanted.size > 0) {
      const next = new Map<Link, Cell[][]>();
      for (const [link, keys] of wanted) {
        const state = this.#state(link.child);
        const rows = await this.#load(link, keys);
        const texts = new Set(keys.map(keyText));
        for (const out of link.child.children) {
          const columns = parentColumnsOf(out, state.schema);
          const found = rows.map((row) => state.cellsOf(row, columns));
          for (let row = 0; row < state.batchRows; row += 1) {
            const key = state.keyOfBatchRow(link, row);
            if (key !== undefined && texts.has(key))
              found.push(state.cellsOfBatchRow(row, columns));
          }
          const loaded = this.#loaded.get(out);
          const fresh = found.filter((cells) => loaded?.has(keyText(cells) ?? '') !== true);
          if (fresh.length > 0) next.set(out, [...(next.get(out) ?? []), ...fresh]);
        }
      }
      wanted = next;
    }
  }

  /** Makes sure that the engine's rows with these values are there; gives those that are new. */
  async #load(link: Link, keys: readonly (readonly Cell[])[]): Promise<ChildRow[]> {
    const loaded = this.#loaded.get(link) ?? new Set<string>();
    this.#loaded.set(link, loaded);
    const wanted: (readonly Cell[])[] = [];
    for (const key of keys) {
      const text = keyText(key);
      if (text === undefined || loaded.has(text)) continue;
      loaded.add(text);
      wanted.push(key);
    }
    if (wanted.length === 0) return [];
    const state = this.#state(link.child);
    return state.addEngineRows(this.#ports.read(link, state.schema, wanted));
  }

  #state(table: KeyTable): TableState {
    const state = this.#ports.states.get(table);
    if (state === undefined) throw new RangeError(`no state of ${table.target}`);
    return state;
  }
}

function nulls(columns: readonly number[]): Map<number, Cell> {
  return new Map(columns.map((column) => [column, null]));
}
