import { badValue, type AppendValue } from './append-value.js';
import { daysFromDate, isRealDate } from './calendar.js';
import type { ColumnBuffer } from '../columns/column-buffer.js';
import { readFraction, unitsPerSecond } from './fraction.js';
import { writeProduct } from './int64.js';
import type { ZeroDateSink } from './zero-date.js';

/**
 * Appends DATETIME (MySQL 5.6 and later) as seconds, milli- or microseconds since 1970, wall clock.
 *
 *     +------+-----------------+-------+--------+----------+----------+------------------+
 *     | sign | year * 13+month | day   | hour   | minute   | second   | fraction         |
 *     | 1 bit| 17 bits         | 5     | 5      | 6        | 6        | 0 to 3 bytes     |
 *     +------+-----------------+-------+--------+----------+----------+------------------+
 *
 * Big-endian; the sign bit is always 1.
 * Source: MySQL 9.7 mysys/my_time.cc, my_datetime_packed_from_binary.
 */
export function datetime2Appender(fsp: number, onZeroDate: ZeroDateSink): AppendValue {
  const units = unitsPerSecond(fsp);
  return (target, row, source, start, end) => {
    const top = source.view.getUint8(start);
    const low = source.view.getUint32(start + 1, false);
    if (top < 0x80) throw badValue('a DATETIME below zero');
    const yearMonth = ((top & 0x7f) << 10) | (low >>> 22);
    const year = (yearMonth / 13) | 0;
    const hour = (low >>> 12) & 31;
    const minute = (low >>> 6) & 63;
    const fraction = readFraction(source.view, start + 5, end, units);
    const seconds = secondOfDay(hour, minute, low & 63);
    const month = yearMonth - year * 13;
    const day = (low >>> 17) & 31;
    if (isRealDate(year, month, day)) {
      writeDatetime(target, row, daysFromDate(year, month, day) * 86400 + seconds, units, fraction);
    } else {
      onZeroDate(target, row, year, month, day);
    }
  };
}

/** Seconds since midnight. */
export function secondOfDay(hour: number, minute: number, second: number): number {
  if (hour > 23 || minute > 59 || second > 59) {
    throw badValue(`the time of day ${hour}:${minute}:${second}`);
  }
  return hour * 3600 + minute * 60 + second;
}

/** Writes an instant in Arrow's units. */
export function writeDatetime(
  target: ColumnBuffer,
  row: number,
  seconds: number,
  units: number,
  fraction: number,
): void {
  if (fraction >= units) throw badValue(`a fraction of ${fraction} of ${units}`);
  writeProduct(target.view, row * 8, seconds, units, fraction);
}
