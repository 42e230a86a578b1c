import { ByteSink } from '../columns/byte-sink.js';
import { createTranscoder } from './transcoder.js';

/**
 * Text of a charset as a string: a statement, a name, a member of an ENUM. Not for column values,
 * which stay bytes.
 *
 * Shape: bytes that are no UTF-8 where UTF-8 is expected become U+FFFD.
 * Errors: `UNSUPPORTED` as `createTranscoder`.
 */
export function decodeText(bytes: Uint8Array, charset: string): string {
  const transcoder = createTranscoder(charset);
  if (transcoder === 'copy') return utf8Text(bytes);
  const sink = new ByteSink();
  transcoder(bytes, 0, bytes.length, sink);
  return utf8Text(sink.bytes.subarray(0, sink.length));
}

function utf8Text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}
