import type { ChangeBuilder } from '../columns/change-builder.js';
import { badValue, type AppendValue, type RowSource } from '../values/append-value.js';
import { applyJsonDiff } from '../values/json-diff.js';
import type { JsonForm } from '../values/json-form.js';
import { AbsentValuesError } from './absent-values.js';
import { appendRow } from './append-row.js';
import type { ImageColumn, RowImage } from './row-image.js';

/** Bit of the value options: some JSON columns hold differences, and a bitmap says which. */
const partialJsonOption = 0x1;

/** The after image of a row in PARTIAL_UPDATE_ROWS. */
export interface PartialImage {
  /** Where the image proper starts: its NULL bits. */
  imageStart: number;
  /** Schema indexes of the columns that hold differences. */
  partialColumns: readonly number[];
}

/**
 * Reads what stands before the after image of a row in PARTIAL_UPDATE_ROWS (39).
 *
 *     +---------------+------------------------------------+-------------+
 *     | value options | if bit 0: a bit for each JSON      | row image … |
 *     | packed        | column of the table, lowest first  |             |
 *     +---------------+------------------------------------+-------------+
 *
 * Source: MySQL 9.7 sql/rpl_record.cc, unpack_row.
 */
export function openPartial(
  view: DataView,
  start: number,
  columns: readonly ImageColumn[],
): PartialImage {
  if (start >= view.byteLength) throw badValue('an update without the row after it');
  const options = view.getUint8(start);
  if (options > partialJsonOption) throw badValue(`value options ${options} of a row`);
  if (options === 0) return { imageStart: start + 1, partialColumns: [] };
  const json = columns.filter((column) => column.isJson);
  const imageStart = start + 1 + ((json.length + 7) >> 3);
  if (imageStart > view.byteLength) throw badValue('an update without the row after it');
  const partial = json.filter(
    (_, i) => (view.getUint8(start + 1 + (i >> 3)) & (1 << (i & 7))) !== 0,
  );
  return { imageStart, partialColumns: partial.map((column) => column.index) };
}

/** Appends the row after an update: differences are applied to the row before. */
export function appendPartialRow(
  source: RowSource,
  before: { image: RowImage; start: number },
  after: { image: RowImage; partial: PartialImage },
  into: ChangeBuilder,
  form: JsonForm,
): number {
  const { image, partial } = after;
  if (partial.partialColumns.length === 0) {
    return appendRow(source, partial.imageStart, image, into, 0);
  }
  const patched = image.withDecoders((column) =>
    partial.partialColumns.includes(column.index)
      ? diffAppender(before, column.index, form)
      : column.append,
  );
  return appendRow(source, partial.imageStart, patched, into, 0);
}

function diffAppender(
  before: { image: RowImage; start: number },
  index: number,
  form: JsonForm,
): AppendValue {
  return (target, row, source, start, end) => {
    const value = before.image.find(source.view, before.start, index);
    if (value === undefined) throw missingDocument();
    const document = source.bytes.subarray(value.start, value.end);
    applyJsonDiff(document, source.bytes.subarray(start, end), target.data, form);
    target.endValue(row);
  };
}

/** The error where the log lacks what the differences are of, as with binlog_row_image=MINIMAL. */
export function missingDocument(): AbsentValuesError {
  return new AbsentValuesError(
    'a partial update of a JSON value that the log does not hold',
    'Log whole rows on the source: SET GLOBAL binlog_row_image=FULL, ' +
      "or whole values: SET GLOBAL binlog_row_value_options=''",
  );
}
