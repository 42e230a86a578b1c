import type { Transcoder } from './transcoder-type.js';
import { putCodePoint, replacement } from './utf8.js';

const codePointMax = 0x10_ffff;

/** UCS-2, big-endian. Surrogates are characters of their own here, as in servers before 8.0. */
export const ucs2Transcoder: Transcoder = (source, start, end, sink) => {
  sink.reserve((end - start) * 2);
  const target = sink.bytes;
  let at = sink.length;
  for (let from = start; from < end; from += 2) {
    const code =
      from + 1 < end ? ((source[from] ?? 0) << 8) | (source[from + 1] ?? 0) : replacement;
    at = putCodePoint(target, at, code);
  }
  sink.length = at;
};

/** UTF-16 of either byte order. A surrogate without its partner gives `?`. */
export function utf16Transcoder(littleEndian: boolean): Transcoder {
  const high = littleEndian ? 1 : 0;
  const low = 1 - high;
  return (source, start, end, sink) => {
    sink.reserve((end - start) * 2);
    const target = sink.bytes;
    let at = sink.length;
    for (let from = start; from < end; from += 2) {
      let code =
        from + 1 < end
          ? ((source[from + high] ?? 0) << 8) | (source[from + low] ?? 0)
          : replacement;
      if (code >= 0xd800 && code < 0xe000) {
        const next =
          from + 3 < end
            ? ((source[from + 2 + high] ?? 0) << 8) | (source[from + 2 + low] ?? 0)
            : 0;
        const isPair = code < 0xdc00 && next >= 0xdc00 && next < 0xe000;
        code = isPair ? 0x1_0000 + ((code - 0xd800) << 10) + (next - 0xdc00) : replacement;
        if (isPair) from += 2;
      }
      at = putCodePoint(target, at, code);
    }
    sink.length = at;
  };
}

/** UTF-32, big-endian. */
export const utf32Transcoder: Transcoder = (source, start, end, sink) => {
  sink.reserve(end - start + 1);
  const target = sink.bytes;
  let at = sink.length;
  for (let from = start; from < end; from += 4) {
    const code =
      (source[from] ?? 0) * 0x100_0000 +
      ((source[from + 1] ?? 0) << 16) +
      ((source[from + 2] ?? 0) << 8) +
      (source[from + 3] ?? 0);
    at = putCodePoint(target, at, from + 3 < end && code <= codePointMax ? code : replacement);
  }
  sink.length = at;
};
