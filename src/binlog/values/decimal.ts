import { badValue, type AppendValue } from './append-value.js';
import { decimalGroups } from './decimal-layout.js';

/** Words of Arrow's decimal256. */
const wordsMax = 8;

/**
 * Appends DECIMAL as Arrow's unscaled two's complement integer of 128 bits, or of 256 from 39 digits.
 *
 *     +---------------------------+-----------------+-----+------------------+
 *     | sign bit, inverted; group | group           | …   | group            |
 *     | of the leading digits     | 4 bytes: 9 digits     | trailing digits  |
 *     +---------------------------+-----------------+-----+------------------+
 *
 * Big-endian; all bits of a negative number are inverted.
 * Source: MySQL 9.7 strings/decimal.cc, bin2decimal.
 */
export function decimalAppender(precision: number, scale: number): AppendValue {
  const groups = decimalGroups(precision, scale);
  const groupBytes = Uint8Array.from(groups, (group) => group.bytes);
  const groupScales = Float64Array.from(groups, (group) => group.scale);
  const words = precision > 38 ? 8 : 4;
  const appendLarge = largeAppender(groupBytes, groupScales, words);
  return (target, row, source, start, end) => {
    const negative = (source.view.getUint8(start) & 0x80) === 0;
    let at = start;
    let value = 0;
    for (let i = 0; i < groupBytes.length; i++) {
      const bytes = groupBytes[i] ?? 0;
      const scale = groupScales[i] ?? 0;
      value = value * scale + readGroup(source.view, at, bytes, scale, at === start, negative);
      at += bytes;
    }
    // Up to here every step was exact. A sum that was rounded is larger.
    if (value <= Number.MAX_SAFE_INTEGER) {
      writeSmallDecimal(target.view, row * words * 4, words, value, negative);
    } else {
      appendLarge(target, row, source, start, end);
    }
  };
}

/** Writes an unscaled value that is a safe integer as a decimal of `words` words of 32 bits. */
export function writeSmallDecimal(
  view: DataView,
  to: number,
  words: number,
  value: number,
  negative: boolean,
): void {
  const high = Math.floor(value / 2 ** 32);
  const low = value - high * 2 ** 32;
  const isBelowZero = negative && value > 0;
  view.setInt32(to, isBelowZero ? -low : low, true);
  view.setInt32(to + 4, isBelowZero && low > 0 ? ~high : isBelowZero ? -high : high, true);
  for (let i = 2; i < words; i++) view.setInt32(to + i * 4, isBelowZero ? -1 : 0, true);
}

function largeAppender(
  groupBytes: Uint8Array,
  groupScales: Float64Array,
  words: number,
): AppendValue {
  const number = new Uint32Array(wordsMax);
  return (target, row, source, start) => {
    const negative = (source.view.getUint8(start) & 0x80) === 0;
    number.fill(0);
    let at = start;
    for (let i = 0; i < groupBytes.length; i++) {
      const bytes = groupBytes[i] ?? 0;
      const scale = groupScales[i] ?? 0;
      const group = readGroup(source.view, at, bytes, scale, at === start, negative);
      multiplyAdd(number, words, scale, group);
      at += bytes;
    }
    if (negative) negate(number, words);
    const to = row * words * 4;
    for (let i = 0; i < words; i++) target.view.setUint32(to + i * 4, number[i] ?? 0, true);
  };
}

function readGroup(
  view: DataView,
  start: number,
  bytes: number,
  scale: number,
  first: boolean,
  negative: boolean,
): number {
  let value = 0;
  for (let i = 0; i < bytes; i++) value = (value << 8) | view.getUint8(start + i);
  if (first) value ^= 0x80 << (bytes * 8 - 8);
  // Inverting all 32 bits sets those above the group too, so they are cut off again.
  if (negative) value = ~value & (0xffff_ffff >>> (32 - bytes * 8));
  value >>>= 0;
  if (value >= scale) throw badValue(`a group of DECIMAL digits with the value ${value}`);
  return value;
}

/** number = number * factor + addend, over 32-bit words, in halves so that each step is exact. */
export function multiplyAdd(
  number: Uint32Array,
  words: number,
  factor: number,
  addend: number,
): void {
  let carry = addend;
  for (let i = 0; i < words; i++) {
    const word = number[i] ?? 0;
    const low = (word & 0xffff) * factor + carry;
    const lowCarry = Math.floor(low / 65536);
    const high = (word >>> 16) * factor + lowCarry;
    carry = Math.floor(high / 65536);
    number[i] = (high - carry * 65536) * 65536 + (low - lowCarry * 65536);
  }
}

/** number = -number, in two's complement. */
export function negate(number: Uint32Array, words: number): void {
  let carry = 1;
  for (let i = 0; i < words; i++) {
    const inverted = ~(number[i] ?? 0) >>> 0;
    number[i] = inverted + carry;
    carry = carry === 1 && inverted === 0xffff_ffff ? 1 : 0;
  }
}
