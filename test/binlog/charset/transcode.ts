import { createTranscoder } from '../../../src/binlog/charset/transcoder.js';
import { ByteSink } from '../../../src/binlog/columns/byte-sink.js';

/** The UTF-8 bytes that a charset's transcoder makes of bytes. */
export function transcode(charset: string, bytes: Uint8Array): Buffer {
  const transcoder = createTranscoder(charset);
  if (transcoder === 'copy') return Buffer.from(bytes);
  const sink = new ByteSink();
  transcoder(bytes, 0, bytes.length, sink);
  return Buffer.from(sink.bytes.subarray(0, sink.length));
}
