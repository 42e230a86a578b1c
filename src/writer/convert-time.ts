import { engineValueType, type ColumnType } from '../protocol/index.js';
import type { ColumnChange, ConvertedValue, Doubt } from './column-change.js';

type TypeOf<Kind extends ColumnType['kind']> = Extract<ColumnType, { kind: Kind }>;

/**
 * What a column of dates or times makes of the values of another column.
 *
 * Shape: undefined where it is not certain.
 * Source: MySQL 8.4 manual, "Conversion Between Date and Time Types".
 */
export function convertTime(change: ColumnChange): ConvertedValue | undefined {
  const { from, to } = change;
  if (from.type.kind === 'time' && to.type.kind === 'time') return shortTime(change, to.type.fsp);
  if (to.type.kind === 'time') return undefined;
  if (from.type.kind === 'text') return ofText(change);
  if (from.type.kind === 'date' && to.type.kind === 'datetime') return ofDate(change);
  if (from.type.kind !== 'datetime' && from.type.kind !== 'timestamp') return undefined;
  const moved = inZone(change);
  if (moved === undefined) return undefined;
  if (to.type.kind === 'date') return toDate(change, moved, from.type.fsp);
  if (to.type.kind !== 'datetime' && to.type.kind !== 'timestamp') return undefined;
  return shortened(moved, change, to.type);
}

function ofDate({ name }: ColumnChange): ConvertedValue {
  return { sql: `CAST(${name} AS Nullable(DateTime64(0, 'UTC')))`, doubts: [] };
}

/** Microseconds of the wall clock or of UTC, as the new column counts them. */
function inZone({ from, to, name, session }: ColumnChange): ConvertedValue | undefined {
  const micros = `toUnixTimestamp64Micro(CAST(${name} AS Nullable(DateTime64(6, 'UTC'))))`;
  const isInstant = to.type.kind === 'timestamp';
  if ((from.type.kind === 'timestamp') === isInstant) return { sql: micros, doubts: [] };
  if (session.zoneSeconds === undefined) return undefined;
  const moved = `(${micros} ${isInstant ? '-' : '+'} ${session.zoneSeconds * 1_000_000})`;
  if (!isInstant) return { sql: moved, doubts: [] };
  // Outside of the range of TIMESTAMP: newer servers have a larger one.
  const range = `(${moved} < 1000000 OR ${moved} >= 2147483647000000)`;
  return { sql: moved, doubts: [{ sql: range, what: 'dates before 1970 or after 2038' }] };
}

function shortened(
  { sql, doubts }: ConvertedValue,
  { session }: ColumnChange,
  type: TypeOf<'datetime' | 'timestamp'>,
): ConvertedValue {
  const unit = 10 ** (6 - type.fsp);
  const added = session.roundsFractions ? `(${sql} + ${unit / 2})` : sql;
  const cut = unit === 1 ? sql : `(${added} - positiveModulo(${added}, ${unit}))`;
  const target = `Nullable(${engineValueType(type)})`;
  return {
    sql: `CAST(fromUnixTimestamp64Micro(toInt64(${cut}), 'UTC') AS ${target})`,
    doubts: unit === 1 ? doubts : [...doubts, lastSecond(sql)],
  };
}

/** The last second of 9999 would be rounded into the year 10000. */
function lastSecond(micros: string): Doubt {
  return { sql: `${micros} >= 253402300799000000`, what: 'the last second of the year 9999' };
}

function toDate(
  { session }: ColumnChange,
  { sql, doubts }: ConvertedValue,
  fsp: number,
): ConvertedValue {
  const day = 86_400_000_000;
  const isRounded = fsp > 0 && session.roundsFractions;
  // A literal over 2^32 is unsigned for the engine, and would make times before 1970 so, too.
  const midnight = `positiveModulo(${sql}, toInt64(${day})) >= ${day - 500_000}`;
  return {
    sql: `toDate32(fromUnixTimestamp64Micro(toInt64(${sql}), 'UTC'))`,
    doubts: isRounded
      ? [...doubts, { sql: midnight, what: 'times that are rounded to the next day' }]
      : doubts,
  };
}

function ofText({ name, to }: ColumnChange): ConvertedValue | undefined {
  const text = `CAST(${name} AS Nullable(String))`;
  if (to.type.kind === 'date') {
    const parsed = `toDateTime64OrNull(concat(ifNull(${text}, ''), ' 00:00:00'), 0, 'UTC')`;
    const doubt = `(isNotNull(${text}) AND ifNull(substring(toString(${parsed}), 1, 10), '') != ${text})`;
    return {
      sql: `toDate32(${parsed})`,
      doubts: [{ sql: doubt, what: 'text that is no plain date' }],
    };
  }
  if (to.type.kind !== 'datetime') return undefined;
  const parsed = `toDateTime64OrNull(ifNull(${text}, ''), 0, 'UTC')`;
  const doubt = `(isNotNull(${text}) AND ifNull(toString(${parsed}), '') != ${text})`;
  return { sql: parsed, doubts: [{ sql: doubt, what: 'text that is no plain date and time' }] };
}

/** Seconds of a day and its fraction, towards or away from zero. */
function shortTime({ name, session }: ColumnChange, fsp: number): ConvertedValue {
  const micros = `toInt64(toDecimal64(${name}, 6) * 1000000)`;
  const unit = 10 ** (6 - fsp);
  const added = session.roundsFractions ? `(abs(${micros}) + ${unit / 2})` : `abs(${micros})`;
  const cut = `(intDiv(${added}, ${unit}) * ${unit})`;
  const seconds = `intDiv(${cut}, 1000000)`;
  const parts = [`intDiv(${seconds}, 3600)`, `intDiv(${seconds}, 60) % 60`, `${seconds} % 60`];
  const text = `concat(if(${micros} < 0, '-', ''), ${parts
    // leftPad cuts what is longer: hours have up to three digits.
    .map((part) => `if(${part} > 99, toString(${part}), leftPad(toString(${part}), 2, '0'))`)
    .join(", ':', ")}, '.', leftPad(toString(${cut} % 1000000), 6, '0'))`;
  return {
    sql: `CAST(${text} AS Nullable(${engineValueType({ kind: 'time', fsp })}))`,
    doubts: [{ sql: `abs(${micros}) >= 3020399000000`, what: 'the largest time' }],
  };
}
