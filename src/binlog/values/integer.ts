import type { AppendValue } from './append-value.js';

/**
 * Appends integers: little-endian in the log and in Arrow, so they are copied; the sign is the
 * column's business. Only INT24 changes: its three bytes become four.
 *
 * Source: MySQL 9.7 sql/log_event.cc, log_event_print_value.
 */
export function integerAppender(bits: 8 | 16 | 24 | 32 | 64, unsigned: boolean): AppendValue {
  switch (bits) {
    case 8:
      return appendInt8;
    case 16:
      return appendInt16;
    case 24:
      return unsigned ? appendUint24 : appendInt24;
    case 32:
      return append4Bytes;
    case 64:
      return append8Bytes;
  }
}

/** Appends values of four bytes as they are. */
export const append4Bytes: AppendValue = (target, row, source, start) => {
  target.view.setInt32(row * 4, source.view.getInt32(start, true), true);
};

/** Appends values of eight bytes as they are. */
export const append8Bytes: AppendValue = (target, row, source, start) => {
  target.view.setInt32(row * 8, source.view.getInt32(start, true), true);
  target.view.setInt32(row * 8 + 4, source.view.getInt32(start + 4, true), true);
};

const appendInt8: AppendValue = (target, row, source, start) => {
  target.view.setInt8(row, source.view.getInt8(start));
};

const appendInt16: AppendValue = (target, row, source, start) => {
  target.view.setInt16(row * 2, source.view.getInt16(start, true), true);
};

const appendInt24: AppendValue = (target, row, source, start) => {
  const value = source.view.getUint16(start, true) | (source.view.getInt8(start + 2) << 16);
  target.view.setInt32(row * 4, value, true);
};

const appendUint24: AppendValue = (target, row, source, start) => {
  const value = source.view.getUint16(start, true) | (source.view.getUint8(start + 2) << 16);
  target.view.setInt32(row * 4, value, true);
};
