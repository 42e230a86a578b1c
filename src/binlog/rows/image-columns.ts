import {
  FlashError,
  isEngineNullable,
  type Column,
  type TableSchema,
} from '../../protocol/index.js';
import { columnCodeName, columnCodes } from '../column-codes.js';
import type { TableMapColumn, TableMapEvent } from '../event.js';
import { withPlace } from '../event-error.js';
import type { AppendValue } from '../values/append-value.js';
import type { JsonForm } from '../values/json-form.js';
import { zeroDateSink, type ZeroDatePolicy } from '../values/zero-date.js';
import { chooseDecoder } from './choose-decoder.js';
import { imageWidth } from './image-width.js';
import { hiddenColumns } from './hidden-columns.js';
import { kernelColumn } from './kernel-layout.js';
import type { ImageColumn } from './row-image.js';

/** How values of a table are read. */
export interface ImageOptions {
  zeroDate: ZeroDatePolicy;
  jsonForm: JsonForm;
  logsHiddenColumns: boolean;
}

/**
 * Fits the log's columns of a table to those of its schema, one decoder each.
 *
 * Shape: an item for each column of the log; undefined for one that the server hides.
 * Errors: `SOURCE_MISMATCH` with the first column that does not fit; `UNSUPPORTED` for one whose
 * values can't be read.
 */
export function imageColumns(
  tableMap: TableMapEvent,
  schema: TableSchema,
  options: ImageOptions,
): (ImageColumn | undefined)[] {
  const fits = (column: Column, logged: TableMapColumn): boolean =>
    decoderOf(column, logged, schema, options) !== undefined;
  const hidden = hiddenColumns(tableMap.columns, schema, fits, options.logsHiddenColumns);
  if (hidden === undefined) {
    throw mismatch(
      `the log has ${tableMap.columns.length} columns of the table, the schema ${schema.columns.length}`,
    );
  }
  let index = 0;
  return tableMap.columns.map((logged, position) =>
    hidden.has(position) ? undefined : imageColumn(logged, schema, index++, options),
  );
}

function imageColumn(
  logged: TableMapColumn,
  schema: TableSchema,
  index: number,
  options: ImageOptions,
): ImageColumn {
  const column = schema.columns[index];
  if (column === undefined) throw mismatch('the schema ends early');
  try {
    const append = decoderOf(column, logged, schema, options);
    const sameName = logged.name === undefined || logged.name === column.name;
    if (append === undefined || !sameName) throw columnMismatch(column, logged);
    const nullable = isEngineNullable(column, schema);
    const nullsZeroDates = options.zeroDate === 'null' && nullable;
    return {
      width: imageWidth(logged, column.type),
      index,
      name: column.name,
      nullable,
      isJson: logged.typeCode === columnCodes.json,
      kernel: kernelColumn(column, logged, { jsonForm: options.jsonForm, nullsZeroDates }),
      append,
    };
  } catch (error) {
    throw withPlace(error, { column: column.name });
  }
}

function decoderOf(
  column: Column,
  logged: TableMapColumn,
  schema: TableSchema,
  { zeroDate, jsonForm }: ImageOptions,
): AppendValue | undefined {
  const onZeroDate = zeroDateSink(zeroDate, isEngineNullable(column, schema));
  return chooseDecoder(column, logged, { onZeroDate, jsonForm });
}

function columnMismatch(column: Column, logged: TableMapColumn): FlashError {
  const name = logged.name === undefined ? '' : `${logged.name} `;
  return mismatch(
    `the log has ${name}${columnCodeName(logged.typeCode)} (${logged.metadata}), ` +
      `the schema ${column.name} ${column.mysqlType}`,
  );
}

function mismatch(problem: string): FlashError {
  return new FlashError('SOURCE_MISMATCH', problem, {
    hint: 'Give the schema that the table had when the log was written: --schema dump.sql.',
  });
}
