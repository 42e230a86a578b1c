import { type AppendValue } from './append-value.js';
import { readBigEndian } from './int64.js';

/**
 * Appends BIT(n): (n + 7) / 8 bytes, big-endian, as an unsigned 64-bit integer.
 *
 * Source: MySQL 9.7 sql/field.cc, Field_bit::pack.
 */
export const appendBit: AppendValue = (target, row, source, start, end) => {
  const split = Math.max(start, end - 4);
  target.view.setInt32(row * 8, readBigEndian(source.view, split, end), true);
  target.view.setInt32(row * 8 + 4, readBigEndian(source.view, start, split), true);
};

/** Appends YEAR: one byte from 1900 on, where 0 is the year 0000. */
export const appendYear: AppendValue = (target, row, source, start) => {
  const byte = source.view.getUint8(start);
  target.view.setUint16(row * 2, byte === 0 ? 0 : byte + 1900, true);
};
