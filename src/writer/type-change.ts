import type { Column, ColumnType } from '../protocol/index.js';

type TypeOf<Kind extends ColumnType['kind']> = Extract<ColumnType, { kind: Kind }>;

/**
 * Says why rows can't be carried over a change of a column's type without knowing what the source made
 * of each value; undefined where every value stays what it was.
 */
export function typeChangeProblem(from: Column, to: Column): string | undefined {
  if (keepsValues(from, to)) return undefined;
  return `column ${from.name} from ${from.mysqlType} to ${to.mysqlType} may change values`;
}

function keepsValues(from: Column, to: Column): boolean {
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
      return before.kind === 'float' && after.bits >= before.bits;
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
    case 'vector':
      return before.kind === after.kind && from.mysqlType === to.mysqlType;
  }
}

function holdsInt(before: TypeOf<'int'>, after: TypeOf<'int'>): boolean {
  if (before.unsigned === after.unsigned) return after.bits >= before.bits;
  return before.unsigned && after.bits > before.bits;
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
function lengthMax(mysqlType: string): number {
  const length = /\((\d+)\)/.exec(mysqlType)?.[1];
  if (length !== undefined) return Number(length);
  return longest[/^(tiny|medium|long)?(?:text|blob)/.exec(mysqlType)?.[1] ?? ''] ?? 0;
}
