import type { Column, ColumnType } from '../protocol/index.js';
import { longestCharacterBytes } from './ddl/index.js';
import { floatDigits } from './stored-float.js';

type TypeOf<Kind extends ColumnType['kind']> = Extract<ColumnType, { kind: Kind }>;

/** True where every value stays what it was when a column's type changes. */
export function keepsValues(from: Column, to: Column): boolean {
  const before = from.type;
  const after = to.type;
  switch (after.kind) {
    case 'int':
      return before.kind === 'int' && holdsInt(before, after);
    case 'decimal':
      return (
        before.kind === 'decimal' &&
        after.scale >= before.scale &&
        after.precision - after.scale >= before.precision - before.scale &&
        (!after.unsigned || before.unsigned)
      );
    case 'float':
      return before.kind === 'float' && after.bits >= before.bits && holdsFloat(from, to);
    case 'bit':
      return before.kind === 'bit' && after.length >= before.length;
    case 'date':
    case 'year':
    case 'json':
    case 'uuid':
    case 'inet4':
    case 'inet6':
      return before.kind === after.kind;
    case 'datetime':
    case 'timestamp':
    case 'time':
      return before.kind === after.kind && after.fsp >= before.fsp;
    case 'text':
      return before.kind === 'text' && holdsText(from, to, before, after);
    case 'bytes':
      return (
        before.kind === 'bytes' && after.fixedLength === before.fixedLength && isLonger(from, to)
      );
    case 'enum':
    case 'set':
      return (
        before.kind === after.kind &&
        before.members.every((member) => after.members.includes(member)) &&
        (after.kind === 'enum' || keepsOrder(before.members, after.members))
      );
    case 'geometry':
      return before.kind === after.kind;
    case 'vector':
      return before.kind === after.kind && from.mysqlType === to.mysqlType;
  }
}

function holdsInt(before: TypeOf<'int'>, after: TypeOf<'int'>): boolean {
  if (before.unsigned === after.unsigned) return after.bits >= before.bits;
  return before.unsigned && after.bits > before.bits;
}

/** (M,D) rounds, and UNSIGNED cuts; what the column had already has done so. */
function holdsFloat(from: Column, to: Column): boolean {
  const before = floatDigits(from.mysqlType);
  const after = floatDigits(to.mysqlType);
  const isSame = before?.digits === after?.digits && before?.scale === after?.scale;
  const isRounded = after !== undefined && !isSame;
  const isCut = to.mysqlType.includes('unsigned') && !from.mysqlType.includes('unsigned');
  return !isRounded && !isCut;
}

/** A SET's text lists its members in order of definition. */
function keepsOrder(before: readonly string[], after: readonly string[]): boolean {
  return before.every(
    (member, index) =>
      index === 0 || after.indexOf(member) > after.indexOf(before[index - 1] ?? ''),
  );
}

/** Charsets that hold every character of any other; utf8mb3 not those outside the BMP. */
const fullCharsets: readonly string[] = ['utf8mb4', 'utf16', 'utf16le', 'utf32', 'gb18030'];

function holdsText(
  from: Column,
  to: Column,
  before: TypeOf<'text'>,
  after: TypeOf<'text'>,
): boolean {
  const holdsCharset = before.charset === after.charset || fullCharsets.includes(after.charset);
  // CHAR cuts trailing spaces, which VARCHAR and TEXT keep.
  const becomesChar = to.mysqlType.startsWith('char') && !from.mysqlType.startsWith('char');
  return holdsCharset && !becomesChar && isLonger(from, to);
}

/**
 * The type of a text column after CONVERT TO CHARACTER SET: a longer one where the characters of the
 * new charset may need it.
 *
 * Source: MySQL 5.7 sql/field.cc, Create_field::create_length_to_internal_length, and
 * sql/sql_table.cc, prepare_blob_field.
 */
export function widenedText(column: Column, charset: string): Pick<Column, 'type' | 'mysqlType'> {
  const { type, mysqlType } = column;
  if (type.kind !== 'text' || charset === 'binary') return { type, mysqlType };
  const factor = longestCharacterBytes(charset) / longestCharacterBytes(type.charset);
  const blob = /^(tiny|medium|long)?text/.exec(mysqlType);
  if (blob !== null && factor > 1)
    return { type, mysqlType: textOfBytes(lengthMax(mysqlType) * factor) };
  const length = /^varchar\((\d+)\)/.exec(mysqlType)?.[1];
  const bytes = Number(length ?? 0) * longestCharacterBytes(charset);
  return { type, mysqlType: bytes > 65_535 ? textOfBytes(bytes) : mysqlType };
}

function textOfBytes(bytes: number): string {
  const sizes = ['tiny', '', 'medium'].find((size) => bytes <= (longest[size] ?? 0));
  return `${sizes ?? 'long'}text`;
}

const longest: Readonly<Record<string, number>> = {
  tiny: 255,
  '': 65_535,
  medium: 16_777_215,
  long: 4_294_967_295,
};

function isLonger(from: Column, to: Column): boolean {
  return lengthMax(to.mysqlType) >= lengthMax(from.mysqlType);
}

/** The longest value, in characters; of TEXT types in bytes, so that VARCHAR(n) fits in fewer. */
export function lengthMax(mysqlType: string): number {
  const length = /\((\d+)\)/.exec(mysqlType)?.[1];
  if (length !== undefined) return Number(length);
  return longest[/^(tiny|medium|long)?(?:text|blob)/.exec(mysqlType)?.[1] ?? ''] ?? 0;
}
