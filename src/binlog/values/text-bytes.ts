import { badValue, type AppendValue } from './append-value.js';

/** Appends bytes as they are: binary strings, and text that is UTF-8 in the log. */
export const appendBytes: AppendValue = (target, row, source, start, end) => {
  target.data.writeViewed(source.bytes, source.view, start, end);
  target.endValue(row);
};

/**
 * Appends BINARY(n), whose trailing zero bytes the log leaves out, padded to n again.
 *
 * Source: MySQL 9.7 sql/field.cc, Field_string::pack.
 */
export function fixedBytesAppender(length: number): AppendValue {
  return (target, row, source, start, end) => {
    const missing = length - (end - start);
    if (missing < 0) throw badValue(`a BINARY(${length}) of ${end - start} bytes`);
    const data = target.data;
    data.reserve(length);
    data.writeViewed(source.bytes, source.view, start, end);
    data.bytes.fill(0, data.length, data.length + missing);
    data.length += missing;
    target.endValue(row);
  };
}
