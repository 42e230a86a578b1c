import { badValue, type AppendValue } from './append-value.js';
import { daysFromDate, isRealDate } from './calendar.js';
import { secondOfDay, writeDatetime } from './datetime.js';
import { unitsPerSecond } from './fraction.js';
import { readBigEndian, writeInt64 } from './int64.js';
import { timestampAppender } from './timestamp.js';
import type { ZeroDateSink } from './zero-date.js';

/**
 * The temporal forms that stand under the codes TIMESTAMP, TIME and DATETIME (7, 11, 12). MySQL
 * before 5.6 and MariaDB have decimal numbers there. MariaDB with mysql56_temporal_format=OFF puts
 * its own packed forms under the same codes, for columns with a fraction; the log does not tell
 * which, the column's precision does.
 */

/** Bytes of a MariaDB TIME(fsp) with fsp above 0, by fsp. */
const packedTimeBytes = [3, 4, 4, 5, 5, 5, 6] as const;
/** The same for DATETIME(fsp). */
const packedDatetimeBytes = [5, 6, 6, 7, 7, 7, 8] as const;
/** Bytes of the fraction of a MariaDB TIMESTAMP(fsp). */
const packedFractionBytes = [0, 1, 1, 2, 2, 3, 3] as const;

/** Bytes of an old TIME, TIMESTAMP or DATETIME. */
export function oldTemporalBytes(kind: 'time' | 'timestamp' | 'datetime', fsp: number): number {
  switch (kind) {
    case 'time':
      return packedTimeBytes[fsp] ?? 3;
    case 'timestamp':
      return 4 + (packedFractionBytes[fsp] ?? 0);
    case 'datetime':
      return fsp === 0 ? 8 : (packedDatetimeBytes[fsp] ?? 8);
  }
}

/**
 * Appends the old DATETIME: the decimal number YYYYMMDDhhmmss in eight bytes.
 *
 * Source: MySQL 5.5 sql/field.cc, Field_datetime::get_date.
 */
export function oldDatetimeAppender(onZeroDate: ZeroDateSink): AppendValue {
  return (target, row, source, start) => {
    const high = source.view.getUint32(start + 4, true);
    const digits = high * 2 ** 32 + source.view.getUint32(start, true);
    const date = Math.floor(digits / 1_000_000);
    const time = digits - date * 1_000_000;
    const seconds = secondOfDay(
      Math.floor(time / 10_000),
      Math.floor(time / 100) % 100,
      time % 100,
    );
    const year = Math.floor(date / 10_000);
    const month = Math.floor(date / 100) % 100;
    const day = date % 100;
    if (isRealDate(year, month, day)) {
      writeDatetime(target, row, daysFromDate(year, month, day) * 86400 + seconds, 1, 0);
    } else {
      onZeroDate(target, row, year, month, day);
    }
  };
}

/**
 * Appends MariaDB's packed DATETIME(fsp): all parts, down to units of 10^-fsp seconds, as one mixed-radix number,
 * big-endian: (((((year * 13 + month) * 32 + day) * 24 + hour) * 60 + minute) * 60 + second) …
 *
 * Source: MariaDB 10.11 sql/field.cc, Field_datetime_hires; sql-common/my_time.c, pack_time.
 */
export function packedDatetimeAppender(fsp: number, onZeroDate: ZeroDateSink): AppendValue {
  const perSecond = 10 ** fsp;
  const units = unitsPerSecond(fsp);
  const unitsPerTick = units / perSecond;
  return (target, row, source, start, end) => {
    // Eight bytes pass 2^53, so the upper ones are divided first.
    const high = readBigEndian(source.view, start, end - 4);
    const highSeconds = Math.floor(high / perSecond);
    const rest = (high - highSeconds * perSecond) * 2 ** 32 + source.view.getUint32(end - 4, false);
    const restSeconds = Math.floor(rest / perSecond);
    const ticks = rest - restSeconds * perSecond;
    const packed = highSeconds * 2 ** 32 + restSeconds;
    const days = Math.floor(packed / 86400);
    const yearMonth = Math.floor(days / 32);
    const year = Math.floor(yearMonth / 13);
    const month = yearMonth % 13;
    const day = days % 32;
    if (isRealDate(year, month, day)) {
      const seconds = daysFromDate(year, month, day) * 86400 + (packed - days * 86400);
      writeDatetime(target, row, seconds, units, Math.round(ticks * unitsPerTick));
    } else {
      onZeroDate(target, row, year, month, day);
    }
  };
}

/**
 * Appends MariaDB's packed TIMESTAMP(fsp): seconds, then a big-endian fraction in units of 10^-fsp.
 *
 * Source: MariaDB 10.11 sql/field.cc, Field_timestamp_hires.
 */
export function packedTimestampAppender(fsp: number, onZeroDate: ZeroDateSink): AppendValue {
  if (fsp === 0) return timestampAppender(0, true, onZeroDate);
  const units = unitsPerSecond(fsp);
  const unitsPerTick = units / 10 ** fsp;
  return (target, row, source, start, end) => {
    const seconds = source.view.getUint32(start, false);
    const ticks = readBigEndian(source.view, start + 4, end);
    if (seconds === 0 && ticks === 0) onZeroDate(target, row, 0, 0, 0);
    else writeDatetime(target, row, seconds, units, Math.round(ticks * unitsPerTick));
  };
}

/** One second more than the longest TIME: what MariaDB adds so that a packed TIME is never negative. */
const packedTimeZeroSeconds = 838 * 3600 + 59 * 60 + 59 + 1;

/**
 * Appends MariaDB's packed TIME(fsp): units of 10^-fsp seconds from a zero point, big-endian.
 *
 * Source: MariaDB 10.11 sql/field.cc, Field_time_hires::store_TIME.
 */
export function packedTimeAppender(fsp: number): AppendValue {
  const perSecond = 10 ** fsp;
  const zero = packedTimeZeroSeconds * perSecond;
  return (target, row, source, start, end) => {
    const ticks = readBigEndian(source.view, start, end) - zero;
    if (Math.abs(ticks) >= zero) throw badValue(`a TIME of ${ticks} units`);
    writeInt64(target.view, row * 8, Math.round((ticks * 1_000_000) / perSecond));
  };
}
