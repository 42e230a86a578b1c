import {
  FlashError,
  isEngineNullable,
  type Column,
  type TableSchema,
} from '../../protocol/index.js';
import { columnCodeName, columnCodes } from '../column-codes.js';
import type { TableMapColumn, TableMapEvent } from '../event.js';
import { withPlace } from '../event-error.js';
import type { JsonForm } from '../values/json-form.js';
import { zeroDateSink, type ZeroDatePolicy } from '../values/zero-date.js';
import { chooseDecoder } from './choose-decoder.js';
import { imageWidth } from './image-width.js';
import type { ImageColumn } from './row-image.js';

/**
 * Fits the log's columns of a table to those of its schema, one decoder each.
 *
 * Errors: `SOURCE_MISMATCH` with the first column that does not fit; `UNSUPPORTED` for one whose
 * values can't be read.
 */
export function imageColumns(
  tableMap: TableMapEvent,
  schema: TableSchema,
  options: { zeroDate: ZeroDatePolicy; jsonForm: JsonForm },
): ImageColumn[] {
  if (tableMap.columns.length !== schema.columns.length) {
    throw mismatch(
      `the log has ${tableMap.columns.length} columns of the table, the schema ${schema.columns.length}`,
    );
  }
  return tableMap.columns.map((logged, index) => {
    const column = schema.columns[index];
    if (column === undefined) throw mismatch('the schema ends early');
    const nullable = isEngineNullable(column, schema);
    const onZeroDate = zeroDateSink(options.zeroDate, nullable);
    try {
      const append = chooseDecoder(column, logged, { onZeroDate, jsonForm: options.jsonForm });
      const sameName = logged.name === undefined || logged.name === column.name;
      if (append === undefined || !sameName) throw columnMismatch(column, logged);
      return {
        width: imageWidth(logged, column.type),
        index,
        name: column.name,
        nullable,
        isJson: logged.typeCode === columnCodes.json,
        append,
      };
    } catch (error) {
      throw withPlace(error, { column: column.name });
    }
  });
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
