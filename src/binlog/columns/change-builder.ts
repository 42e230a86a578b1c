import {
  isEngineNullable,
  type ChangeColumns,
  type Column,
  type TableSchema,
} from '../../protocol/index.js';
import { ColumnBuffer } from './column-buffer.js';
import { columnLayout } from './column-layout.js';
import type { IncompleteRows, PlacedIncompleteRows } from './incomplete-rows.js';

/** Rows that a new builder has room for before it grows. */
const firstCapacity = 64;

/** A state of a builder to which `truncate` can go back. */
export interface BuilderMark {
  readonly rows: number;
  readonly zeroDates: readonly number[];
}

/**
 * Collects row changes of one table as Arrow columns.
 *
 * Guarantee: between `TableDecoder.append` calls it holds whole events' rows only.
 */
export class ChangeBuilder {
  readonly schema: TableSchema;
  /** For each column of the schema: whether the engine's column can hold NULL. */
  readonly nullable: readonly boolean[];
  columns: readonly ColumnBuffer[];
  rows = 0;
  /** 1 for each row that goes away. */
  delmarks: Uint8Array;
  /** Rows that there is room for. */
  capacity: number;
  /** Called after rows were taken back. */
  onTruncate: (() => void) | undefined;
  private readonly emptyMark: BuilderMark;
  private gaps: PlacedIncompleteRows[] = [];

  /** `expected`: so many rows, where that is known; what is not written to takes no memory. */
  constructor(schema: TableSchema, expected = firstCapacity) {
    this.schema = schema;
    this.nullable = schema.columns.map((column) => isEngineNullable(column, schema));
    this.capacity = Math.max(firstCapacity, expected);
    this.columns = schema.columns.map((column) => newBuffer(column, this.capacity, 0));
    this.delmarks = new Uint8Array(this.capacity);
    this.emptyMark = { rows: 0, zeroDates: schema.columns.map(() => 0) };
  }

  /** Bytes of what was appended; memory is at most twice that, and what a first row needs. */
  get bytes(): number {
    let bytes = this.rows;
    for (const column of this.columns) bytes += column.usedBytes(this.rows);
    return bytes;
  }

  /** Zero and impossible dates that became NULL, for each column of the schema. */
  get zeroDates(): readonly number[] {
    return this.columns.map((column) => column.zeroDates);
  }

  /** Makes room for one more row and gives its number. `endRow` makes it count. */
  beginRow(): number {
    if (this.rows === this.capacity) this.growRows();
    return this.rows;
  }

  /** Makes room for more rows. */
  growRows(): void {
    this.grow(this.capacity * 2);
  }

  endRow(delmark: 0 | 1): void {
    this.delmarks[this.rows++] = delmark;
  }

  /** What is missing in rows that were appended since `take`, event by event. */
  get incomplete(): readonly PlacedIncompleteRows[] {
    return this.gaps;
  }

  /** Notes that the rows which an event has just appended lack values. */
  noteIncomplete(rows: IncompleteRows, { file, offset }: { file: string; offset: number }): void {
    this.gaps.push({ ...rows, file, offset });
  }

  mark(): BuilderMark {
    if (this.rows === 0) return this.emptyMark;
    return { rows: this.rows, zeroDates: this.zeroDates };
  }

  /** Takes back all rows since `mark`, and the parts of a row that was not ended. */
  truncate(mark: BuilderMark): void {
    const before = Math.min(this.rows + 1, this.capacity);
    this.columns.forEach((column, i) => {
      column.truncate(mark.rows, before);
      column.zeroDates = mark.zeroDates[i] ?? 0;
    });
    this.rows = mark.rows;
    this.gaps = this.gaps.filter((gap) => (gap.rows[0] ?? 0) < mark.rows);
    this.onTruncate?.();
  }

  /** How many rows from `first` on are not deletes. */
  countPresent(first: number): number {
    let count = 0;
    for (let row = first; row < this.rows; row += 1) if (this.delmarks[row] === 0) count += 1;
    return count;
  }

  /** The rows as they are now. Owns: views, valid until the builder is written to again. */
  read(): ChangeColumns {
    return {
      schema: this.schema,
      rows: this.rows,
      columns: this.columns.map((column) => column.read(this.rows)),
      delmarks: this.delmarks.subarray(0, this.rows),
    };
  }

  /**
   * Hands the rows over and starts anew. The next batch gets as much room as this one needed.
   *
   * Owns: the buffers are the caller's alone.
   */
  take(): ChangeColumns {
    const taken = this.read();
    this.capacity = Math.max(firstCapacity, taken.rows + (taken.rows >> 3));
    this.columns = this.schema.columns.map((column, i) =>
      newBuffer(column, this.capacity, dataHint(taken.columns[i]?.values.length ?? 0)),
    );
    this.delmarks = new Uint8Array(this.capacity);
    this.rows = 0;
    this.gaps = [];
    return taken;
  }

  private grow(capacity: number): void {
    for (const column of this.columns) column.grow(capacity);
    const delmarks = new Uint8Array(capacity);
    delmarks.set(this.delmarks);
    this.delmarks = delmarks;
    this.capacity = capacity;
  }
}

function newBuffer(column: Column, capacity: number, dataBytes: number): ColumnBuffer {
  const layout = columnLayout(column.type);
  return new ColumnBuffer(layout, capacity, layout.kind === 'fixed' ? 0 : dataBytes);
}

function dataHint(bytes: number): number {
  return bytes + (bytes >> 3);
}
