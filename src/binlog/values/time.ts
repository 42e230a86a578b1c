import { badValue, type AppendValue } from './append-value.js';
import { fractionBytes, fractionMicros } from './fraction.js';
import { readBigEndian, writeInt64 } from './int64.js';

/**
 * Appends TIME (MySQL 5.6 and later) as signed microseconds.
 *
 *     +------+--------+---------+---------+---------+------------------+
 *     | sign | unused | hour    | minute  | second  | fraction         |
 *     | 1 bit| 1      | 10 bits | 6       | 6       | 0 to 3 bytes     |
 *     +------+--------+---------+---------+---------+------------------+
 *
 * Big-endian, as one number, with the middle of its range standing for zero: a negative time is that
 * far below it, its fraction included.
 * Source: MySQL 9.7 mysys/my_time.cc, my_time_packed_from_binary.
 */
export function time2Appender(fsp: number): AppendValue {
  const bytes = fractionBytes(fsp);
  const zero = 2 ** (8 * (3 + bytes) - 1);
  const fractionRange = 256 ** bytes;
  const microsPerUnit = fractionMicros(bytes);
  return (target, row, source, start, end) => {
    const packed = readBigEndian(source.view, start, end) - zero;
    const magnitude = Math.abs(packed);
    const whole = Math.floor(magnitude / fractionRange);
    const fraction = bytes === 0 ? 0 : magnitude - whole * fractionRange;
    const seconds = secondsOfTime(whole >> 12, (whole >> 6) & 63, whole & 63);
    const micros = seconds * 1_000_000 + fraction * microsPerUnit;
    writeInt64(target.view, row * 8, packed < 0 ? -micros : micros);
  };
}

/**
 * Appends TIME in the form before MySQL 5.6: the decimal number HHMMSS, signed, in three bytes.
 *
 * Source: MySQL 5.5 sql/field.cc, Field_time::get_time.
 */
export const appendOldTime: AppendValue = (target, row, source, start) => {
  const packed = source.view.getUint16(start, true) | (source.view.getInt8(start + 2) << 16);
  const digits = Math.abs(packed);
  const seconds = secondsOfTime(
    Math.floor(digits / 10_000),
    Math.floor(digits / 100) % 100,
    digits % 100,
  );
  writeInt64(target.view, row * 8, (packed < 0 ? -seconds : seconds) * 1_000_000);
};

/** Seconds of a TIME, which may pass a day. */
function secondsOfTime(hour: number, minute: number, second: number): number {
  if (hour > 838 || minute > 59 || second > 59)
    throw badValue(`the TIME ${hour}:${minute}:${second}`);
  return hour * 3600 + minute * 60 + second;
}
