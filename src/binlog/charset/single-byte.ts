import type { Transcoder } from './transcoder-type.js';
import { putCodePoint } from './utf8.js';

/**
 * A transcoder for a charset of one byte a character.
 *
 * Shape: `characters` are those of bytes 0x80 to 0xFF, or of all 256.
 */
export function singleByteTranscoder(characters: string): Transcoder {
  const encoded = encodeAll(characters);
  return (source, start, end, sink) => {
    sink.reserve((end - start) * 3);
    const target = sink.bytes;
    let at = sink.length;
    for (let from = start; from < end; from++) {
      const bytes = encoded[source[from] ?? 0] ?? 0;
      if (bytes > 0xff) {
        if (bytes > 0xffff) target[at++] = bytes >> 16;
        target[at++] = bytes >> 8;
      }
      target[at++] = bytes;
    }
    sink.length = at;
  };
}

/** The UTF-8 bytes of each byte's character as one number, the first byte highest. */
function encodeAll(characters: string): Uint32Array {
  const encoded = new Uint32Array(256);
  const first = 256 - characters.length;
  const bytes = new Uint8Array(4);
  for (let byte = 0; byte < 256; byte++) {
    const code = byte < first ? byte : characters.charCodeAt(byte - first);
    const size = putCodePoint(bytes, 0, code);
    let value = 0;
    for (const part of bytes.subarray(0, size)) value = value * 256 + part;
    encoded[byte] = value;
  }
  return encoded;
}
