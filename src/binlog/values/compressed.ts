import { inflateRawSync, inflateSync } from 'node:zlib';
import { badValue, rowSource, type AppendValue } from './append-value.js';

/** A LONGBLOB's largest size is 4 GiB; what one column of a batch may hold is less. */
const valueMaxBytes = 2 ** 30;

/**
 * Appends values of MariaDB's COMPRESSED columns, through the decoder of the plain type.
 *
 *     +--------------------------------+--------------------+----------------+
 *     | algorithm . raw . size bytes   | uncompressed size  | zlib or raw    |
 *     | 4 bits      1     3            | big-endian         | deflate stream |
 *     +--------------------------------+--------------------+----------------+
 *
 * Algorithm 0 has the plain bytes after the first byte; 8 is zlib; an empty value has no byte at all.
 * Source: MariaDB 10.11 sql/field_comp.cc, compress_zlib and uncompress_zlib.
 */
export function compressedAppender(plain: AppendValue): AppendValue {
  return (target, row, source, start, end) => {
    if (start === end) {
      plain(target, row, source, start, end);
      return;
    }
    const first = source.view.getUint8(start);
    if (first === 0) {
      plain(target, row, source, start + 1, end);
      return;
    }
    const inflated = inflateValue(source.bytes.subarray(start, end));
    plain(target, row, rowSource(inflated), 0, inflated.length);
  };
}

function inflateValue(value: Uint8Array): Uint8Array {
  const first = value[0] ?? 0;
  const sizeBytes = first & 7;
  if (first >> 4 !== 8 || sizeBytes === 0 || sizeBytes > 4) {
    throw badValue(`a compressed value with the header ${first}`);
  }
  let size = 0;
  for (let i = 1; i <= sizeBytes; i++) size = size * 256 + (value[i] ?? 0);
  if (size > valueMaxBytes) throw badValue(`a compressed value of ${size} bytes`);
  const stream = value.subarray(1 + sizeBytes);
  const inflate = (first & 8) === 0 ? inflateSync : inflateRawSync;
  let inflated: Uint8Array;
  try {
    inflated = inflate(stream, { maxOutputLength: Math.max(1, size) });
  } catch (cause) {
    throw badValue(`a compressed value that can't be read (${String(cause)})`);
  }
  if (inflated.length !== size) throw badValue(`a compressed value of ${inflated.length} bytes`);
  return inflated;
}
