import type { AppendValue } from './append-value.js';
import { daysFromDate, isRealDate } from './calendar.js';
import type { ZeroDateSink } from './zero-date.js';

/**
 * Appends DATE as days since 1970-01-01.
 *
 *     +-------------------------+----------------+--------------+
 *     | year: 15 bits           | month: 4 bits  | day: 5 bits  |   3 bytes, little-endian
 *     +-------------------------+----------------+--------------+
 *
 * Source: MySQL 9.7 sql/field.cc, Field_newdate::get_date_internal.
 */
export function dateAppender(onZeroDate: ZeroDateSink): AppendValue {
  return (target, row, source, start) => {
    const packed = source.view.getUint16(start, true) | (source.view.getUint8(start + 2) << 16);
    const year = packed >> 9;
    const month = (packed >> 5) & 15;
    const day = packed & 31;
    if (isRealDate(year, month, day)) {
      target.view.setInt32(row * 4, daysFromDate(year, month, day), true);
    } else {
      onZeroDate(target, row, year, month, day);
    }
  };
}
