import type { ColumnType } from '../protocol/index.js';
import type { ColumnChange, ConvertedValue, Doubt } from './column-change.js';
import { decimalText } from './decimal-text.js';
import { floatDigits, floatMax } from './stored-float.js';

type TypeOf<Kind extends ColumnType['kind']> = Extract<ColumnType, { kind: Kind }>;

/** A number before it goes into its column: as a decimal of `scale` digits, or as a double. */
interface SourceNumber extends ConvertedValue {
  kind: 'decimal' | 'double';
  scale: number;
}

/**
 * What a column of numbers makes of the values of another column: rounded as the server rounds, and
 * cut to the range of the type, which only a session that is not strict lets happen.
 *
 * Shape: undefined where it is not certain.
 * Source: MySQL 5.7 sql/field.cc, the `store` functions of the Field classes.
 */
export function convertNumber(change: ColumnChange): ConvertedValue | undefined {
  const { to } = change;
  const source = sourceNumber(change);
  if (source === undefined) return undefined;
  switch (to.type.kind) {
    case 'int':
      return toInteger(source, ...intRange(to.type));
    case 'bit':
      // A negative number is stored as its bits.
      return withDoubt(
        toInteger(source, 0n, (1n << BigInt(to.type.length)) - 1n),
        outside(source, (1n << BigInt(to.type.length)) - 1n),
      );
    case 'year':
      if (change.from.type.kind !== 'int') return undefined;
      return withDoubt(source, {
        sql: `NOT (${change.name} = 0 OR (${change.name} >= 1901 AND ${change.name} <= 2155))`,
        what: 'years that are not from 1901 to 2155',
      });
    case 'decimal':
      return toDecimal(source, to.type);
    case 'float':
      return toFloat(source, change, to.type);
    default:
      return undefined;
  }
}

function sourceNumber({ from, name }: ColumnChange): SourceNumber | undefined {
  switch (from.type.kind) {
    case 'int':
    case 'bit':
    case 'year':
      return { kind: 'decimal', scale: 0, sql: wide(name, 0), doubts: [] };
    case 'decimal': {
      const { scale } = from.type;
      return { kind: 'decimal', scale, sql: wide(name, scale), doubts: [] };
    }
    case 'float': {
      const doubts = [{ sql: `NOT isFinite(${name})`, what: 'infinite numbers' }];
      return { kind: 'double', scale: 0, sql: `toFloat64(${name})`, doubts };
    }
    case 'text': {
      // The server takes what it can of a text; of a plain number that is all of it.
      const what = 'text that is not a plain decimal number';
      const doubts = [{ sql: `NOT match(${name}, '^-?[0-9]{1,30}([.][0-9]{1,20})?$')`, what }];
      return { kind: 'decimal', scale: 20, sql: textNumber(name), doubts };
    }
    default:
      return undefined;
  }
}

/** The widest decimal of the engine; of any type that it has, integers of 64 bits included. */
function wide(sql: string, scale: number): string {
  return `CAST(${sql} AS Nullable(Decimal(76, ${scale})))`;
}

function textNumber(name: string): string {
  return `toDecimal256OrNull(ifNull(CAST(${name} AS Nullable(String)), ''), 20)`;
}

function intRange(type: TypeOf<'int'>): [bigint, bigint] {
  const bits = BigInt(type.unsigned ? type.bits : type.bits - 1);
  return [type.unsigned ? 0n : -(1n << bits), (1n << bits) - 1n];
}

function toInteger(source: SourceNumber, least: bigint, most: bigint): ConvertedValue {
  const rounded = source.kind === 'double' ? `roundBankers(${source.sql})` : `round(${source.sql})`;
  // Doubles of more than 53 bits: what comes out at the end of the range depends on the machine.
  const doubts =
    source.kind === 'double' && most > 1n << 53n
      ? [...source.doubts, { sql: `abs(${source.sql}) >= 9e15`, what: 'numbers over 9e15' }]
      : source.doubts;
  const bound = (value: bigint): string =>
    source.kind === 'double'
      ? `toFloat64(${value})`
      : `CAST('${value}' AS Decimal(76, ${source.scale}))`;
  const sql = `multiIf(${rounded} < ${bound(least)}, CAST('${least}' AS Nullable(Int128)), ${rounded} > ${bound(most)}, CAST('${most}' AS Nullable(Int128)), CAST(${rounded} AS Nullable(Int128)))`;
  return { sql, doubts };
}

function toDecimal(source: SourceNumber, type: TypeOf<'decimal'>): ConvertedValue {
  const { precision, scale, unsigned } = type;
  const target = `Nullable(Decimal(${precision}, ${scale}))`;
  const doubts = [...source.doubts];
  let { sql } = source;
  let sourceScale = source.scale;
  if (source.kind === 'double') {
    // By way of the shortest text that reads back, as double2decimal does.
    sourceScale = 30;
    doubts.push({
      sql: `(abs(${sql}) >= 1e15 OR (${sql} != 0 AND abs(${sql}) < 1e-5))`,
      what: 'numbers that are very large or very small',
    });
    sql = `toDecimal256OrNull(ifNull(toString(${sql}), ''), 30)`;
  }
  const rounded = scale < sourceScale ? `round(${sql}, ${scale})` : sql;
  const most = decimalText(10n ** BigInt(precision) - 1n, scale);
  // Compared in whole numbers: beyond the range is all from 10^(precision - scale) on.
  const bound = `CAST('1${'0'.repeat(precision - scale)}' AS Decimal(76, ${sourceScale}))`;
  const least = unsigned ? '0' : `-${most}`;
  const below = unsigned ? `${rounded} < 0` : `${rounded} <= -${bound}`;
  return {
    sql: `multiIf(${below}, CAST('${least}' AS ${target}), ${rounded} >= ${bound}, CAST('${most}' AS ${target}), CAST(${rounded} AS ${target}))`,
    doubts,
  };
}

function toFloat(
  source: SourceNumber,
  { from, to }: ColumnChange,
  type: TypeOf<'float'>,
): ConvertedValue | undefined {
  if (from.type.kind === 'text') return undefined;
  const doubts = [...source.doubts];
  let { sql } = source;
  if (source.kind === 'decimal') {
    // Exact as long as the digits fit into a double.
    if (source.scale > 0) {
      const digits = `abs(${sql}) >= CAST('${decimalText(1n << 53n, source.scale)}' AS Decimal(76, ${source.scale}))`;
      doubts.push({ sql: digits, what: 'numbers of more digits than a double holds' });
    }
    sql = `toFloat64(${source.scale === 0 ? sql.replace(/^CAST\((.*) AS Nullable\(Decimal\(76, 0\)\)\)$/, '$1') : sql})`;
  }
  const limits = floatDigits(to.mysqlType);
  if (limits !== undefined) {
    const unit = `1e${limits.scale}`;
    const rounded = `(floor(${sql}) + roundBankers((${sql} - floor(${sql})) * ${unit}) / ${unit})`;
    const most = floatMax(limits);
    const stored = `multiIf(${rounded} > ${most}, ${most}, ${rounded} < -${most}, -${most}, ${rounded})`;
    if (isSameFloat(from, to)) {
      const float = `Float${type.bits}`;
      const changed = `(CAST(${sql} AS Nullable(${float})) != CAST(${stored} AS Nullable(${float})))`;
      doubts.push({ sql: changed, what: 'numbers that are rounded only where rows are copied' });
    }
    sql = stored;
  } else if (type.bits === 32) {
    doubts.push({ sql: `abs(${sql}) > 3.4e38`, what: 'numbers over 3.4e38' });
  }
  if (to.mysqlType.includes('unsigned')) sql = `if(${sql} < 0, 0, ${sql})`;
  return { sql: `CAST(${sql} AS Nullable(Float${type.bits}))`, doubts };
}

/** Whether the server may leave all rows as they are: only the (M,D) is another one. */
function isSameFloat(from: ColumnChange['from'], to: ColumnChange['to']): boolean {
  return (
    from.type.kind === 'float' &&
    to.type.kind === 'float' &&
    from.type.bits === to.type.bits &&
    from.mysqlType.includes('unsigned') === to.mysqlType.includes('unsigned')
  );
}

function withDoubt(value: ConvertedValue, doubt: Doubt): ConvertedValue {
  return { sql: value.sql, doubts: [...value.doubts, doubt] };
}

function outside({ kind, sql, scale }: SourceNumber, most: bigint): Doubt {
  const bound =
    kind === 'double' ? `toFloat64(${most})` : `CAST('${most}' AS Decimal(76, ${scale}))`;
  return { sql: `(${sql} < 0 OR ${sql} > ${bound})`, what: 'numbers that need more bits' };
}
