import { badValue, rowSource, type ChangeBuilder, type RowSource } from '../../binlog/index.js';
import type { FieldReader } from './choose-appender.js';

/** A column of the table that an INSERT gives values for. */
export interface Field extends FieldReader {
  /** Its place in the table. */
  index: number;
  nullable: boolean;
  /** A list can't be NULL in the engine: NULL is an empty one. */
  isList: boolean;
}

const quote = 39;
const openBracket = 40;
const closeBracket = 41;
const comma = 44;
const zero = 48;
const letterN = 78;
const backslash = 92;
const underscore = 95;
const lowerB = 98;
const lowerX = 120;

/**
 * What a byte after a backslash stands for. `%` and `_` keep their backslash.
 *
 * Source: MySQL 9.7 sql/sql_lex.cc, get_text.
 */
const escaped = Uint8Array.from({ length: 256 }, (_, byte) => byte);
for (const [letter, byte] of [
  ['0', 0],
  ['b', 8],
  ['n', 10],
  ['r', 13],
  ['t', 9],
  ['Z', 26],
] as const) {
  escaped[letter.charCodeAt(0)] = byte;
}
const percent = 37;

/** Reads the rows of INSERT statements into columns. Makes no object a row or value. */
export class RowScanner {
  /** The field that was read last, for messages. */
  fieldIndex = 0;
  #source: RowSource = rowSource(new Uint8Array(0));
  /** Values whose bytes are not those of the dump: with escapes, or in hex. */
  #scratch: RowSource = rowSource(new Uint8Array(1 << 16));
  #at = 0;

  /**
   * Appends the rows that stand from `start` on: `(…),(…)`, to the end of the bytes.
   *
   * Shape: how many rows.
   * Errors: BINLOG_FORMAT for anything else; the builder may hold a part of a row then.
   */
  append(bytes: Uint8Array, start: number, fields: readonly Field[], into: ChangeBuilder): number {
    this.#source = rowSource(bytes);
    this.#at = start;
    let rows = 0;
    for (;;) {
      this.#expect(openBracket, '(');
      const row = into.beginRow();
      for (let i = 0; i < fields.length; i++) {
        const field = fields[i];
        if (field === undefined) break;
        this.fieldIndex = i;
        if (i > 0) this.#expect(comma, 'another value');
        this.#readValue(field, row, into);
      }
      this.#expect(closeBracket, 'the end of the row');
      into.endRow(0);
      rows++;
      this.#skipSpace();
      if (this.#at === bytes.length) return rows;
      this.#expect(comma, 'another row or the end');
    }
  }

  #readValue(field: Field, row: number, into: ChangeBuilder): void {
    this.#skipSpace();
    const { bytes } = this.#source;
    const target = into.columns[field.index];
    if (target === undefined) throw badValue('a value without a column');
    const first = bytes[this.#at] ?? 0;
    if (first === quote) {
      if (this.#readQuoted()) field.append(target, row, this.#scratch, 0, this.#end);
      else field.append(target, row, this.#source, this.#start, this.#end);
    } else if (first === letterN && this.#takeWord('NULL')) {
      if (field.isList) target.appendDefault(row);
      else if (field.nullable) target.appendNull(row);
      else throw badValue('NULL in a column that has no NULL');
    } else if (first === underscore && this.#takeWord('_binary')) {
      this.#skipSpace();
      if (field.takes !== 'bytes' || bytes[this.#at] !== quote) throw this.#unexpected('a value');
      this.#readValue(field, row, into);
    } else if (field.takes === 'bytes') {
      if (!this.#readDigits()) throw this.#unexpected('bytes');
      field.append(target, row, this.#scratch, 0, this.#end);
    } else if (field.takes === 'number') {
      this.#start = this.#at;
      this.#at = this.#endOfBareValue();
      field.append(target, row, this.#source, this.#start, this.#at);
    } else {
      throw this.#unexpected('a quoted value');
    }
  }

  /** Where the value that was read last begins and ends. */
  #start = 0;
  #end = 0;

  /** Reads a quoted value. True where it is in `#scratch` from 0 on, as it has escapes. */
  #readQuoted(): boolean {
    const { bytes } = this.#source;
    const start = this.#at + 1;
    for (let at = start; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === backslash) return this.#unescape(start, at);
      if (byte !== quote) continue;
      if (bytes[at + 1] === quote) return this.#unescape(start, at);
      this.#start = start;
      this.#end = at;
      this.#at = at + 1;
      return false;
    }
    throw this.#unexpected('the end of a string');
  }

  #unescape(start: number, firstEscape: number): boolean {
    const { bytes } = this.#source;
    let scratch = this.#scratch.bytes;
    scratch.set(bytes.subarray(start, Math.min(firstEscape, start + scratch.length)));
    if (firstEscape - start > scratch.length) {
      scratch = this.#growScratch(firstEscape - start);
      scratch.set(bytes.subarray(start, firstEscape));
    }
    let to = firstEscape - start;
    for (let at = firstEscape; at < bytes.length; at++) {
      let byte = bytes[at] ?? 0;
      if (to + 2 > scratch.length) scratch = this.#growScratch(to + 2);
      if (byte === quote) {
        if (bytes[at + 1] !== quote) {
          this.#end = to;
          this.#at = at + 1;
          return true;
        }
        at++;
      } else if (byte === backslash) {
        byte = bytes[++at] ?? 0;
        if (byte === percent || byte === underscore) scratch[to++] = backslash;
        byte = escaped[byte] ?? 0;
      }
      scratch[to++] = byte;
    }
    throw this.#unexpected('the end of a string');
  }

  /** Reads `0x00FF` or `b'101'` into `#scratch`. */
  #readDigits(): boolean {
    const { bytes } = this.#source;
    const at = this.#at;
    const isHex = bytes[at] === zero && bytes[at + 1] === lowerX;
    const isBits = bytes[at] === lowerB && bytes[at + 1] === quote;
    if (!isHex && !isBits) return false;
    const start = at + 2;
    let end = start;
    while (digitValue(bytes[end] ?? 0) < (isHex ? 16 : 2)) end++;
    if (end === start) return false;
    if (isBits && bytes[end] !== quote) return false;
    this.#at = isBits ? end + 1 : end;
    const perByte = isHex ? 2 : 8;
    const length = Math.ceil((end - start) / perByte);
    const scratch =
      length > this.#scratch.bytes.length ? this.#growScratch(length) : this.#scratch.bytes;
    // The first byte may be short of digits, the last one never.
    let from = start;
    for (let i = 0; i < length; i++) {
      const to = end - (length - 1 - i) * perByte;
      let byte = 0;
      for (; from < to; from++) byte = byte * (isHex ? 16 : 2) + digitValue(bytes[from] ?? 0);
      scratch[i] = byte;
    }
    this.#end = length;
    return true;
  }

  #endOfBareValue(): number {
    const { bytes } = this.#source;
    let at = this.#at;
    for (; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === comma || byte === closeBracket || byte <= 32) break;
    }
    return at;
  }

  #takeWord(word: string): boolean {
    const { bytes } = this.#source;
    for (let i = 0; i < word.length; i++) {
      if (bytes[this.#at + i] !== word.charCodeAt(i)) return false;
    }
    this.#at += word.length;
    return true;
  }

  #skipSpace(): void {
    const { bytes } = this.#source;
    while (this.#at < bytes.length && (bytes[this.#at] ?? 0) <= 32) this.#at++;
  }

  #expect(byte: number, what: string): void {
    this.#skipSpace();
    if (this.#source.bytes[this.#at] !== byte) throw this.#unexpected(what);
    this.#at++;
  }

  #unexpected(wanted: string): Error {
    const { bytes } = this.#source;
    const found = Buffer.from(bytes.subarray(this.#at, this.#at + 40)).toString('utf8');
    return badValue(`${wanted} is expected where ${JSON.stringify(found)} stands`);
  }

  #growScratch(need: number): Uint8Array {
    const grown = new Uint8Array(Math.max(need, this.#scratch.bytes.length * 2));
    grown.set(this.#scratch.bytes);
    this.#scratch = rowSource(grown);
    return grown;
  }
}

/** 0 to 15 for a hex digit, 16 for any other byte. */
function digitValue(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  if (byte >= 65 && byte <= 70) return byte - 55;
  if (byte >= 97 && byte <= 102) return byte - 87;
  return 16;
}
