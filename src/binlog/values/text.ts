import { createTranscoder } from '../charset/index.js';
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
  return (target, row, source, start, end) => {
    transcode(source.bytes, start, end, target.data);
    target.endValue(row);
  };
}
