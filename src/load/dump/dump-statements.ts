import { FlashError } from '../../protocol/index.js';

/** A statement of a dump without its semicolon, or a comment that stands between two statements. */
export interface DumpPart {
  kind: 'statement' | 'comment';
  /** Owns: valid until the next part is asked for. */
  bytes: Uint8Array;
  /** Offset in the dump of the first byte. */
  offset: number;
}

/** What a server takes as one packet is no longer, so neither is a statement of a dump. */
const statementMaxBytes = 1024 * 1024 * 1024 + 1024;

const newline = 10;
const doubleQuote = 34;
const hash = 35;
const singleQuote = 39;
const star = 42;
const hyphen = 45;
const slash = 47;
const semicolon = 59;
const backslash = 92;
const backtick = 96;
const letterD = 68;

/** Bytes that mean something outside of strings, names and comments. */
const isSpecial = new Uint8Array(256);
for (const byte of [doubleQuote, hash, singleQuote, hyphen, slash, semicolon, backtick, letterD]) {
  isSpecial[byte] = 1;
}

/** How many bytes have to be there to tell what begins: `/*M!999999`, `DELIMITER `. */
const lookAheadBytes = 10;

type State = 'code' | 'string' | 'line-comment' | 'block-comment' | 'client-section';

/**
 * Cuts the bytes of a dump into statements and comments, as the servers' clients do it.
 *
 * Sections between `DELIMITER ;;` and `DELIMITER ;` (triggers, routines, events) are passed over: they
 * hold no rows. Memory: the longest statement.
 * Errors: INVALID_REQUEST for a statement longer than a server takes.
 */
export class DumpStatements {
  readonly #file: string;
  #bytes: Uint8Array = new Uint8Array(1 << 21);
  /** The part that is being read begins here; `#to` is the end of what is there. */
  #from = 0;
  #at = 0;
  #to = 0;
  /** Offset in the dump of `#bytes[0]`. */
  #base = 0;
  #state: State = 'code';
  #quote = 0;
  /** Something other than spaces stands before `#at` in this statement. */
  #hasCode = false;

  constructor(file: string) {
    this.#file = file;
  }

  /** Adds bytes. To be called when `next` has nothing more to give. */
  push(chunk: Uint8Array): void {
    this.#makeRoom(chunk.length);
    this.#bytes.set(chunk, this.#to);
    this.#to += chunk.length;
  }

  /** Gives the next whole part. `isEnd`: no bytes will follow. */
  next(isEnd: boolean): DumpPart | undefined {
    for (;;) {
      switch (this.#state) {
        case 'code': {
          const found = this.#readCode(isEnd);
          if (found !== 'opened') return found;
          break;
        }
        case 'string':
          if (!this.#readString()) return undefined;
          break;
        case 'line-comment':
        case 'block-comment': {
          const end = this.#findCommentEnd(isEnd);
          if (end < 0) return undefined;
          this.#at = end;
          this.#state = 'code';
          if (!this.#hasCode) return this.#take('comment', end, end);
          break;
        }
        case 'client-section':
          if (!this.#skipSection(isEnd)) return undefined;
          break;
      }
    }
  }

  /** Offset in the dump of what has begun and not ended, or undefined where nothing has. */
  get unfinished(): number | undefined {
    const isOpen = this.#hasCode || this.#state !== 'code';
    return isOpen ? this.#base + this.#from : undefined;
  }

  /** `opened`: a string, name or comment begins. */
  #readCode(isEnd: boolean): DumpPart | 'opened' | undefined {
    const bytes = this.#bytes;
    const to = this.#to;
    let at = this.#at;
    for (; at < to; at++) {
      const byte = bytes[at] ?? 0;
      if (isSpecial[byte] === 0) {
        if (byte > 32) this.#hasCode = true;
        continue;
      }
      this.#at = at;
      if (!isEnd && to - at < lookAheadBytes && byte !== semicolon) return undefined;
      if (byte === semicolon) {
        this.#at = at + 1;
        if (this.#hasCode) return this.#take('statement', at, at + 1);
        this.#from = at + 1;
        continue;
      }
      if (!this.#isPlain(byte, at)) return 'opened';
    }
    this.#at = at;
    return undefined;
  }

  /** Looks at a byte that may open a string, name or comment. True where it opened none. */
  #isPlain(byte: number, at: number): boolean {
    if (byte === singleQuote || byte === doubleQuote || byte === backtick) {
      this.#quote = byte;
      return this.#enter('string', at, at + 1);
    }
    const second = this.#bytes[at + 1] ?? 0;
    const isLine =
      byte === hash ||
      (byte === hyphen && second === hyphen && (this.#bytes[at + 2] ?? newline) <= 32);
    if (isLine) return this.#enter('line-comment', at, at + 1);
    if (byte === slash && second === star) {
      if (!this.#isCode(at)) return this.#enter('block-comment', at, at + 2);
      this.#hasCode = true;
      return true;
    }
    if (byte === letterD && !this.#hasCode && this.#startsWith('DELIMITER ', at)) {
      return this.#enter('client-section', at, at);
    }
    this.#hasCode = true;
    return true;
  }

  #enter(state: State, start: number, at: number): false {
    if (state === 'string') this.#hasCode = true;
    else if (!this.#hasCode) this.#from = start;
    this.#state = state;
    this.#at = at;
    return false;
  }

  /** A versioned comment is code; that of version 999999, which no server runs, is not. */
  #isCode(at: number): boolean {
    if (this.#startsWith('/*!', at)) return !this.#startsWith('999999', at + 3);
    return this.#startsWith('/*M!', at) && !this.#startsWith('999999', at + 4);
  }

  #readString(): boolean {
    const bytes = this.#bytes;
    const to = this.#to;
    const quote = this.#quote;
    const escapes = quote !== backtick;
    for (let at = this.#at; at < to; at++) {
      const byte = bytes[at] ?? 0;
      // A doubled quote ends the string here and opens the next one.
      if (byte === quote) {
        this.#at = at + 1;
        this.#state = 'code';
        return true;
      }
      if (byte === backslash && escapes) {
        if (at + 1 === to) {
          this.#at = at;
          return false;
        }
        at++;
      }
    }
    this.#at = to;
    return false;
  }

  #findCommentEnd(isEnd: boolean): number {
    if (this.#state === 'line-comment') {
      const end = this.#bytes.indexOf(newline, this.#at);
      if (end >= 0 && end < this.#to) return end + 1;
      return isEnd ? this.#to : -1;
    }
    for (let at = this.#at; at + 1 < this.#to; at++) {
      if (this.#bytes[at] === star && this.#bytes[at + 1] === slash) return at + 2;
    }
    this.#at = Math.max(this.#at, this.#to - 1);
    return -1;
  }

  /** Passes over lines up to the one that sets the delimiter back. */
  #skipSection(isEnd: boolean): boolean {
    for (;;) {
      const end = this.#bytes.indexOf(newline, this.#at);
      const isWhole = end >= 0 && end < this.#to;
      if (!isWhole && !isEnd) {
        this.#from = this.#at;
        return false;
      }
      const lineEnd = isWhole ? end : this.#to;
      const line = Buffer.from(this.#bytes.subarray(this.#at, lineEnd)).toString('latin1');
      if (!isWhole && line === '') return false;
      this.#at = isWhole ? lineEnd + 1 : lineEnd;
      this.#from = this.#at;
      if (!/^DELIMITER\s+;\s*$/.test(line)) continue;
      this.#state = 'code';
      return true;
    }
  }

  #take(kind: DumpPart['kind'], end: number, next: number): DumpPart {
    const start = this.#from;
    this.#from = next;
    this.#hasCode = false;
    return { kind, bytes: this.#bytes.subarray(start, end), offset: this.#base + start };
  }

  #startsWith(text: string, at: number): boolean {
    for (let i = 0; i < text.length; i++) {
      if (this.#bytes[at + i] !== text.charCodeAt(i) || at + i >= this.#to) return false;
    }
    return true;
  }

  #makeRoom(count: number): void {
    const held = this.#to - this.#from;
    if (held > statementMaxBytes) {
      throw new FlashError(
        'INVALID_REQUEST',
        `${this.#file} has a statement of more than 1 GiB at offset ${this.#base + this.#from}`,
        {
          hint: 'No server takes one: is this file a dump of mysqldump or mariadb-dump?',
          place: { file: this.#file, offset: this.#base + this.#from },
        },
      );
    }
    const target =
      held + count > this.#bytes.length
        ? new Uint8Array(Math.max(this.#bytes.length * 2, held + count))
        : this.#bytes;
    if (this.#from > 0 || target !== this.#bytes) {
      target.set(this.#bytes.subarray(this.#from, this.#to));
      this.#bytes = target;
      this.#base += this.#from;
      this.#at -= this.#from;
      this.#from = 0;
      this.#to = held;
    }
  }
}
