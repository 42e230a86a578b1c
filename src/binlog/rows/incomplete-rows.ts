import type { ChangeBuilder } from '../columns/change-builder.js';
import type { IncompleteRows } from '../columns/incomplete-rows.js';
import type { RowSource } from '../values/append-value.js';
import { appendPlaceholders, appendRow } from './append-row.js';
import type { RowImage } from './row-image.js';

/** Columns that neither image of an update holds: what is not in the row after it is as it was before. */
export function missingOfUpdate(before: RowImage, after: RowImage): number[] {
  return after.absent.filter((index) => before.absent.includes(index));
}

/**
 * Appends the updates of an event whose rows after the change do not hold all columns.
 *
 * Guarantee: as `TableDecoder.append` for the rows, but for the columns of `missing`.
 */
export function appendMergedUpdates(
  source: RowSource,
  before: RowImage,
  after: RowImage,
  into: ChangeBuilder,
  key: readonly number[],
): IncompleteRows {
  const { view } = source;
  const missing = missingOfUpdate(before, after);
  const kept = after.absent.filter((index) => !missing.includes(index));
  const rows: number[] = [];
  const keyRows: number[] = [];
  for (let at = 0; at < view.byteLength;) {
    const start = at;
    const afterStart = before.skip(view, start);
    const moves =
      key.length === 0 || key.some((i) => hasChanged(source, before, start, after, afterStart, i));
    if (moves) appendRow(source, start, before, into, 1);
    const row = into.beginRow();
    at = after.append(source, afterStart, into.columns, row);
    for (const index of kept) before.appendColumn(source, start, index, into.columns, row);
    appendPlaceholders(into, missing, row);
    into.endRow(0);
    rows.push(row);
    keyRows.push(moves ? row - 1 : row);
  }
  return { missing, source: 'current-row', rows, keyRows };
}

/** Appends the inserted rows of an event whose image does not hold all columns. */
export function appendIncompleteInserts(
  source: RowSource,
  image: RowImage,
  into: ChangeBuilder,
): IncompleteRows {
  const rows: number[] = [];
  for (let at = 0; at < source.view.byteLength;) {
    rows.push(into.rows);
    at = appendRow(source, at, image, into, 0);
  }
  return { missing: image.absent, source: 'default', rows, keyRows: rows };
}

/** Whether an update changes a key column, which the row before holds and the row after may hold. */
function hasChanged(
  source: RowSource,
  before: RowImage,
  start: number,
  after: RowImage,
  afterStart: number,
  index: number,
): boolean {
  if (after.absent.includes(index)) return false;
  const old = before.find(source.view, start, index);
  const fresh = after.find(source.view, afterStart, index);
  if (old === undefined || fresh === undefined) return old !== fresh;
  const bytesOf = ({ start: from, end }: { start: number; end: number }): Uint8Array =>
    source.bytes.subarray(from, end);
  return Buffer.compare(bytesOf(old), bytesOf(fresh)) !== 0;
}
