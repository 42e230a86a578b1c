import type { RowDataPacket } from 'mysql2/promise';
import type { Server } from '../../servers/index.js';

export const singleByteCharsets: readonly string[] = [
  ...['armscii8', 'ascii', 'cp1250', 'cp1251', 'cp1256', 'cp1257', 'cp850', 'cp852', 'cp866'],
  ...['dec8', 'geostd8', 'greek', 'hebrew', 'hp8', 'keybcs2', 'koi8r', 'koi8u', 'latin1', 'latin2'],
  ...['latin5', 'latin7', 'macce', 'macroman', 'swe7', 'tis620'],
];

export const multiByteCharsets: readonly string[] = [
  ...['big5', 'cp932', 'eucjpms', 'euckr', 'gb18030', 'gb2312', 'gbk', 'sjis', 'ujis'],
];

export const unicodeCharsets: readonly string[] = ['ucs2', 'utf16', 'utf16le', 'utf32'];

const rowsAtOnce = 8000;

export function oneByteCodes(): Buffer[] {
  return Array.from({ length: 256 }, (_, byte) => Buffer.of(byte));
}

/** All codes of a charset that a server is to be asked for. */
export function codesOf(charset: string): Buffer[] {
  if (/^(?:ucs2|utf16|utf16le|utf32)$/.test(charset)) return unicodeCodes(charset);
  if (singleByteCharsets.includes(charset)) return oneByteCodes();
  const codes = [...oneByteCodes(), ...twoByteCodes()];
  if (charset === 'ujis' || charset === 'eucjpms') codes.push(...threeByteCodes());
  if (charset === 'gb18030') codes.push(...fourByteCodes(), ...supplementaryCodes());
  return codes;
}

/** 0x8000 to 0xFFFF. */
export function twoByteCodes(): Buffer[] {
  return Array.from({ length: 0x8000 }, (_, code) => Buffer.of(0x80 + (code >> 8), code & 255));
}

/** 0x8F8000 to 0x8FFFFF: the third JIS plane of the EUC charsets. */
export function threeByteCodes(): Buffer[] {
  return Array.from({ length: 0x8000 }, (_, code) =>
    Buffer.of(0x8f, 0x80 + (code >> 8), code & 255),
  );
}

/** The four-byte codes of GB 18030 below U+10000, 81308130 to 8431A439. */
export function fourByteCodes(): Buffer[] {
  return Array.from({ length: 39_420 }, (_, code) => gb18030Code(code));
}

/** Every 251st four-byte code of GB 18030 from U+10000 on, and some around their ends. */
function supplementaryCodes(): Buffer[] {
  const codes: Buffer[] = [];
  for (let code = 189_000; code < 189_000 + 0x10_0000; code += 251) codes.push(gb18030Code(code));
  return [...codes, ...[39_420, 188_999, 1_237_575, 1_237_576, 1_587_599].map(gb18030Code)];
}

/** The four-byte code of GB 18030 with a number, counted from 81308130. */
function gb18030Code(code: number): Buffer {
  return Buffer.of(
    0x81 + Math.floor(code / 12_600),
    0x30 + (Math.floor(code / 1260) % 10),
    0x81 + (Math.floor(code / 10) % 126),
    0x30 + (code % 10),
  );
}

/** UCS-2 code units, UTF-16 and UTF-32 of the basic plane and of a part of the others. */
function unicodeCodes(charset: string): Buffer[] {
  const points: number[] = [];
  for (let point = 0; point < 0x1_0000; point++) points.push(point);
  if (charset !== 'ucs2')
    for (let point = 0x1_0000; point < 0x11_0000; point += 251) points.push(point);
  return points.map((point) => unicodeCode(charset, point));
}

function unicodeCode(charset: string, point: number): Buffer {
  if (charset === 'utf32') return Buffer.of(0, point >> 16, (point >> 8) & 255, point & 255);
  const littleEndian =
    point < 0x1_0000
      ? Buffer.of(point & 255, point >> 8)
      : Buffer.from(String.fromCodePoint(point), 'utf16le');
  return charset === 'utf16le' ? littleEndian : littleEndian.swap16();
}

/**
 * Asks a server for the Unicode character of each code, alone in a string.
 *
 * Shape: a code point; `?` for a code that is well formed but has no character; 0 for bytes that are
 * not one code of the charset. Undefined where the server lacks the charset.
 */
export async function askCodes(
  server: Server,
  charset: string,
  codes: readonly Buffer[],
): Promise<number[] | undefined> {
  if (!(await knowsCharset(server, charset))) return undefined;
  await fillCodes(server, codes);
  const texts = await server.query(
    `SELECT HEX(CONVERT(CONVERT(b USING ${charset}) USING utf8mb4)) h FROM codes.c ORDER BY n`,
  );
  return texts.map(({ h }) => (typeof h === 'string' ? onlyCodePoint(h) : 0));
}

/** Text as a column holds it, and as the server's SELECT shows it to a utf8mb4 client. */
export interface StoredText {
  bytes: Buffer;
  utf8: Buffer;
}

/**
 * Stores each code that the server takes in a column of the charset, and reads the column back: one
 * text a code, and one of all codes in random order.
 */
export async function storeCodes(
  server: Server,
  charset: string,
  codes: readonly Buffer[],
): Promise<StoredText[]> {
  await fillCodes(server, codes);
  await server.query(
    `SET SESSION sql_mode = '', SESSION group_concat_max_len = 100000000;
     DROP TABLE IF EXISTS codes.t;
     CREATE TABLE codes.t (n INT PRIMARY KEY, x LONGTEXT CHARACTER SET ${charset}) ENGINE=MyISAM;
     INSERT INTO codes.t SELECT n, CONVERT(b USING ${charset}) FROM codes.c WHERE CONVERT(b USING ${charset}) <> '';
     INSERT INTO codes.t SELECT -1, GROUP_CONCAT(x ORDER BY RAND(7) SEPARATOR '') FROM codes.t`,
  );
  // The text as it comes over the wire: CONVERT() would give NULL for lone surrogates in 9.7.
  const [rows] = await server.connection.query<RowDataPacket[]>({
    sql: 'SELECT CAST(x AS BINARY) bytes, x utf8 FROM codes.t ORDER BY n',
    typeCast: (field) => field.buffer(),
  });
  return rows.map(({ bytes, utf8 }) => ({ bytes: toBuffer(bytes), utf8: toBuffer(utf8) }));
}

function toBuffer(value: unknown): Buffer {
  if (!Buffer.isBuffer(value)) throw new Error('the server gave no text');
  return value;
}

export async function knowsCharset(server: Server, charset: string): Promise<boolean> {
  const known = await server.query(`SHOW CHARACTER SET LIKE '${charset}'`);
  return known.length > 0;
}

async function fillCodes(server: Server, codes: readonly Buffer[]): Promise<void> {
  await server.query(
    `CREATE DATABASE IF NOT EXISTS codes;
     CREATE TABLE IF NOT EXISTS codes.c (n INT PRIMARY KEY, b VARBINARY(4)) ENGINE=MyISAM;
     TRUNCATE codes.c`,
  );
  for (let first = 0; first < codes.length; first += rowsAtOnce) {
    const rows = codes.slice(first, first + rowsAtOnce).map((code, index) => [first + index, code]);
    await server.connection.query('INSERT INTO codes.c VALUES ?', [rows]);
  }
}

function onlyCodePoint(hex: string): number {
  const [character = '\0', ...more] = Buffer.from(hex, 'hex').toString('utf8');
  return more.length > 0 ? 0 : (character.codePointAt(0) ?? 0);
}
