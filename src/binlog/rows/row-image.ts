import { FlashError } from '../../protocol/index.js';
import type { ColumnBuffer } from '../columns/column-buffer.js';
import { withPlace } from '../event-error.js';
import type { KernelColumn } from './kernel-layout.js';
import { badValue, type AppendValue, type RowSource } from '../values/append-value.js';

/** How values of one column of an image are found and appended. */
export interface ImageColumn {
  /** As `imageWidth` gives it. */
  width: number;
  /** Index in the schema and in a builder's columns. */
  index: number;
  name: string;
  nullable: boolean;
  isJson: boolean;
  /** How a kernel reads it, where one could. */
  kernel: KernelColumn | undefined;
  append: AppendValue;
}

/**
 * Reads one kind of row image: the columns that an event's bitmap says are present.
 *
 *     +--------------------------------+----------+----------+-----
 *     | NULL bits, lowest first, of    | value of | value of | …
 *     | the columns that are present   | column 0 | column 1 |     without those that are NULL
 *     +--------------------------------+----------+----------+-----
 *
 * Source: MySQL 9.7 sql/rpl_record.cc, unpack_row.
 */
export class RowImage {
  /** Indexes of the schema's columns that this image does not hold. */
  readonly absent: readonly number[];
  private readonly columns: readonly ImageColumn[];
  private readonly key: readonly number[];
  private readonly appends: readonly AppendValue[];
  private readonly widths: Int32Array;
  private readonly targets: Int32Array;
  private readonly nullBytes: number;
  /** Positions in this image of the key's columns, ascending; empty if one is absent. */
  private readonly keyPositions: Int32Array;

  constructor(columns: readonly ImageColumn[], absent: readonly number[], key: readonly number[]) {
    this.columns = columns;
    this.key = key;
    this.absent = absent;
    this.appends = columns.map((column) => column.append);
    this.widths = Int32Array.from(columns, (column) => column.width);
    this.targets = Int32Array.from(columns, (column) => column.index);
    this.nullBytes = (columns.length + 7) >> 3;
    this.keyPositions = Int32Array.from(
      columns.flatMap((column, i) => (key.includes(column.index) ? [i] : [])),
    );
  }

  /** Appends the image at `start` as row `row`; gives where it ends. */
  append(source: RowSource, start: number, targets: readonly ColumnBuffer[], row: number): number {
    const { view } = source;
    const { widths, appends } = this;
    const limit = view.byteLength;
    let at = this.endOfNulls(start, limit);
    let i = 0;
    try {
      for (; i < widths.length; i++) {
        const target = targets[this.targets[i] ?? 0];
        const append = appends[i];
        if (target === undefined || append === undefined)
          throw new Error('a column without buffer');
        if ((view.getUint8(start + (i >> 3)) & (1 << (i & 7))) !== 0) {
          this.appendNull(target, row, i);
          continue;
        }
        const width = widths[i] ?? 0;
        const from = width >= 0 ? at : at - width;
        at = width >= 0 ? at + width : from + readLength(view, at, -width, limit);
        if (at > limit) throw rowEndsEarly();
        append(target, row, source, from, at);
      }
    } catch (error) {
      const column = this.columns[i]?.name;
      throw withPlace(error, column === undefined ? {} : { column });
    }
    return at;
  }

  /** Gives where the image at `start` ends. */
  skip(view: DataView, start: number): number {
    return this.walk(view, start, this.widths.length);
  }

  /**
   * Whether the image at `start` has the same key as the image of `other` at `otherStart`, byte by byte.
   */
  hasSameKey(view: DataView, start: number, other: RowImage, otherStart: number): boolean {
    let same = 0;
    const count = this.keyPositions.length;
    while (same < count) {
      const mine = this.keyPositions[same] ?? 0;
      const theirs = other.keyPositions[same] ?? 0;
      let from = this.walk(view, start, mine);
      const end = this.walk(view, start, mine + 1);
      let otherFrom = other.walk(view, otherStart, theirs);
      if (end - from !== other.walk(view, otherStart, theirs + 1) - otherFrom) return false;
      while (from < end) {
        if (view.getUint8(from++) !== view.getUint8(otherFrom++)) return false;
      }
      same++;
    }
    return true;
  }

  /** Where the value of the schema's column `index` lies; undefined when it is NULL or absent. */
  find(view: DataView, start: number, index: number): { start: number; end: number } | undefined {
    const position = this.targets.indexOf(index);
    if (position < 0) return undefined;
    const end = this.walk(view, start, position + 1);
    if ((view.getUint8(start + (position >> 3)) & (1 << (position & 7))) !== 0) return undefined;
    const width = this.widths[position] ?? 0;
    return { start: this.walk(view, start, position) + (width < 0 ? -width : 0), end };
  }

  /** Appends one column of the image at `start`, which the image must hold, to row `row`. */
  appendColumn(
    source: RowSource,
    start: number,
    index: number,
    targets: readonly ColumnBuffer[],
    row: number,
  ): void {
    const position = this.targets.indexOf(index);
    const target = targets[index];
    const append = this.appends[position];
    if (target === undefined || append === undefined) throw new Error('a column without buffer');
    try {
      const value = this.find(source.view, start, index);
      if (value === undefined) this.appendNull(target, row, position);
      else append(target, row, source, value.start, value.end);
    } catch (error) {
      const column = this.columns[position]?.name;
      throw withPlace(error, column === undefined ? {} : { column });
    }
  }

  /** The same image with other decoders. */
  withDecoders(choose: (column: ImageColumn) => AppendValue): RowImage {
    const columns = this.columns.map((column) => ({ ...column, append: choose(column) }));
    return new RowImage(columns, this.absent, this.key);
  }

  /** Whether the image holds every column of a key of `count` columns. */
  holdsKey(count: number): boolean {
    return this.keyPositions.length === count;
  }

  /** Where the first `count` values of the image at `start` end. */
  private walk(view: DataView, start: number, count: number): number {
    const { widths } = this;
    const limit = view.byteLength;
    let at = this.endOfNulls(start, limit);
    for (let i = 0; i < count; i++) {
      if ((view.getUint8(start + (i >> 3)) & (1 << (i & 7))) !== 0) continue;
      const width = widths[i] ?? 0;
      at += width >= 0 ? width : readLength(view, at, -width, limit) - width;
      if (at > limit) throw rowEndsEarly();
    }
    return at;
  }

  private endOfNulls(start: number, limit: number): number {
    const end = start + this.nullBytes;
    // An image of no bytes would never end the event.
    if (end > limit || this.nullBytes === 0) throw rowEndsEarly();
    return end;
  }

  private appendNull(target: ColumnBuffer, row: number, position: number): void {
    if (this.columns[position]?.nullable !== true) {
      throw new FlashError('SOURCE_MISMATCH', 'a NULL in a column that is NOT NULL', {
        hint: 'The table was changed on the source: give the schema that it had when the log was written.',
      });
    }
    target.appendNull(row);
  }
}

function readLength(view: DataView, at: number, bytes: number, limit: number): number {
  if (at + bytes > limit) throw rowEndsEarly();
  switch (bytes) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at, true);
    case 3:
      return view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    default:
      return view.getUint32(at, true);
  }
}

function rowEndsEarly(): FlashError {
  return badValue('the rows of the event end early, so their columns are not those of the table');
}
