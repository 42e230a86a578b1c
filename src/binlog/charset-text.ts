import { decodeUtf8 } from './byte-reader.js';
import { charsetOfCollationNumber, decodeText } from './charset/index.js';

/** A statement or name in the charset of `collation` as text; UTF-8 where the log does not say. */
export function decodeName(bytes: Uint8Array, collation: number | undefined): string {
  const charset = charsetOfCollation(collation);
  return charset === undefined || charset.startsWith('utf8')
    ? decodeUtf8(bytes)
    : decodeText(bytes, charset);
}

/** The charset that a collation number belongs to; undefined for an unknown one. */
export function charsetOfCollation(collation: number | undefined): string | undefined {
  return collation === undefined ? undefined : charsetOfCollationNumber(collation);
}
