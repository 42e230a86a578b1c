import type { RowValue } from '../binlog/index.js';

/** Characters of a value that are given, at most: a key's, of up to 3,072 bytes, are always whole. */
const shownMaxChars = 8_192;

/** A value as text: bytes as `0x` and hex. Of a long one its beginning. Owns: a text of its own. */
export function shownValue(value: RowValue): { text: string | null; isCut: boolean } {
  if (value === null) return { text: null, isCut: false };
  if (value instanceof Uint8Array) {
    const shown = value.subarray(0, shownMaxChars / 2 - 1);
    return {
      text: `0x${Buffer.from(shown).toString('hex').toUpperCase()}`,
      isCut: shown.length < value.length,
    };
  }
  // As text -0 would be 0, and the two differ.
  if (Object.is(value, -0)) return { text: '-0', isCut: false };
  const text = Array.isArray(value) ? JSON.stringify(value) : String(value);
  if (text.length <= shownMaxChars) return { text, isCut: false };
  // Half of a surrogate pair would be no character. A slice alone would hold the whole text in memory.
  const whole = text.slice(0, shownMaxChars).replace(/[\uD800-\uDBFF]$/, '');
  return { text: Buffer.from(whole).toString(), isCut: true };
}
