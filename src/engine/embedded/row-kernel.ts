import type { RowKernel } from '../../protocol/index.js';
import { addressOf, type Bindings } from './bindings.js';

/** The decoder of rows in ch.so, which needs no engine. */
export function rowKernelOf({ crc32, rowsAppend, textRowsAppend }: Bindings): RowKernel {
  return {
    addressOf,
    crc32: (bytes) => crc32(bytes, bytes.length),
    append: (shared, rows, change) => rowsAppend(shared, rows, rows.length, change),
    appendText: (shared, packets, sequence) =>
      textRowsAppend(shared, packets, packets.length, sequence),
  };
}
