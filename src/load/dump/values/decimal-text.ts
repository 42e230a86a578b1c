import { multiplyAdd, negate, writeSmallDecimal, type AppendValue } from '../../../binlog/index.js';
import { notOf } from './number-text.js';

const zero = 48;
const dot = 46;
const minus = 45;
const exactDigits = 15;

/**
 * Appends DECIMAL, as `-12.30`, as Arrow's unscaled integer of 128 bits, or of 256 from 39 digits.
 *
 * Errors: BINLOG_FORMAT for text that is no number of at most `precision` digits and `scale` after the point.
 */
export function decimalTextAppender(precision: number, scale: number): AppendValue {
  const words = precision > 38 ? 8 : 4;
  const number = new Uint32Array(8);
  return (target, row, source, start, end) => {
    const { bytes } = source;
    const negative = bytes[start] === minus;
    let at = negative ? start + 1 : start;
    // ZEROFILL.
    while (bytes[at] === zero && at + 1 < end) at++;
    number.fill(0);
    let group = 0;
    let groupFactor = 1;
    let digits = 0;
    let fraction = -1;
    let small = 0;
    const total = end - start;
    for (; at < end || (digits > 0 && Math.max(fraction, 0) < scale); at++) {
      // Digits that the text leaves out after the point are zeros.
      const byte = at < end ? (bytes[at] ?? 0) : fraction < 0 ? dot : zero;
      if (byte === dot && fraction < 0) {
        fraction = 0;
        continue;
      }
      const digit = byte - zero;
      if (digit < 0 || digit > 9) throw notOf('a decimal number', bytes, start, end);
      digits++;
      if (fraction >= 0) fraction++;
      small = small * 10 + digit;
      group = group * 10 + digit;
      groupFactor *= 10;
      if (groupFactor === 1e9) {
        multiplyAdd(number, words, groupFactor, group);
        group = 0;
        groupFactor = 1;
      }
    }
    if (
      digits === 0 ||
      fraction > scale ||
      digits - Math.max(fraction, 0) > Math.max(precision - scale, 1)
    ) {
      throw notOf(`a DECIMAL(${precision},${scale})`, bytes, start, end);
    }
    if (digits <= exactDigits && total > 0) {
      writeSmallDecimal(target.view, row * words * 4, words, small, negative);
      return;
    }
    if (groupFactor > 1) multiplyAdd(number, words, groupFactor, group);
    if (negative) negate(number, words);
    for (let i = 0; i < words; i++)
      target.view.setUint32((row * words + i) * 4, number[i] ?? 0, true);
  };
}
