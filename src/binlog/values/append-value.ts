import { FlashError } from '../../protocol/index.js';
import type { ColumnBuffer } from '../columns/column-buffer.js';

/** The bytes of a rows event, and the same bytes for numbers. */
export interface RowSource {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** Bytes as a `RowSource`. */
export function rowSource(bytes: Uint8Array): RowSource {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

/**
 * Writes one value into row `row` of its column. `[start, end)` are its bytes, without a length
 * prefix, and lie inside the event. One is made for each column once a TABLE_MAP and then called for
 * each value, so it must not make objects.
 *
 * Errors: `BINLOG_FORMAT` for bytes that no server writes. The caller adds place, table and column.
 */
export type AppendValue = (
  target: ColumnBuffer,
  row: number,
  source: RowSource,
  start: number,
  end: number,
) => void;

/** The error for a value that no server writes. */
export function badValue(problem: string): FlashError {
  return new FlashError('BINLOG_FORMAT', problem, {
    hint:
      'The table may have been changed without a statement in the log, or the schema that was given ' +
      'is not that of the log; else the file is damaged.',
  });
}
