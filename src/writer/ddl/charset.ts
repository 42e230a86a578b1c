/** MySQL's name of a charset, in lower case; `utf8` is what it has always meant, utf8mb3. */
export function charsetName(name: string): string {
  const lower = name.toLowerCase();
  return lower === 'utf8' ? 'utf8mb3' : lower;
}

/**
 * Gives the charset that a collation belongs to, or undefined for MariaDB's collations that fit
 * several (`uca1400_ai_ci`): the charset then stands elsewhere.
 */
export function charsetOfCollation(collation: string): string | undefined {
  const lower = collation.toLowerCase();
  if (lower.startsWith('uca1400')) return undefined;
  return charsetName(lower.split('_')[0] ?? lower);
}

const longestCharacters: Readonly<Record<string, number>> = {
  big5: 2,
  cp932: 2,
  eucjpms: 3,
  euckr: 2,
  gb18030: 4,
  gb2312: 2,
  gbk: 2,
  sjis: 2,
  ucs2: 2,
  ujis: 3,
  utf16: 4,
  utf16le: 4,
  utf32: 4,
  utf8mb3: 3,
  utf8mb4: 4,
};

/** Bytes of the longest character of a charset (mbmaxlen). Source: SHOW CHARACTER SET, Maxlen. */
export function longestCharacterBytes(charset: string): number {
  return longestCharacters[charset] ?? 1;
}
