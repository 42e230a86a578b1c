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
  for (const index of image.absent) {
    if (into.nullable[index] === true) into.columns[index]?.appendNull(row);
    else into.columns[index]?.appendDefault(row);
  }
  into.endRow(delmark);
  return end;
}
