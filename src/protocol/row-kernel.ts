/**
 * Appends rows of binary logs, and of answers of servers, to Arrow buffers outside JavaScript. What it is given, and what it gives
 * back, is the decoder's business (`src/binlog/rows/row-kernel.ts`) and that of native/src/binlog; the
 * port only carries it.
 */
export interface RowKernel {
  /** The address of a buffer's first byte, which holds as long as the buffer is reachable. */
  addressOf(bytes: ArrayBufferView): number;

  /** zlib's CRC32. */
  crc32: (bytes: Uint8Array) => number;

  /** tf_rows_append. */
  append(shared: Float64Array, rows: Uint8Array, change: number): number;

  /** tf_text_rows_append. */
  appendText(shared: Float64Array, packets: Uint8Array, sequence: number): number;
}
