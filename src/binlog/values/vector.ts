import { badValue, type AppendValue } from './append-value.js';
import { appendBytes } from './text-bytes.js';

/**
 * Appends VECTOR: 32-bit floats, little-endian, as the items of a list.
 *
 * Source: MySQL 9.7 include/vector-common/vector_conversion.h.
 */
export const appendVector: AppendValue = (target, row, source, start, end) => {
  if ((end - start) % 4 !== 0) throw badValue(`a VECTOR of ${end - start} bytes`);
  appendBytes(target, row, source, start, end);
};
