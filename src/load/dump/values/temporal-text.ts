import {
  daysFromDate,
  isRealDate,
  secondOfDay,
  unitsPerSecond,
  writeDatetime,
  writeInt64,
  type AppendValue,
  type ZeroDateSink,
} from '../../../binlog/index.js';
import { notOf, readDigits } from './number-text.js';

const zero = 48;
const minus = 45;
const dot = 46;
const colon = 58;
const space = 32;

/** Appends DATE, as `2026-01-31`. */
export function dateTextAppender(onZeroDate: ZeroDateSink): AppendValue {
  return (target, row, { bytes }, start, end) => {
    const { year, month, day } = readDate(bytes, start, end, start + 10);
    if (isRealDate(year, month, day)) {
      target.view.setInt32(row * 4, daysFromDate(year, month, day), true);
    } else {
      onZeroDate(target, row, year, month, day);
    }
  };
}

/** Appends DATETIME or, where the dump's time zone is UTC, TIMESTAMP, as `2026-01-31 10:00:00.123`. */
export function datetimeTextAppender(fsp: number, onZeroDate: ZeroDateSink): AppendValue {
  const units = unitsPerSecond(fsp);
  return (target, row, { bytes }, start, end) => {
    const { year, month, day } = readDate(bytes, start, start + 10, start + 10);
    const clock = start + 11;
    const isWhole =
      bytes[start + 10] === space && bytes[clock + 2] === colon && bytes[clock + 5] === colon;
    const hour = readPair(bytes, clock);
    const minute = readPair(bytes, clock + 3);
    const second = readPair(bytes, clock + 6);
    const micros = readMicros(bytes, clock + 8, end);
    if (!isWhole || !(hour <= 23 && minute <= 59 && second <= 59 && micros >= 0)) {
      throw notOf('a date and time', bytes, start, end);
    }
    if (isRealDate(year, month, day)) {
      const seconds = daysFromDate(year, month, day) * 86400 + secondOfDay(hour, minute, second);
      const fraction = units === 1 ? 0 : units === 1000 ? Math.floor(micros / 1000) : micros;
      writeDatetime(target, row, seconds, units, fraction);
    } else {
      onZeroDate(target, row, year, month, day);
    }
  };
}

/** Appends TIME, as `-838:59:59.000000`, as microseconds. */
export const appendTimeText: AppendValue = (target, row, { bytes }, start, end) => {
  const negative = bytes[start] === minus;
  const first = negative ? start + 1 : start;
  const mark = bytes.indexOf(colon, first);
  const hours = readDigits(bytes, first, Math.min(mark, end));
  const minutes = readDigits(bytes, mark + 1, mark + 3);
  const seconds = readDigits(bytes, mark + 4, mark + 6);
  const micros = readMicros(bytes, mark + 6, end);
  const isWhole = mark > first && mark + 6 <= end && bytes[mark + 3] === colon;
  if (!isWhole || !(hours <= 838 && minutes <= 59 && seconds <= 59 && micros >= 0)) {
    throw notOf('a time', bytes, start, end);
  }
  const total = (hours * 3600 + minutes * 60 + seconds) * 1_000_000 + micros;
  writeInt64(target.view, row * 8, negative ? -total : total);
};

/** The parts of the date that was read last: one object for all, so that none is made for a value. */
const date = { year: 0, month: 0, day: 0 };

function readDate(bytes: Uint8Array, start: number, end: number, wanted: number): typeof date {
  date.year = readPair(bytes, start) * 100 + readPair(bytes, start + 2);
  date.month = readPair(bytes, start + 5);
  date.day = readPair(bytes, start + 8);
  const isWhole = end === wanted && bytes[start + 4] === minus && bytes[start + 7] === minus;
  if (!isWhole || Number.isNaN(date.year + date.month + date.day)) {
    throw notOf('a date', bytes, start, end);
  }
  return date;
}

/** The fraction of a second from its point on, in microseconds; 0 without one, NaN where it is none. */
function readMicros(bytes: Uint8Array, start: number, end: number): number {
  if (start === end) return 0;
  const digits = end - start - 1;
  if (bytes[start] !== dot || digits < 1 || digits > 6) return Number.NaN;
  return readDigits(bytes, start + 1, end) * (microsOfUnit[digits] ?? 0);
}

/** What a fraction of so many digits is multiplied with to get microseconds. */
const microsOfUnit = [0, 100_000, 10_000, 1_000, 100, 10, 1];

/** The number of two digits, NaN where they are none. */
function readPair(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] ?? 0) - zero;
  const ones = (bytes[at + 1] ?? 0) - zero;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}
