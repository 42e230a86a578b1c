import { FlashError, type ColumnType } from '../../protocol/index.js';
import { columnCodeName, columnCodes } from '../column-codes.js';
import type { TableMapColumn } from '../event.js';
import { decimalBytes } from '../values/decimal-layout.js';
import { fractionBytes } from '../values/fraction.js';
import { oldTemporalBytes } from '../values/old-temporal.js';

/**
 * How many bytes a value takes in a row image, told without looking into it: `n` from 0 on means
 * always n bytes, `-n` means n bytes of little-endian length and then so many bytes.
 *
 * `type` is needed for MariaDB's old temporal codes only, whose width TABLE_MAP does not tell.
 * Errors: `UNSUPPORTED` for a type whose values can't be read.
 * Source: MySQL 9.7 libs/mysql/binlog/event/binary_log_funcs.cpp, calc_field_size.
 */
export function imageWidth(logged: TableMapColumn, type: ColumnType | undefined): number {
  const { typeCode, metadata } = logged;
  switch (typeCode) {
    case columnCodes.null:
      return 0;
    case columnCodes.tiny:
    case columnCodes.year:
      return 1;
    case columnCodes.short:
      return 2;
    case columnCodes.int24:
    case columnCodes.date:
    case columnCodes.newdate:
      return 3;
    case columnCodes.long:
    case columnCodes.float:
      return 4;
    case columnCodes.longlong:
    case columnCodes.double:
      return 8;
    case columnCodes.timestamp:
      return oldTemporalBytes('timestamp', fractionDigits(type));
    case columnCodes.time:
      return oldTemporalBytes('time', fractionDigits(type));
    case columnCodes.datetime:
      return oldTemporalBytes('datetime', fractionDigits(type));
    case columnCodes.timestamp2:
      return 4 + fractionBytes(metadata);
    case columnCodes.datetime2:
      return 5 + fractionBytes(metadata);
    case columnCodes.time2:
      return 3 + fractionBytes(metadata);
    case columnCodes.newdecimal:
      return decimalBytes(metadata >> 8, metadata & 255);
    case columnCodes.bit:
      return (metadata + 7) >> 3;
    case columnCodes.enum:
    case columnCodes.set:
      return metadata;
    case columnCodes.string:
    case columnCodes.varString:
    case columnCodes.varchar:
    case columnCodes.varcharCompressed:
      return metadata > 255 ? -2 : -1;
    case columnCodes.tinyBlob:
    case columnCodes.mediumBlob:
    case columnCodes.longBlob:
    case columnCodes.blob:
    case columnCodes.blobCompressed:
    case columnCodes.geometry:
    case columnCodes.json:
    case columnCodes.vector:
      return -metadata;
    default:
      throw new FlashError(
        'UNSUPPORTED',
        `values of column type ${columnCodeName(typeCode)} can't be read`,
        {
          hint:
            'MySQL wrote this type before 5.0, or hides the column: rebuild the table ' +
            '(ALTER TABLE … FORCE) on a newer server.',
        },
      );
  }
}

function fractionDigits(type: ColumnType | undefined): number {
  return type !== undefined && 'fsp' in type ? type.fsp : 0;
}
