import type { ByteSink } from '../columns/byte-sink.js';
import { jsonFormatError } from './json-layout.js';
import { writeInteger, writePadded } from './json-number.js';

/** Bytes that hold 0 to 9 decimal digits. MySQL strings/decimal.cc, dig2bytes. */
const digitBytes = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4];
/** A value is stored in whole groups before the point: nine groups of nine digits. */
const precisionMax = 81;

/**
 * Appends the decimal of an opaque JSON value as text.
 *
 * ```text
 *  ┌───────────┬───────┬──────────────────────────┬──────────────────────────┐
 *  │ precision │ scale │ digits before the point  │ digits after the point  │
 *  │ 1         │ 1     │ 0-9 digits, then groups  │ groups of 9 digits, then │
 *  │           │       │ of 9 digits in 4 bytes   │ 0-9 digits               │
 *  └───────────┴───────┴──────────────────────────┴──────────────────────────┘
 * ```
 * Big-endian; the first digit byte's top bit is 1 for a number ≥ 0; a negative one has all bits
 * turned round.
 *
 * Errors: `BINLOG_FORMAT` when precision, scale, length or a group of digits can't be.
 * Source: MySQL 9.7 strings/decimal.cc, bin2decimal and decimal2string.
 */
export function writeJsonDecimal(
  source: Uint8Array,
  start: number,
  end: number,
  sink: ByteSink,
): void {
  const precision = source[start] ?? 0;
  const scale = source[start + 1] ?? 0;
  const whole = precision - scale;
  if (end - start < 3 || precision > precisionMax || scale > precision) {
    throw jsonFormatError('a decimal of impossible precision');
  }
  const size = sizeOf(whole) + sizeOf(scale);
  if (size !== end - start - 2) throw jsonFormatError('a decimal has the wrong length');

  const reader = new DigitReader(source, start + 2);
  if (reader.negative) sink.writeByte(0x2d);
  writeWhole(reader, whole, sink);
  if (scale === 0) return;
  sink.writeByte(0x2e);
  for (let left = scale; left > 0; left -= 9) {
    const digits = Math.min(9, left);
    writePadded(reader.read(digits), digits, sink);
  }
}

function writeWhole(reader: DigitReader, digits: number, sink: ByteSink): void {
  let isStarted = false;
  const leading = digits % 9;
  for (let left = digits; left > 0;) {
    const count = left === digits && leading > 0 ? leading : 9;
    const value = reader.read(count);
    if (isStarted) writePadded(value, 9, sink);
    else if (value > 0) writeInteger(value, sink);
    isStarted ||= value > 0;
    left -= count;
  }
  if (!isStarted) sink.writeByte(0x30);
}

function sizeOf(digits: number): number {
  return Math.floor(digits / 9) * 4 + (digitBytes[digits % 9] ?? 0);
}

/** Takes groups of digits off a binary decimal. */
class DigitReader {
  readonly negative: boolean;
  private readonly source: Uint8Array;
  private readonly mask: number;
  private readonly first: number;
  private at: number;

  constructor(source: Uint8Array, start: number) {
    this.source = source;
    this.first = start;
    this.at = start;
    this.negative = ((source[start] ?? 0) & 0x80) === 0;
    this.mask = this.negative ? 0xff : 0;
  }

  read(digits: number): number {
    const end = this.at + (digitBytes[digits] ?? 0);
    let value = 0;
    for (; this.at < end; this.at++) {
      const byte = (this.source[this.at] ?? 0) ^ this.mask ^ (this.at === this.first ? 0x80 : 0);
      value = value * 256 + byte;
    }
    if (value >= 10 ** digits) throw jsonFormatError('a decimal holds a digit above 9');
    return value;
  }
}
