import type { TableSchema } from '../../protocol/index.js';
import { ChangeBuilder } from '../columns/change-builder.js';
import type { RowsEvent, TableMapEvent } from '../event.js';
import { readValue, type RowValue } from './read-value.js';
import { createTableDecoder, type TableDecoderOptions } from './table-decoder.js';

/** A row by column names. A column that the log's image does not hold is missing, which is not NULL. */
export type RowObject = Record<string, RowValue>;

/** A row change with the images that the log holds. */
export interface RowChange {
  change: RowsEvent['change'];
  before?: RowObject;
  after?: RowObject;
}

/**
 * The row changes of an event as objects: for tests, and to show a log. The values come from the
 * same decoders as the copy's.
 *
 * Errors: as `createTableDecoder` and `TableDecoder.append`, but images without all columns are shown.
 */
export function rowsAsObjects(
  tableMap: TableMapEvent,
  schema: TableSchema,
  rows: RowsEvent,
  options: TableDecoderOptions = {},
): RowChange[] {
  const decoder = createTableDecoder(tableMap, schema, options);
  const builder = new ChangeBuilder(schema);
  const images = decoder.appendAllImages(rows, builder);
  const changes = builder.read();
  const objects = images.map(({ absent }, row) => {
    const entries = schema.columns.flatMap((column, i): [string, RowValue][] =>
      absent.includes(i) ? [] : [[column.name, readValue(changes, i, row)]],
    );
    return Object.fromEntries(entries);
  });
  return pairImages(rows.change, objects);
}

function pairImages(change: RowsEvent['change'], images: readonly RowObject[]): RowChange[] {
  switch (change) {
    case 'insert':
      return images.map((after) => ({ change, after }));
    case 'delete':
      return images.map((before) => ({ change, before }));
    case 'update':
      return images.flatMap((before, i) => {
        const after = images[i + 1];
        return i % 2 === 1 || after === undefined ? [] : [{ change, before, after }];
      });
  }
}
