import { daysFromDate } from '../binlog/index.js';
import { quoteIdentifier, type Column } from '../protocol/index.js';
import type { AlterAction, Partitioning, PartitionPart } from './ddl/index.js';
import type { KnownTable } from './schema-history.js';
import { readDateTime } from './stored-time.js';
import type { StatementSession } from './statement-session.js';

/** Days from year 0 to 1970, as TO_DAYS counts. */
const daysBefore1970 = 719_528;

/** What partitions a table has after an action; undefined where that is not known. */
export function partitionsAfter(
  before: Partitioning | undefined,
  action: AlterAction,
): Partitioning | undefined {
  switch (action.kind) {
    case 'partition-by':
      return action.partitioning;
    case 'add-partitions':
      if (before === undefined || action.parts === undefined) return undefined;
      return { ...before, parts: [...before.parts, ...action.parts] };
    case 'reorganize-partitions': {
      const { parts, names } = action;
      if (before === undefined || parts === undefined || names === 'all') return undefined;
      const at = before.parts.findIndex((part) => isNamed(part, names));
      const rest = before.parts.filter((part) => !isNamed(part, names));
      return at < 0
        ? undefined
        : { ...before, parts: [...rest.slice(0, at), ...parts, ...rest.slice(at)] };
    }
    case 'drop-partitions': {
      const { names } = action;
      if (before === undefined || names === 'all') return undefined;
      return { ...before, parts: before.parts.filter((part) => !isNamed(part, names)) };
    }
    default:
      return before;
  }
}

function isNamed({ name }: PartitionPart, names: readonly string[]): boolean {
  return names.some((each) => each.toLowerCase() === name.toLowerCase());
}

/**
 * The rows of partitions, as a condition of the engine; undefined where it is not certain which these
 * are.
 */
export function rowsOfPartitions(
  { schema, partitioning }: KnownTable,
  names: readonly string[],
  session: StatementSession,
): string | undefined {
  if (partitioning === undefined) return undefined;
  const { parts, kind } = partitioning;
  const column = schema.columns.find(
    ({ name }) => name.toLowerCase() === partitioning.column.toLowerCase(),
  );
  if (column === undefined || !names.every((name) => parts.some((part) => isNamed(part, [name])))) {
    return undefined;
  }
  const sql = keyNumber(column, partitioning);
  if (sql === undefined) return undefined;
  const toNumber = (value: PartitionPart['values'][number]): bigint | 'max' | 'null' | undefined =>
    typeof value === 'string' ? value : boundNumber(value, column, partitioning, session);
  const conditions = parts.flatMap((part, index) => {
    if (!isNamed(part, names)) return [];
    return [
      kind === 'range'
        ? rangeCondition(
            sql,
            index,
            parts.map(({ values }) => values.map(toNumber)),
          )
        : listCondition(sql, part.values.map(toNumber)),
    ];
  });
  return conditions.includes(undefined) ? undefined : `(${conditions.join(' OR ')})`;
}

type Bound = bigint | 'max' | 'null' | undefined;

/** NULL, and so the zero date, is less than everything. */
function rangeCondition(
  sql: string,
  index: number,
  bounds: readonly Bound[][],
): string | undefined {
  const upper = bounds[index];
  const lower = bounds[index - 1];
  if (upper?.length !== 1 || (index > 0 && lower?.length !== 1)) return undefined;
  const [most] = upper;
  const least = lower?.[0];
  if (most === undefined || most === 'null') return undefined;
  const below = most === 'max' ? '1' : `${sql} < ${most}`;
  if (index === 0) return `(isNull(${sql}) OR ${below})`;
  if (typeof least !== 'bigint') return undefined;
  return `(${sql} >= ${least} AND ${below})`;
}

function listCondition(sql: string, values: readonly Bound[]): string | undefined {
  const conditions = values.map((value) => {
    if (value === 'null') return `isNull(${sql})`;
    return typeof value === 'bigint' ? `${sql} = ${value}` : undefined;
  });
  return conditions.includes(undefined) ? undefined : `(${conditions.join(' OR ')})`;
}

/** The partitioned column as a number: integers as they are, dates in days, times in microseconds. */
function keyNumber({ type, name }: Column, { kind, by }: Partitioning): string | undefined {
  const quoted = quoteIdentifier(name);
  if (type.kind === 'int')
    return by === 'value' ? `CAST(${quoted} AS Nullable(Int128))` : undefined;
  // Each value of a list would have to be a whole span, and a zero date none of NULL's.
  if (kind === 'list') return undefined;
  if (type.kind === 'date') return by === 'seconds' ? undefined : `toInt32(${quoted})`;
  const isInstant = type.kind === 'timestamp';
  if (type.kind !== 'datetime' && !isInstant) return undefined;
  // Years and days of a TIMESTAMP are those of the session, which the server does not allow.
  if (isInstant !== (by === 'seconds')) return undefined;
  return `toUnixTimestamp64Micro(CAST(${quoted} AS Nullable(DateTime64(6, 'UTC'))))`;
}

function boundNumber(
  { text, by: called }: Exclude<PartitionPart['values'][number], string>,
  { type }: Column,
  { by }: Partitioning,
  session: StatementSession,
): bigint | undefined {
  const number = /^-?\d+$/.test(text) && called === undefined ? BigInt(text) : undefined;
  if (type.kind === 'int') return number;
  const unit = type.kind === 'date' ? 1n : 86_400_000_000n;
  if (by === 'year' && number !== undefined)
    return BigInt(daysFromDate(Number(number), 1, 1)) * unit;
  if (by === 'days' && number !== undefined) return (number - BigInt(daysBefore1970)) * unit;
  if (by === 'seconds' && number !== undefined) return number * 1_000_000n;
  const isSame = by === 'value' ? called === undefined : called === by;
  const date = isSame && by !== 'year' ? readDateTime(text, 6, session) : undefined;
  if (date?.kind !== 'date') return undefined;
  if (by === 'days' || type.kind === 'date') return BigInt(date.days) * unit;
  const micros = BigInt(date.days) * 86_400_000_000n + BigInt(date.micros);
  if (by !== 'seconds') return micros;
  // The bound was a number when the table was made: of the time zone of that session.
  return undefined;
}
