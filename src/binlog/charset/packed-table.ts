import { inflateRawSync } from 'node:zlib';

/**
 * Unpacks a table of code points that scripts/generate-charsets.ts wrote.
 *
 * Shape: Base64 of deflated numbers of 7 bits a byte, lowest first; each is how far a code point lies
 * from the one before it plus 1, with the sign in the lowest bit. So a run of ascending characters
 * is a run of zeros. Code point 0 stands for bytes that are no code.
 */
export function unpackTable(packed: string): Uint16Array {
  const bytes = inflateRawSync(Buffer.from(packed, 'base64'));
  const table = new Uint16Array(bytes.length);
  let count = 0;
  let expected = 0;
  for (let at = 0; at < bytes.length;) {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    const code = expected + (value & 1 ? -((value + 1) >> 1) : value >> 1);
    table[count++] = code;
    expected = code + 1;
  }
  return table.slice(0, count);
}
