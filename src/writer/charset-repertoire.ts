import { decodeText } from '../binlog/index.js';
import type { Column } from '../protocol/index.js';

/** What a charset can't hold of the text of all others. */
export type Repertoire =
  /** It holds every character. */
  | { kind: 'all' }
  /** Characters that the pattern, of the engine's RE2, finds become `?`. */
  | { kind: 'all-but'; pattern: string }
  /** It is only known that it holds ASCII. */
  | { kind: 'ascii' };

const known = new Map<string, Repertoire>();

/** Gives what a charset can hold. */
export function repertoireOf(charset: string): Repertoire {
  const found = known.get(charset) ?? findRepertoire(charset);
  known.set(charset, found);
  return found;
}

function findRepertoire(charset: string): Repertoire {
  switch (charset) {
    case 'utf8mb4':
    case 'utf16':
    case 'utf16le':
    case 'utf32':
    case 'gb18030':
      return { kind: 'all' };
    case 'utf8mb3':
    case 'ucs2':
      return { kind: 'all-but', pattern: '[\\x{10000}-\\x{10FFFF}]' };
    case 'ascii':
      return { kind: 'all-but', pattern: '[^\\x{0}-\\x{7F}]' };
    case 'big5':
    case 'cp932':
    case 'eucjpms':
    case 'euckr':
    case 'gb2312':
    case 'gbk':
    case 'sjis':
    case 'ujis':
      return { kind: 'ascii' };
    default:
      return { kind: 'all-but', pattern: singleBytePattern(charset) };
  }
}

/** Every byte of such a charset is a character: those are all that it has. */
function singleBytePattern(charset: string): string {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const codes = Array.from(decodeText(bytes, charset), (char) =>
    (char.codePointAt(0) ?? 0).toString(16).toUpperCase(),
  );
  return `[^${[...new Set(codes)].map((code) => `\\x{${code}}`).join('')}]`;
}

/**
 * Whether ASCII text is the same bytes in a charset; false for one that is not known, and for those of
 * two or four bytes a character.
 */
export function hasAsciiBytes(charset: string | undefined): boolean {
  return charset !== undefined && !/^(?:ucs2|utf16|utf16le|utf32)$/.test(charset);
}

/** Members of an ENUM or SET as its charset holds them: what it lacks, the server has made `?`. */
export function membersInCharset(column: Column, charset: string | undefined): Column {
  const { type } = column;
  if ((type.kind !== 'enum' && type.kind !== 'set') || charset === undefined) return column;
  if (charset === 'binary') return column;
  const repertoire = repertoireOf(charset);
  if (repertoire.kind !== 'all-but') return column;
  const lost = new RegExp(repertoire.pattern.replaceAll('\\x{', '\\u{'), 'gu');
  const members = type.members.map((member) => member.replace(lost, '?'));
  if (members.every((member, index) => member === type.members[index])) return column;
  const quoted = members.map((member) => `'${member.replaceAll("'", "''")}'`).join(',');
  return { ...column, type: { ...type, members }, mysqlType: `${type.kind}(${quoted})` };
}
