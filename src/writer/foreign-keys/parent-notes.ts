import type { ChangeBuilder, RowsEvent } from '../../binlog/index.js';
import type { ChangeBuffer } from '../change-buffer.js';
import { reachOf, type KeyTable, type Link } from './graph.js';
import { readParentChanges, type ParentChange, type ParentRows } from './parent-changes.js';

/** An event that deleted rows of a parent, or changed columns that foreign keys refer to. */
export interface ParentNote {
  parent: KeyTable;
  builder: ChangeBuilder;
  /** The event's first row in the builder of the parent. */
  firstRow: number;
  changes: readonly ParentChange[];
  /** False where the log itself shows what the foreign keys did. */
  acts: boolean;
  /** Rows that builders of tables within reach had before the event, by the engine's name. */
  marks: ReadonlyMap<string, number>;
  statement: number;
  file: string;
  offset: number;
}

/** Rows that a statement deleted from a child without a key, after it had deleted rows of parents. */
export interface LateDeletes {
  builder: ChangeBuilder;
  child: KeyTable;
  start: number;
  end: number;
  statement: number;
}

/** Collects what a batch does to parents, in the order of the log, until it is carried over to children. */
export class ParentNotes {
  readonly #buffer: ChangeBuffer;
  #notes: ParentNote[] = [];
  #late: LateDeletes[] = [];
  #statement = 0;

  constructor(buffer: ChangeBuffer) {
    this.#buffer = buffer;
  }

  get notes(): readonly ParentNote[] {
    return this.#notes;
  }

  get lateDeletes(): readonly LateDeletes[] {
    return this.#late;
  }

  endStatement(): void {
    this.#statement += 1;
  }

  clear(): void {
    this.#notes = [];
    this.#late = [];
  }

  /**
   * Notes an event of a table that foreign keys have to do with, after its rows were appended.
   *
   * Errors: UNSUPPORTED where columns that foreign keys refer to are not in the log.
   */
  add(event: RowsEvent, table: KeyTable, rows: ParentRows): void {
    const { builder, schema, first } = rows;
    if (event.change !== 'insert' && table.children.length > 0) this.#addParent(event, table, rows);
    const isLate =
      event.change === 'delete' &&
      event.foreignKeyChecks &&
      schema.primaryKey.length === 0 &&
      table.parents.length > 0 &&
      this.#notes.at(-1)?.statement === this.#statement;
    if (!isLate) return;
    this.#watch(builder);
    const { rows: end } = builder;
    this.#late.push({ builder, child: table, start: first, end, statement: this.#statement });
  }

  #addParent(event: RowsEvent, table: KeyTable, rows: ParentRows): void {
    const { change, foreignKeyChecks, logsForeignKeys, file, offset } = event;
    const links = table.children.filter(({ key }) =>
      change === 'delete' ? key.onDelete !== 'none' : key.onUpdate !== 'none',
    );
    if (links.length === 0 || (!foreignKeyChecks && !logsForeignKeys)) return;
    if (logsForeignKeys) {
      // All that is left to know is which rows went away before the log names them once more.
      if (change === 'update' || links.every(({ child }) => !child.isKeyless)) return;
    }
    const columns = new Set(links.flatMap((link) => parentColumnsOf(link, rows.schema)));
    const changes = readParentChanges(event, rows, columns);
    if (changes.length === 0) return;
    const { builder, first: firstRow } = rows;
    const marks = new Map(
      reachOf(table).map(({ target }) => [target, this.#buffer.rowsOf(target)]),
    );
    marks.set(table.target, firstRow);
    this.#watch(builder);
    this.#notes.push({
      parent: table,
      builder,
      firstRow,
      changes,
      acts: !logsForeignKeys,
      marks,
      statement: this.#statement,
      file,
      offset,
    });
  }

  /** What is taken back leaves no note. */
  #watch(builder: ChangeBuilder): void {
    builder.onTruncate = () => {
      this.#notes = this.#notes.filter(
        (note) => note.builder !== builder || note.firstRow < builder.rows,
      );
      this.#late = this.#late.filter(
        (late) => late.builder !== builder || late.start < builder.rows,
      );
    };
  }
}

/** Indexes of the columns that a foreign key refers to; -1 for one that is not there. */
export function parentColumnsOf({ key }: Link, schema: ParentRows['schema']): number[] {
  return columnIndexes(
    schema,
    key.parentColumns.length > 0 ? key.parentColumns : schema.primaryKey,
  );
}

/** Indexes of columns by their names, without regard to case; -1 for one that is not there. */
export function columnIndexes(schema: ParentRows['schema'], names: readonly string[]): number[] {
  return names.map((name) => {
    const lower = name.toLowerCase();
    return schema.columns.findIndex((column) => column.name.toLowerCase() === lower);
  });
}
