import type { ChangeBuilder } from '../columns/change-builder.js';
import type { RowSource } from '../values/append-value.js';
import type { RowImage } from './row-image.js';

/**
 * Appends the image at `start` as a row; gives where it ends. Columns that it does not hold become
 * NULL, or the empty value where the engine's column can't hold NULL.
 */
export function appendRow(
  source: RowSource,
  start: number,
  image: RowImage,
  into: ChangeBuilder,
  delmark: 0 | 1,
): number {
  const row = into.beginRow();
  const end = image.append(source, start, into.columns, row);
  if (image.absent.length > 0) appendPlaceholders(into, image.absent, row);
  into.endRow(delmark);
  return end;
}

/** Appends NULL, or the empty value where the engine's column can't hold NULL. */
export function appendPlaceholders(
  into: ChangeBuilder,
  indexes: readonly number[],
  row: number,
): void {
  for (const index of indexes) {
    if (into.nullable[index] === true) into.columns[index]?.appendNull(row);
    else into.columns[index]?.appendDefault(row);
  }
}

/** Appends every image of an event as a row. */
export function appendImages(
  source: RowSource,
  image: RowImage,
  into: ChangeBuilder,
  mark: 0 | 1,
): void {
  const end = source.view.byteLength;
  for (let at = 0; at < end;) at = appendRow(source, at, image, into, mark);
}

/** Appends updates: the row after each, and before it the row that goes away with its key. */
export function appendUpdates(
  source: RowSource,
  before: RowImage,
  after: RowImage,
  into: ChangeBuilder,
  keyed: boolean,
): void {
  const { view } = source;
  const end = view.byteLength;
  for (let at = 0; at < end;) {
    const afterStart = before.skip(view, at);
    if (!keyed || !before.hasSameKey(view, at, after, afterStart)) {
      appendRow(source, at, before, into, 1);
    }
    at = appendRow(source, afterStart, after, into, 0);
  }
}
