import type { ColumnData } from '../../protocol/index.js';
import { ByteSink } from './byte-sink.js';
import type { ColumnLayout } from './column-layout.js';

/**
 * The growing Arrow buffers of one column. One class for every type, so that the decoding loop
 * always meets the same object shape.
 *
 * A fixed-width value of row r is written at `r * width` through `view` or `values`. A variable one
 * is appended to `data`, and then `endValue(r)`. A row that is NULL gets `appendNull(r)` instead.
 * Rows are written in order, each exactly once; `ChangeBuilder` counts them.
 */
export class ColumnBuffer {
  /** Bytes a value; 0 for a variable-width column. */
  readonly width: number;
  /** Fixed-width values, and the same memory for numbers. */
  values: Uint8Array;
  view: DataView;
  /** Variable-width values and where each starts. */
  readonly data: ByteSink;
  offsets: Int32Array;
  /** Rows of this column that were zero dates and became NULL. */
  zeroDates = 0;
  /** One bit a row, set for all rows from the start; undefined while no row is NULL. */
  validity: Uint8Array | undefined;
  nullCount = 0;
  private capacity: number;
  private readonly unitBytes: number;

  constructor(layout: ColumnLayout, capacity: number, dataBytes: number) {
    this.width = layout.kind === 'fixed' ? layout.bytes : 0;
    this.unitBytes = layout.kind === 'fixed' ? 1 : layout.unitBytes;
    this.capacity = capacity;
    this.values = new Uint8Array(capacity * this.width);
    this.view = new DataView(this.values.buffer);
    this.data = new ByteSink(dataBytes);
    this.offsets = new Int32Array(this.width === 0 ? capacity + 1 : 0);
  }

  /** Ends the variable-width value of `row`, which starts where the row before ended. */
  endValue(row: number): void {
    this.offsets[row + 1] = this.unitBytes === 1 ? this.data.length : this.data.length >> 2;
  }

  /** Gives the bits of validity, made if need be. */
  makeValidity(): Uint8Array {
    this.validity ??= new Uint8Array((this.capacity + 7) >> 3).fill(255);
    return this.validity;
  }

  appendNull(row: number): void {
    const validity = this.makeValidity();
    validity[row >> 3] = (validity[row >> 3] ?? 0) & ~(1 << (row & 7));
    this.nullCount++;
    if (this.width === 0) this.endValue(row);
  }

  /** The value that stands for an absent one in a deleted row: zero, or the empty string. */
  appendDefault(row: number): void {
    if (this.width === 0) this.endValue(row);
  }

  isNull(row: number): boolean {
    return this.validity !== undefined && ((this.validity[row >> 3] ?? 0) & (1 << (row & 7))) === 0;
  }

  /** Makes room for `capacity` rows. */
  grow(capacity: number): void {
    if (this.width > 0) {
      const values = new Uint8Array(capacity * this.width);
      values.set(this.values);
      this.values = values;
      this.view = new DataView(values.buffer);
    } else {
      const offsets = new Int32Array(capacity + 1);
      offsets.set(this.offsets);
      this.offsets = offsets;
    }
    if (this.validity !== undefined) {
      const validity = new Uint8Array((capacity + 7) >> 3).fill(255);
      validity.set(this.validity);
      this.validity = validity;
    }
    this.capacity = capacity;
  }

  /** Bytes that `rows` rows take. */
  usedBytes(rows: number): number {
    const validityBytes = this.validity === undefined ? 0 : rows >> 3;
    if (this.width > 0) return rows * this.width + validityBytes;
    return this.data.length + rows * 4 + validityBytes;
  }

  /** Takes back the rows from `rows` on, of `before` rows. */
  truncate(rows: number, before: number): void {
    if (this.width > 0) {
      // NULLs and defaults rely on memory that is still zero.
      this.values.fill(0, rows * this.width, before * this.width);
    } else {
      this.data.length = (this.offsets[rows] ?? 0) * this.unitBytes;
    }
    if (this.validity === undefined) return;
    for (let row = rows; row < before; row++) {
      if (!this.isNull(row)) continue;
      const byte = this.validity[row >> 3] ?? 0;
      this.validity[row >> 3] = byte | (1 << (row & 7));
      this.nullCount--;
    }
  }

  /** Views of the first `rows` rows. */
  read(rows: number): ColumnData {
    const hasNulls = this.nullCount > 0;
    return {
      validity: hasNulls ? this.validity?.subarray(0, (rows + 7) >> 3) : undefined,
      nullCount: this.nullCount,
      offsets: this.width > 0 ? undefined : this.offsets.subarray(0, rows + 1),
      values:
        this.width > 0
          ? this.values.subarray(0, rows * this.width)
          : this.data.bytes.subarray(0, this.data.length),
    };
  }
}
