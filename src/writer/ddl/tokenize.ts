import { runsVersionedComment, type SqlDialect } from './sql-dialect.js';

/** A piece of SQL text. `text` is the value: unquoted, escapes resolved. */
export interface Token {
  kind: 'word' | 'quoted' | 'string' | 'number' | 'symbol';
  text: string;
  /** Where the token starts in the statement, in UTF-16 units, for messages. */
  start: number;
  end: number;
}

/** The text is no SQL that we can read; `at` is an offset in the statement. */
export class SqlSyntaxError extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.name = 'SqlSyntaxError';
    this.at = at;
  }
}

const wordPattern = /[0-9A-Za-z_$\u0080-\uffff]+/y;
const numberPattern =
  /(?:0x[0-9a-fA-F]+|0b[01]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![0-9A-Za-z_$])/y;
const spacePattern = /\s+/y;
const versionPattern = /\d{5,6}/y;
const escapes: Readonly<Record<string, string>> = {
  0: '\0',
  b: '\b',
  n: '\n',
  r: '\r',
  t: '\t',
  Z: '\u001a',
  '%': '\\%',
  _: '\\_',
};

/**
 * Splits SQL text into tokens, without comments, and with the versioned comments that the server runs.
 *
 * Errors: `SqlSyntaxError` for a string, name or comment without an end.
 */
export function tokenize(sql: string, dialect: SqlDialect): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let commentsOpen = 0;
  while (at < sql.length) {
    const next = skipSpaceAndComment(sql, at, dialect);
    if (next.opened) commentsOpen++;
    if (next.at !== at) {
      at = next.at;
      continue;
    }
    if (commentsOpen > 0 && sql.startsWith('*/', at)) {
      commentsOpen--;
      at += 2;
      continue;
    }
    const token = readToken(sql, at, dialect);
    tokens.push(token);
    at = token.end;
  }
  if (commentsOpen > 0) throw new SqlSyntaxError('a versioned comment does not end', sql.length);
  return tokens;
}

function skipSpaceAndComment(
  sql: string,
  at: number,
  dialect: SqlDialect,
): { at: number; opened: boolean } {
  const space = match(spacePattern, sql, at);
  if (space !== undefined) return { at: at + space.length, opened: false };
  const char = sql[at];
  if (char === '#' || isLineComment(sql, at)) {
    const end = sql.indexOf('\n', at);
    return { at: end < 0 ? sql.length : end + 1, opened: false };
  }
  if (!sql.startsWith('/*', at)) return { at, opened: false };
  const mariadbOnly = sql.startsWith('/*M!', at);
  if (mariadbOnly || sql.startsWith('/*!', at)) {
    const body = at + (mariadbOnly ? 4 : 3);
    const version = match(versionPattern, sql, body);
    if (runsVersionedComment(dialect, { mariadbOnly, version: Number(version ?? 0) })) {
      return { at: body + (version?.length ?? 0), opened: true };
    }
  }
  return { at: endOfComment(sql, at), opened: false };
}

/** `--` opens a comment only before a space, a control character or the end. */
function isLineComment(sql: string, at: number): boolean {
  return sql.startsWith('--', at) && (at + 2 >= sql.length || sql.charCodeAt(at + 2) <= 32);
}

/** Comments inside a comment that is left out are balanced, as the servers do it. */
function endOfComment(sql: string, start: number): number {
  const versioned = /^\/\*M?!/.test(sql.slice(start, start + 4));
  let at = start + 2;
  for (let depth = 1; at < sql.length; at++) {
    if (sql.startsWith('*/', at)) {
      at++;
      if (--depth === 0) return at + 1;
    } else if (versioned && sql.startsWith('/*', at)) {
      depth++;
      at++;
    }
  }
  throw new SqlSyntaxError('a comment does not end', start);
}

function readToken(sql: string, at: number, dialect: SqlDialect): Token {
  const char = sql[at] ?? '';
  if (char === '`') return readQuoted(sql, at, 'quoted', false);
  if (char === '"' && dialect.ansiQuotes) return readQuoted(sql, at, 'quoted', false);
  if (char === "'" || char === '"')
    return readQuoted(sql, at, 'string', !dialect.noBackslashEscapes);
  const number = match(numberPattern, sql, at);
  // A name may start with a digit after a dot: `db.1t`.
  if (number !== undefined) return token('number', number, at, at + number.length);
  const word = match(wordPattern, sql, at);
  if (word !== undefined) return token('word', word, at, at + word.length);
  return token('symbol', char, at, at + 1);
}

function readQuoted(
  sql: string,
  start: number,
  kind: 'quoted' | 'string',
  backslashes: boolean,
): Token {
  const quote = sql[start];
  const parts: string[] = [];
  let from = start + 1;
  for (let at = from; at < sql.length; at++) {
    const char = sql[at];
    if (char === quote) {
      parts.push(sql.slice(from, at));
      if (sql[at + 1] !== quote) return token(kind, parts.join(''), start, at + 1);
      from = ++at;
    } else if (char === '\\' && backslashes) {
      const escaped = sql[at + 1] ?? '';
      parts.push(sql.slice(from, at), escapes[escaped] ?? escaped);
      from = ++at + 1;
    }
  }
  throw new SqlSyntaxError(
    kind === 'string' ? 'a string does not end' : 'a name does not end',
    start,
  );
}

function token(kind: Token['kind'], text: string, start: number, end: number): Token {
  return { kind, text, start, end };
}

function match(pattern: RegExp, sql: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(sql)?.[0];
}
