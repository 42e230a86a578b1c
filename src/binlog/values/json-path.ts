import { jsonFormatError } from './json-layout.js';

/** One step of a path into a document. An index may count from the end: 0 is then the last item. */
export type JsonPathLeg =
  { kind: 'member'; name: Uint8Array } | { kind: 'item'; index: number; fromEnd: boolean };

const dollar = 0x24;
const dot = 0x2e;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const quote = 0x22;
const backslash = 0x5c;
const lastWord = [0x6c, 0x61, 0x73, 0x74];
const minus = 0x2d;
const indexMax = 0xffff_ffff;

/** Bytes after a backslash and what they stand for; `u` has digits of its own. */
const unescaped = new Map([
  [quote, quote],
  [backslash, backslash],
  [0x2f, 0x2f],
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
]);

/**
 * Reads a path such as `$.a."b c"[3][last-1]`, in the form in which servers write paths into logs:
 * no wildcards, no ranges, no spaces.
 *
 * Shape: names in UTF-8, without their quotes and escapes.
 * Errors: `BINLOG_FORMAT` for anything else.
 * Source: MySQL 9.7 sql-common/json_path.cc, Json_path_leg::to_string.
 */
export function parseJsonPath(source: Uint8Array, start: number, end: number): JsonPathLeg[] {
  const reader = new PathReader(source, start, end);
  reader.expect(dollar);
  const legs: JsonPathLeg[] = [];
  while (!reader.atEnd()) legs.push(reader.readLeg());
  return legs;
}

class PathReader {
  private readonly source: Uint8Array;
  private readonly end: number;
  private at: number;

  constructor(source: Uint8Array, start: number, end: number) {
    this.source = source;
    this.at = start;
    this.end = end;
  }

  atEnd(): boolean {
    return this.at >= this.end;
  }

  expect(byte: number): void {
    if (!this.accept(byte)) throw badPath();
  }

  readLeg(): JsonPathLeg {
    if (this.accept(dot)) {
      return { kind: 'member', name: this.accept(quote) ? this.quotedName() : this.plainName() };
    }
    this.expect(openBracket);
    const fromEnd = this.peek() === lastWord[0];
    if (fromEnd) for (const letter of lastWord) this.expect(letter);
    const index = fromEnd && !this.accept(minus) ? 0 : this.readIndex();
    this.expect(closeBracket);
    return { kind: 'item', index, fromEnd };
  }

  private plainName(): Uint8Array {
    const start = this.at;
    while (!this.atEnd() && this.peek() !== dot && this.peek() !== openBracket) this.at++;
    if (this.at === start) throw badPath();
    return this.source.subarray(start, this.at);
  }

  private quotedName(): Uint8Array {
    const name = new Uint8Array(this.end - this.at);
    let size = 0;
    for (;;) {
      const byte = this.take();
      if (byte === quote) return name.subarray(0, size);
      name[size++] = byte === backslash ? this.escaped() : byte;
    }
  }

  private escaped(): number {
    const letter = this.take();
    if (letter !== 0x75) {
      const byte = unescaped.get(letter);
      if (byte === undefined) throw badPath();
      return byte;
    }
    const digits = String.fromCharCode(this.take(), this.take(), this.take(), this.take());
    // Servers escape control characters only; the rest of a name is UTF-8 as it is.
    if (!/^00[01][0-9a-f]$/i.test(digits)) throw badPath();
    return Number.parseInt(digits, 16);
  }

  private readIndex(): number {
    const start = this.at;
    let index = 0;
    for (; !this.atEnd(); this.at++) {
      const digit = this.peek() - 0x30;
      if (digit < 0 || digit > 9) break;
      index = index * 10 + digit;
      if (index > indexMax) throw badPath();
    }
    if (this.at === start) throw badPath();
    return index;
  }

  private accept(byte: number): boolean {
    if (this.peek() !== byte) return false;
    this.at++;
    return true;
  }

  private take(): number {
    if (this.atEnd()) throw badPath();
    return this.source[this.at++] ?? 0;
  }

  /** The next byte, or -1 at the end. */
  private peek(): number {
    return this.atEnd() ? -1 : (this.source[this.at] ?? 0);
  }
}

function badPath(): Error {
  return jsonFormatError(`a path in a JSON difference can't be read`);
}
