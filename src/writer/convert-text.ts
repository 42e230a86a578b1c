import { quoteString, type Column, type ColumnType } from '../protocol/index.js';
import { hasAsciiBytes, repertoireOf } from './charset-repertoire.js';
import type { ColumnChange, ConvertedValue, Doubt } from './column-change.js';
import { findMember } from './stored-members.js';
import { lengthMax } from './type-change.js';

type TypeOf<Kind extends ColumnType['kind']> = Extract<ColumnType, { kind: Kind }>;

/** Text on its way to a column: as UTF-8, or as bytes of no charset. */
interface SourceText extends ConvertedValue {
  /** Charset of the text; undefined for text that is ASCII, as numbers are. */
  charset: string | undefined;
}

/**
 * What a column of text, bytes, ENUM or SET makes of the values of another column.
 *
 * Shape: undefined where it is not certain.
 */
export function convertText(change: ColumnChange): ConvertedValue | undefined {
  const { from, to, name } = change;
  const { type } = to;
  if (from.type.kind === 'bytes' && type.kind === 'bytes') {
    return fitBytes({ sql: name, doubts: [] }, to, type);
  }
  if (type.kind === 'enum' || type.kind === 'set') return toMembers(change, type.members);
  const source = sourceText(change);
  if (source === undefined) return undefined;
  if (type.kind === 'text') return fitText(toCharset(source, type.charset), to, type);
  if (type.kind !== 'bytes') return undefined;
  // Bytes of text are those of its own charset.
  if (source.charset !== undefined && !hasAsciiBytes(source.charset)) return undefined;
  const isSame = source.charset === undefined || source.charset.startsWith('utf8');
  const bytes = isSame ? source : withDoubts(source, [notAscii(source.sql)]);
  return fitBytes(bytes, to, type);
}

function sourceText(change: ColumnChange): SourceText | undefined {
  const { from, name, to, session, memberCharset } = change;
  const { type, mysqlType } = from;
  const plain = { charset: undefined, doubts: [] };
  switch (type.kind) {
    case 'text':
      if (session.padsChars && mysqlType.startsWith('char')) return undefined;
      return { charset: type.charset, sql: name, doubts: [] };
    case 'enum':
    case 'set':
      if (memberCharset === undefined) return undefined;
      return { charset: memberCharset, sql: `CAST(${name} AS Nullable(String))`, doubts: [] };
    case 'json':
      return { charset: 'utf8mb4', sql: name, doubts: [] };
    case 'uuid':
    case 'inet4':
    case 'inet6':
      return { ...plain, sql: name };
    case 'int': {
      const width = /\((\d+)\)/.exec(mysqlType)?.[1];
      if (!mysqlType.includes('zerofill')) return { ...plain, sql: `toString(${name})` };
      if (width === undefined) return undefined;
      const padded = `leftPad(toString(${name}), ${width}, '0')`;
      return {
        ...plain,
        sql: `if(length(toString(${name})) >= ${width}, toString(${name}), ${padded})`,
      };
    }
    case 'year':
      return { ...plain, sql: `leftPad(toString(${name}), 4, '0')` };
    case 'decimal':
      if (mysqlType.includes('zerofill')) return undefined;
      return { ...plain, sql: `toDecimalString(${name}, ${type.scale})` };
    case 'date':
      return { ...plain, ...zeroDates(change, `toString(${name})`, '0000-00-00') };
    case 'datetime': {
      const zero = `0000-00-00 00:00:00${type.fsp === 0 ? '' : `.${'0'.repeat(type.fsp)}`}`;
      return { ...plain, ...zeroDates(change, `toString(${name})`, zero) };
    }
    case 'bytes': {
      // A text that is not well-formed is cut, or refused.
      if (to.type.kind !== 'text' || !hasAsciiBytes(to.type.charset)) return undefined;
      const isUtf8 = to.type.charset.startsWith('utf8');
      const doubt = isUtf8
        ? { sql: `NOT isValidUTF8(ifNull(${name}, ''))`, what: 'bytes that are no text' }
        : notAscii(name);
      return { charset: to.type.charset, sql: name, doubts: [doubt] };
    }
    default:
      return undefined;
  }
}

/** A zero date is NULL in the engine: where the column may hold both, it is not known which it was. */
function zeroDates({ from, name }: ColumnChange, sql: string, zero: string): ConvertedValue {
  if (!from.nullable) return { sql: `ifNull(${sql}, '${zero}')`, doubts: [] };
  return { sql, doubts: [{ sql: `isNull(${name})`, what: 'NULL, which may be the zero date' }] };
}

function toCharset(source: SourceText, charset: string): ConvertedValue {
  if (source.charset === undefined || source.charset === charset) return source;
  const repertoire = repertoireOf(charset);
  if (repertoire.kind === 'all') return source;
  if (repertoire.kind === 'ascii') return withDoubts(source, [notAscii(source.sql)]);
  const sql = `replaceRegexpAll(${source.sql}, ${quoteString(repertoire.pattern)}, '?')`;
  return { sql, doubts: source.doubts };
}

function fitText(value: ConvertedValue, to: Column, { charset }: TypeOf<'text'>): ConvertedValue {
  const length = /^(?:var)?char\((\d+)\)/.exec(to.mysqlType)?.[1];
  if (length === undefined) {
    // TEXT types count bytes, four for a character at the most.
    const bytes = /^(?:utf8|ascii|latin)/.test(charset) ? 1 : 4;
    const most = Math.floor(lengthMax(to.mysqlType) / bytes);
    const long = { sql: `length(${value.sql}) > ${most}`, what: 'text that is too long' };
    return withDoubts(value, [long]);
  }
  const cut = `substringUTF8(${value.sql}, 1, ${length})`;
  const isChar = to.mysqlType.startsWith('char');
  return { sql: isChar ? `trimRight(${cut})` : cut, doubts: value.doubts };
}

function fitBytes(value: ConvertedValue, to: Column, type: TypeOf<'bytes'>): ConvertedValue {
  const most = lengthMax(to.mysqlType);
  const cut = `substring(${value.sql}, 1, ${most})`;
  if (type.fixedLength === undefined) return { sql: cut, doubts: value.doubts };
  const padded = `concat(${cut}, repeat(unhex('00'), ${most} - length(${cut})))`;
  return { sql: padded, doubts: value.doubts };
}

/**
 * A member keeps its text, in the spelling of the new definition; what is no member becomes '', which
 * only a session that is not strict allows.
 */
function toMembers(
  { from, to, name }: ColumnChange,
  members: readonly string[],
): ConvertedValue | undefined {
  const { type } = from;
  const sql = `CAST(${name} AS Nullable(String))`;
  if (to.type.kind === 'set' && type.kind === 'set') {
    const known = type.members.filter((member) => members.includes(member));
    const kept = known.map(quoteString).join(', ');
    const doubt = {
      sql: `(${sql} != '' AND NOT hasAll([${kept}], splitByChar(',', ifNull(${sql}, ''))))`,
      what: 'members that are no longer there',
    };
    const order = members.map(quoteString).join(', ');
    // The name must not be the column's own.
    const each = from.name === 'm' ? 'n' : 'm';
    const sorted = `arrayStringConcat(arrayFilter(${each} -> has(splitByChar(',', ifNull(${sql}, '')), ${each}), [${order}]), ',')`;
    // No comma comes after an empty member that is the first.
    const text = `replaceRegexpOne(${sorted}, '^,', '')`;
    return { sql: `if(isNull(${sql}), NULL, ${text})`, doubts: [doubt] };
  }
  if (type.kind === 'enum' && to.type.kind === 'enum')
    return enumToEnum(sql, type.members, members);
  if (type.kind !== 'text' && type.kind !== 'enum') return undefined;
  const list = ["''", ...members.map(quoteString)].join(', ');
  const doubt = { sql: `${sql} NOT IN (${list})`, what: 'text that is no member' };
  return { sql, doubts: [doubt] };
}

function enumToEnum(
  sql: string,
  before: readonly string[],
  after: readonly string[],
): ConvertedValue {
  const from: string[] = [];
  const into: string[] = [];
  const doubtful: string[] = [];
  const mayBeLike = after.some((member) => /[^ -~]/.test(member));
  for (const member of before) {
    const found = findMember(member, after);
    // A member of digits may be taken for a number of another one; e and é, for each other.
    const isPlain = /^[ -/:-~]+$/.test(member) && !mayBeLike;
    if (found === undefined && !isPlain) doubtful.push(quoteString(member));
    from.push(quoteString(member));
    into.push(quoteString(found ?? ''));
  }
  const doubts =
    doubtful.length === 0
      ? []
      : [{ sql: `${sql} IN (${doubtful.join(', ')})`, what: 'members that are no longer there' }];
  const mapped = `transform(${sql}, [${from.join(', ')}], [${into.join(', ')}], '')`;
  return { sql: `if(isNull(${sql}), NULL, ${mapped})`, doubts };
}

/** By bytes: a pattern would not find a byte that is no UTF-8. */
function notAscii(sql: string): Doubt {
  return { sql: `NOT isValidASCII(${sql})`, what: 'text that is not ASCII' };
}

function withDoubts(value: ConvertedValue, doubts: readonly Doubt[]): ConvertedValue {
  return { sql: value.sql, doubts: [...value.doubts, ...doubts] };
}
