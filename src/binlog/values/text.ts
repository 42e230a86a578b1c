import { createTranscoder, type Transcoder } from '../charset/index.js';
import { ByteSink } from '../columns/byte-sink.js';
import type { AppendValue } from './append-value.js';
import { appendBytes } from './text-bytes.js';

/**
 * How text of a MySQL charset is appended as UTF-8.
 *
 * Errors: `UNSUPPORTED` for a charset that is not known.
 */
export function textAppender(charset: string): AppendValue {
  const transcode = createTranscoder(charset);
  if (transcode === 'copy') return appendBytes;
  if (!keepsAscii(transcode)) {
    return (target, row, source, start, end) => {
      transcode(source.bytes, start, end, target.data);
      target.endValue(row);
    };
  }
  return (target, row, source, start, end) => {
    const rest = target.data.writeAsciiRun(source.view, start, end);
    if (rest < end) transcode(source.bytes, rest, end, target.data);
    target.endValue(row);
  };
}

const ascii = Uint8Array.from({ length: 128 }, (_, byte) => byte);

/** Whether bytes below 128 at the start of a text are its characters in UTF-8 too. */
function keepsAscii(transcode: Transcoder): boolean {
  const sink = new ByteSink(256);
  transcode(ascii, 0, ascii.length, sink);
  return sink.length === ascii.length && ascii.every((byte) => sink.bytes[byte] === byte);
}
