import { charsetName } from './charset.js';
import type { DefaultLiteral } from './statement.js';
import type { TokenReader } from './token-reader.js';

/**
 * Reads what stands after DEFAULT: a literal, the time of the statement, or an expression.
 *
 * Source: MySQL 8.4 sql/sql_yacc.yy, rules default_attribute and now_or_signed_literal; MariaDB 10.11,
 * rule column_default_expr.
 */
export function readDefault(reader: TokenReader): DefaultLiteral {
  if (!reader.isSymbol('(')) return readLiteral(reader) ?? readExpression(reader);
  const inBrackets = reader.attempt(() => {
    reader.expectSymbol('(');
    const literal = readDefault(reader);
    reader.expectSymbol(')');
    return literal;
  });
  if (inBrackets !== undefined) return inBrackets;
  reader.skipParenthesised();
  return { kind: 'expression' };
}

function readExpression(reader: TokenReader): DefaultLiteral {
  readFunctionCall(reader);
  return { kind: 'expression' };
}

/** Reads `now(6)`, nextval(`db`.`sequence`), `db`.`f`(…), NEXT VALUE FOR `db`.`sequence`. */
export function readFunctionCall(reader: TokenReader): void {
  reader.accept('NEXT', 'VALUE', 'FOR');
  reader.name();
  while (reader.acceptSymbol('.')) reader.name();
  if (reader.isSymbol('(')) reader.skipParenthesised();
}

function readLiteral(reader: TokenReader): DefaultLiteral | undefined {
  if (reader.accept('NULL')) return { kind: 'null' };
  if (reader.accept('TRUE')) return { kind: 'number', text: '1' };
  if (reader.accept('FALSE')) return { kind: 'number', text: '0' };
  const now = readNow(reader);
  if (now !== undefined) return now;
  const minus = reader.acceptSymbol('-');
  if (!minus) reader.acceptSymbol('+');
  const token = reader.peek();
  if (token?.kind === 'number' && !/^0[xb]/.test(token.text)) {
    reader.take();
    return { kind: 'number', text: `${minus ? '-' : ''}${token.text}` };
  }
  if (minus) throw reader.error('a number is expected');
  return readText(reader);
}

function readText(reader: TokenReader): DefaultLiteral | undefined {
  const token = reader.peek();
  if (token?.kind === 'string') {
    return { kind: 'string', text: reader.string(), introducer: undefined };
  }
  const hex = readBytesLiteral(reader);
  if (hex !== undefined) {
    const isQuotedHex = token?.text.toLowerCase() === 'x';
    return { kind: 'bytes', hex, introducer: undefined, isQuotedHex };
  }
  if (token?.kind !== 'word' || !/^(?:_\w+|n)$/i.test(token.text)) return undefined;
  return reader.attempt((): DefaultLiteral => {
    reader.take();
    // N'x' is the same as _utf8mb3'x'.
    const introducer = charsetName(token.text.replace(/^(?:_|n$)/i, '') || 'utf8');
    const bytes = readBytesLiteral(reader);
    return bytes === undefined
      ? { kind: 'string', text: reader.string(), introducer }
      : { kind: 'bytes', hex: bytes, introducer, isQuotedHex: true };
  });
}

/**
 * Reads x'41', 0x41, b'1' or 0b1 and gives its bytes in hex; undefined where another thing comes next.
 *
 * Source: MySQL 8.4 manual, "Hexadecimal Literals", "Bit-Value Literals".
 */
export function readBytesLiteral(reader: TokenReader): string | undefined {
  const token = reader.peek();
  if (token?.kind === 'number' && /^0[xb]/.test(token.text)) {
    reader.take();
    const digits = token.text.slice(2);
    return token.text.startsWith('0x') ? evenDigits(digits) : hexOfBits(digits);
  }
  const isQuoted = token?.kind === 'word' && reader.peek(1)?.kind === 'string';
  if (!isQuoted || !/^[xb]$/i.test(token.text)) return undefined;
  reader.take();
  const digits = reader.string();
  return token.text.toLowerCase() === 'x' ? evenDigits(digits) : hexOfBits(digits);
}

function hexOfBits(bits: string): string {
  const bytes = bits.padStart(Math.ceil(bits.length / 8) * 8, '0').match(/.{8}/g) ?? [];
  return bytes.map((byte) => Number.parseInt(byte, 2).toString(16).padStart(2, '0')).join('');
}

function evenDigits(hex: string): string {
  return hex.length % 2 === 0 ? hex.toLowerCase() : `0${hex.toLowerCase()}`;
}

const nowNames = ['CURRENT_TIMESTAMP', 'NOW', 'LOCALTIME', 'LOCALTIMESTAMP'];
const todayNames = ['CURRENT_DATE', 'CURDATE'];

function readNow(reader: TokenReader): DefaultLiteral | undefined {
  if (reader.acceptOneOf(...todayNames) !== undefined) {
    if (reader.isSymbol('(')) reader.skipParenthesised();
    return { kind: 'now', fsp: 0, isDate: true };
  }
  if (reader.acceptOneOf(...nowNames) === undefined) return undefined;
  let fsp = 0;
  if (reader.acceptSymbol('(')) {
    if (!reader.isSymbol(')')) fsp = reader.integer();
    reader.expectSymbol(')');
  }
  return { kind: 'now', fsp, isDate: false };
}
