import { badValue, type AppendValue } from '../../../binlog/index.js';

/** Numbers as a dump has them, in ASCII, written into Arrow columns without an object a value. */

const zero = 48;
const dot = 46;
const minus = 45;
/** Up to so many digits a number is exact as a double. */
const exactDigits = 15;
/** All exact. A power that is worked out costs more than the digits of a number. */
const powersOf10 = Array.from({ length: exactDigits + 1 }, (_, power) => Number(`1e${power}`));

/**
 * Appends an integer of `bits` bits.
 *
 * Errors: BINLOG_FORMAT for text that is no such integer.
 */
export function integerTextAppender(bits: 8 | 16 | 24 | 32 | 64, unsigned: boolean): AppendValue {
  if (bits === 64) return unsigned ? appendUint64 : appendInt64;
  const min = unsigned ? 0 : -(2 ** (bits - 1));
  const max = unsigned ? 2 ** bits - 1 : 2 ** (bits - 1) - 1;
  return (target, row, source, start, end) => {
    const value = readInteger(source.bytes, start, end);
    if (!(value >= min && value <= max))
      throw notOf(`an integer of ${bits} bits`, source.bytes, start, end);
    if (bits === 8) target.view.setInt8(row, value);
    else if (bits === 16) target.view.setInt16(row * 2, value, true);
    else target.view.setInt32(row * 4, value | 0, true);
  };
}

const appendInt64: AppendValue = (target, row, source, start, end) => {
  writeInteger64(target.view, row * 8, source.bytes, start, end, false);
};

const appendUint64: AppendValue = (target, row, source, start, end) => {
  writeInteger64(target.view, row * 8, source.bytes, start, end, true);
};

/** In two parts of at most 11 and 9 digits, then by 16 bits: every step is exact. */
function writeInteger64(
  view: DataView,
  to: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  unsigned: boolean,
): void {
  const negative = bytes[start] === minus;
  const first = negative ? start + 1 : start;
  const split = Math.max(first, end - 9);
  const top = split === first ? 0 : readDigits(bytes, first, split);
  const rest = readDigits(bytes, split, end);
  if (Number.isNaN(top) || Number.isNaN(rest) || top >= 2 ** 35 || first === end) {
    throw notOf('an integer of 64 bits', bytes, start, end);
  }
  const topHigh = Math.floor(top / 65536);
  const lower = (top - topHigh * 65536) * 1e9 + rest;
  const carry = Math.floor(lower / 65536);
  const upper = topHigh * 1e9 + carry;
  const high = Math.floor(upper / 65536);
  const low = (upper - high * 65536) * 65536 + (lower - carry * 65536);
  const isInRange = unsigned
    ? high < 2 ** 32 && (!negative || (high === 0 && low === 0))
    : high < 2 ** 31 || (negative && high === 2 ** 31 && low === 0);
  if (!isInRange) throw notOf('an integer of 64 bits', bytes, start, end);
  view.setInt32(to, negative ? -low | 0 : low | 0, true);
  view.setInt32(to + 4, negative ? (low === 0 ? -high | 0 : ~high) : high | 0, true);
}

/** Appends YEAR. */
export const appendYearText: AppendValue = (target, row, source, start, end) => {
  const value = readInteger(source.bytes, start, end);
  if (!(value >= 0 && value <= 2155)) throw notOf('a year', source.bytes, start, end);
  target.view.setUint16(row * 2, value, true);
};

/** Appends FLOAT or DOUBLE: the nearest value to the text. */
export function floatTextAppender(bits: 32 | 64): AppendValue {
  return (target, row, source, start, end) => {
    const value = readFloat(source.bytes, start, end);
    if (!Number.isFinite(value)) throw notOf('a number', source.bytes, start, end);
    if (bits === 32) target.view.setFloat32(row * 4, value, true);
    else target.view.setFloat64(row * 8, value, true);
  };
}

/** NaN where it is no number. */
function readFloat(bytes: Uint8Array, start: number, end: number): number {
  const negative = bytes[start] === minus;
  let value = 0;
  let digits = 0;
  let scale = -1;
  for (let at = negative ? start + 1 : start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === dot && scale < 0) {
      scale = 0;
      continue;
    }
    const digit = byte - zero;
    if (digit < 0 || digit > 9 || digits === exactDigits) return slowFloat(bytes, start, end);
    value = value * 10 + digit;
    digits++;
    if (scale >= 0) scale++;
  }
  if (digits === 0) return Number.NaN;
  // Both are exact doubles, so that the quotient is rounded once.
  const magnitude = scale > 0 ? value / (powersOf10[scale] ?? Number.NaN) : value;
  return negative ? -magnitude : magnitude;
}

function slowFloat(bytes: Uint8Array, start: number, end: number): number {
  const text = textOf(bytes, start, end);
  return /^-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

function readInteger(bytes: Uint8Array, start: number, end: number): number {
  const negative = bytes[start] === minus;
  const value = readDigits(bytes, negative ? start + 1 : start, end);
  return negative ? -value : value;
}

/** The number of a run of digits, NaN where there is anything else. Exact up to 15 digits. */
export function readDigits(bytes: Uint8Array, start: number, end: number): number {
  let value = start < end ? 0 : Number.NaN;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] ?? 0) - zero;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** The error for text that is no value of its column's type. */
export function notOf(
  what: string,
  bytes: Uint8Array,
  start: number,
  end: number,
): ReturnType<typeof badValue> {
  return badValue(
    `${JSON.stringify(textOf(bytes, start, Math.min(end, start + 80)))} is not ${what}`,
  );
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.subarray(start, end)).toString('latin1');
}
