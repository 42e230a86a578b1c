import { decodeText } from '../binlog/index.js';
import type { Column, ColumnType } from '../protocol/index.js';
import { decimalText, parseDecimal, rescale } from './decimal-text.js';
import type { DefaultLiteral } from './ddl/index.js';
import { engineLiteral } from './engine-literal.js';
import { enumMember, setMembers } from './stored-members.js';
import { storedFloat } from './stored-float.js';
import { readDateTime, readTime } from './stored-time.js';
import type { StatementSession } from './statement-session.js';

type Literal = Extract<DefaultLiteral, { kind: 'string' | 'number' | 'bytes' }>;
type TypeOf<Kind extends ColumnType['kind']> = Extract<ColumnType, { kind: Kind }>;

/**
 * Gives SQL of the engine for what a column stores of a literal: as the server stores it, not as it is
 * written. `NULL` stands for a zero date; undefined: it is not certain what the server stores.
 */
export function storedLiteral(
  literal: Literal,
  column: Column,
  session: StatementSession,
): string | undefined {
  const { type } = column;
  switch (type.kind) {
    case 'int':
    case 'bit':
    case 'year':
    case 'decimal':
    case 'float':
      // MariaDB takes x'31' for a string there, and 0x31 and b'1' for numbers.
      return isQuotedHex(literal) && session.flavor === 'mariadb' && type.kind !== 'bit'
        ? undefined
        : storedNumber(literal, column);
    case 'date':
    case 'datetime':
    case 'timestamp':
    case 'time':
      return storedTemporal(literal, type, session);
    case 'text':
      return storedText(literal, column, type);
    case 'bytes':
      return storedBytes(literal, type, session);
    case 'enum': {
      if (isNumberAsMember(literal, session)) return undefined;
      const member = enumMember(textOf(literal), literal.kind === 'string', type.members);
      return member === undefined ? undefined : engineLiteral.text(member);
    }
    case 'set': {
      if (isNumberAsMember(literal, session)) return undefined;
      const members = setMembers(textOf(literal), literal.kind === 'string', type.members);
      return members === undefined ? undefined : engineLiteral.text(members);
    }
    case 'uuid':
      return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(textOf(literal))
        ? engineLiteral.text(textOf(literal).toLowerCase())
        : undefined;
    case 'inet4':
      return /^(?:(?:0|[1-9]\d{0,2})(?:\.|$)){4}$/.test(textOf(literal))
        ? engineLiteral.text(textOf(literal))
        : undefined;
    case 'inet6':
      return textOf(literal) === '::' ? engineLiteral.text('::') : undefined;
    case 'json':
    case 'geometry':
    case 'vector':
      return undefined;
  }
}

/** MySQL 9.7 takes a number for a member's text, MariaDB for its place. */
function isNumberAsMember(literal: Literal, { flavor }: StatementSession): boolean {
  return literal.kind !== 'string' && flavor === 'mysql';
}

function isQuotedHex(literal: Literal): boolean {
  return literal.kind === 'bytes' && literal.isQuotedHex;
}

/** Bytes where a number is wanted are one: 0x10 is 16. */
function textOf(literal: Literal): string {
  return literal.kind === 'bytes' ? BigInt(`0x${literal.hex || '0'}`).toString() : literal.text;
}

function storedNumber(literal: Literal, column: Column): string | undefined {
  const { type, mysqlType } = column;
  if (type.kind === 'bit') return storedBit(literal, type.length);
  if (type.kind === 'year') return storedYear(literal);
  const text = textOf(literal);
  const value = parseDecimal(text);
  if (value === undefined) return undefined;
  switch (type.kind) {
    case 'int': {
      const whole = rescale(value, 0);
      const bits = BigInt(type.unsigned ? type.bits : type.bits - 1);
      const least = type.unsigned ? 0n : -(1n << bits);
      const fits = whole >= least && whole < 1n << bits;
      return fits ? engineLiteral.integer(whole) : undefined;
    }
    case 'decimal': {
      const unscaled = rescale(value, type.scale);
      const magnitude = unscaled < 0n ? -unscaled : unscaled;
      if (magnitude >= 10n ** BigInt(type.precision)) return undefined;
      if (unscaled < 0n && type.unsigned) return undefined;
      return engineLiteral.decimal(unscaled, type);
    }
    case 'float': {
      const stored = storedFloat(Number(text), type.bits, mysqlType);
      return stored === undefined ? undefined : engineLiteral.float(stored, type.bits);
    }
    default:
      return undefined;
  }
}

/** A string is its bytes, not the number that it spells. */
function storedBit(literal: Literal, length: number): string | undefined {
  let value: bigint;
  if (literal.kind === 'string') {
    if (/[^\0-\x7f]/.test(literal.text)) return undefined;
    value = BigInt(`0x${Buffer.from(literal.text, 'latin1').toString('hex') || '0'}`);
  } else {
    const number = parseDecimal(textOf(literal));
    if (number?.scale !== 0) return undefined;
    value = number.unscaled;
  }
  return value >= 0n && value < 1n << BigInt(length) ? engineLiteral.integer(value) : undefined;
}

/** Source: MySQL 8.4 manual, "The YEAR Type": 0 is 0000 and '0' is 2000. */
function storedYear(literal: Literal): string | undefined {
  const text = textOf(literal);
  if (/^\d{4}$/.test(text)) {
    const year = Number(text);
    return year === 0 || (year >= 1901 && year <= 2155) ? engineLiteral.integer(year) : undefined;
  }
  if (!/^\d{1,2}$/.test(text)) return undefined;
  const short = Number(text);
  if (short === 0 && literal.kind !== 'string') return '0';
  return engineLiteral.integer(short + (short < 70 ? 2000 : 1900));
}

function storedTemporal(
  literal: Literal,
  type: TypeOf<'date' | 'datetime' | 'timestamp' | 'time'>,
  session: StatementSession,
): string | undefined {
  if (literal.kind === 'bytes') return undefined;
  if (type.kind === 'time') {
    const micros = readTime(literal.text, type.fsp, session);
    return micros === undefined ? undefined : engineLiteral.time(micros, type.fsp);
  }
  // A DATE cuts the time of day off; whether the server rounds it up before is not certain.
  const isCut = type.kind === 'date' && /[.]/.test(literal.text);
  const value = readDateTime(literal.text, type.kind === 'date' ? 0 : type.fsp, session);
  if (value === undefined || isCut) return undefined;
  if (value.kind === 'zero') return 'NULL';
  if (type.kind === 'date') return engineLiteral.date(value.days);
  if (type.kind === 'datetime') return engineLiteral.dateTime(value.days, value.micros, type.fsp);
  if (session.zoneSeconds === undefined) return undefined;
  const micros = value.micros - session.zoneSeconds * 1_000_000;
  return engineLiteral.dateTime(value.days, micros, type.fsp);
}

function storedText(
  literal: Literal,
  { mysqlType }: Column,
  type: TypeOf<'text'>,
): string | undefined {
  let text: string | undefined;
  if (literal.kind === 'bytes') text = decodeText(Buffer.from(literal.hex, 'hex'), type.charset);
  else text = literal.kind === 'string' ? literal.text : numberText(literal.text);
  if (text === undefined) return undefined;
  if (mysqlType.startsWith('char')) return engineLiteral.text(text.replace(/ +$/, ''));
  const fitting = cutToLength(text, mysqlType);
  return fitting === undefined ? undefined : engineLiteral.text(fitting);
}

/** VARCHAR(n) takes spaces beyond its length, whatever sql_mode says, and leaves them out. */
function cutToLength(text: string, mysqlType: string): string | undefined {
  const length = /^varchar\((\d+)\)/.exec(mysqlType)?.[1];
  if (length === undefined) return text;
  const characters = Array.from(text);
  const isBlank = characters.slice(Number(length)).every((each) => each === ' ');
  return isBlank ? characters.slice(0, Number(length)).join('') : undefined;
}

/** A number as text: 007 is '7', 1.50 stays '1.50', 1e3 is '1000'. */
function numberText(text: string): string | undefined {
  const value = parseDecimal(text);
  if (value === undefined) return undefined;
  if (!/e/i.test(text)) return decimalText(value.unscaled, value.scale);
  // A float, whose text has as many digits as it needs.
  const isShort =
    value.scale === 0 && value.unscaled < 10n ** 15n && value.unscaled > -(10n ** 15n);
  return isShort ? value.unscaled.toString() : undefined;
}

function storedBytes(
  literal: Literal,
  { fixedLength }: TypeOf<'bytes'>,
  { clientCharset }: StatementSession,
): string | undefined {
  let hex: string | undefined;
  if (literal.kind === 'bytes') ({ hex } = literal);
  else {
    const text = literal.kind === 'string' ? literal.text : numberText(literal.text);
    const isKnown =
      text !== undefined &&
      (/^[\0-\x7f]*$/.test(text) || clientCharset === 'utf8mb4' || clientCharset === 'utf8mb3');
    hex = isKnown ? Buffer.from(text, 'utf8').toString('hex') : undefined;
  }
  if (hex === undefined) return undefined;
  return engineLiteral.bytes(fixedLength === undefined ? hex : hex.padEnd(fixedLength * 2, '0'));
}
