import { FlashError } from '../../protocol/index.js';
import { gb18030Transcoder } from './gb18030.js';
import { multiByteTables, multiByteTranscoder } from './multi-byte.js';
import { singleByteTables } from './single-byte-tables.js';
import { singleByteTranscoder } from './single-byte.js';
import type { Transcoder } from './transcoder-type.js';
import { ucs2Transcoder, utf16Transcoder, utf32Transcoder } from './unicode.js';

const made = new Map<string, Transcoder>();

/**
 * How text of a charset becomes UTF-8: a function, or `copy` where its bytes are UTF-8 (or no text)
 * already.
 *
 * Shape: the result is what the source's `SELECT` shows to a utf8mb4 client, byte by byte: the
 * server's own tables, and `?` for a code that has no character and for each byte that is part of no
 * code. A lone surrogate, which servers before 8.0 let into ucs2 and utf32 columns, comes out as
 * three bytes, as from them.
 * Errors: `UNSUPPORTED` for a charset that no MySQL or MariaDB server brings. The function never
 * throws but `MEMORY` of a full sink, and needs at most four bytes of room for each byte read.
 */
export function createTranscoder(charset: string): Transcoder | 'copy' {
  switch (charset) {
    case 'utf8':
    case 'utf8mb3':
    case 'utf8mb4':
    case 'binary':
      return 'copy';
    default: {
      const known = made.get(charset);
      if (known !== undefined) return known;
      const transcoder = makeTranscoder(charset);
      made.set(charset, transcoder);
      return transcoder;
    }
  }
}

/** Whether each byte of a charset's text is a character by itself. */
export function isSingleByteCharset(charset: string): boolean {
  return Object.hasOwn(singleByteTables, charset);
}

function makeTranscoder(charset: string): Transcoder {
  switch (charset) {
    case 'ucs2':
      return ucs2Transcoder;
    case 'utf16':
      return utf16Transcoder(false);
    case 'utf16le':
      return utf16Transcoder(true);
    case 'utf32':
      return utf32Transcoder;
    case 'gb18030':
      return gb18030Transcoder();
  }
  const characters = Object.hasOwn(singleByteTables, charset)
    ? singleByteTables[charset]
    : undefined;
  if (characters !== undefined) return singleByteTranscoder(characters);
  const packed = Object.hasOwn(multiByteTables, charset) ? multiByteTables[charset] : undefined;
  if (packed !== undefined) return multiByteTranscoder(packed);
  throw new FlashError('UNSUPPORTED', `text of charset ${charset} can't be turned into UTF-8`, {
    hint: 'Convert the column to utf8mb4 on the source, or exclude the table.',
  });
}
