/** What stands for a byte or code without a character, as in a server's SELECT. */
export const replacement = 0x3f;

/** Puts the UTF-8 bytes of a code point at `target[at]`; gives where the next one goes. */
export function putCodePoint(target: Uint8Array, at: number, code: number): number {
  if (code < 0x80) {
    target[at] = code;
    return at + 1;
  }
  if (code < 0x800) {
    target[at] = 0xc0 | (code >> 6);
    target[at + 1] = 0x80 | (code & 63);
    return at + 2;
  }
  if (code < 0x1_0000) {
    target[at] = 0xe0 | (code >> 12);
    target[at + 1] = 0x80 | ((code >> 6) & 63);
    target[at + 2] = 0x80 | (code & 63);
    return at + 3;
  }
  target[at] = 0xf0 | (code >> 18);
  target[at + 1] = 0x80 | ((code >> 12) & 63);
  target[at + 2] = 0x80 | ((code >> 6) & 63);
  target[at + 3] = 0x80 | (code & 63);
  return at + 4;
}
