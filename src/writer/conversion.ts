import { engineColumnType, quoteIdentifier, type Column } from '../protocol/index.js';
import type { ColumnChange, ConvertedValue } from './column-change.js';
import { convertNumber } from './convert-number.js';
import { convertText } from './convert-text.js';
import { convertTime } from './convert-time.js';
import type { KnownTable } from './schema-history.js';
import type { StatementSession } from './statement-session.js';
import { keepsValues } from './type-change.js';

export type Conversion =
  | ({ kind: 'computed'; keeps: boolean } & ConvertedValue)
  /** Why it is not certain what the source made of the values. */
  | { kind: 'problem'; problem: string };

type Table = Pick<KnownTable, 'schema' | 'memberCharsets'>;

/**
 * Finds what a change of a column's type makes of each value, on a server that went through with it.
 *
 * Shape: `keeps` where every value stays what it was; the engine's own change of type then gives the
 * same as `sql`.
 */
export function convertColumn(
  from: Column,
  to: Column,
  session: StatementSession,
  before: Table,
  after: Table,
): Conversion {
  const keeps = keepsValues(from, to) && !(session.padsChars && from.mysqlType.startsWith('char'));
  const name = quoteIdentifier(from.name);
  const source = { from, to, name, session, memberCharset: before.memberCharsets?.[from.name] };
  const value = keeps ? { sql: name, doubts: [] } : convertValue(source);
  if (value === undefined) {
    const problem = `column ${from.name} from ${from.mysqlType} to ${to.mysqlType} may change values`;
    return { kind: 'problem', problem };
  }
  const fromType = engineColumnType(from, before.schema);
  const toType = engineColumnType(to, after.schema);
  const losesNull = isNullable(fromType) && !isNullable(toType) && to.type.kind !== 'vector';
  const filled = losesNull ? withoutNull(value, source) : withTimeForNull(value, source);
  return {
    kind: 'computed',
    keeps: keeps && !losesNull,
    sql: `CAST(${filled.sql} AS ${toType})`,
    doubts: filled.doubts,
  };
}

function isNullable(engineType: string): boolean {
  return engineType.includes('Nullable(');
}

function convertValue(change: ColumnChange): ConvertedValue | undefined {
  switch (change.to.type.kind) {
    case 'int':
    case 'decimal':
    case 'float':
    case 'bit':
    case 'year':
      return convertNumber(change);
    case 'text':
    case 'bytes':
    case 'enum':
    case 'set':
      return convertText(change);
    case 'date':
    case 'datetime':
    case 'timestamp':
    case 'time':
      return convertTime(change);
    case 'json':
    case 'geometry':
    case 'vector':
    case 'uuid':
    case 'inet4':
    case 'inet6':
      return undefined;
  }
}

/** NULL in a column that becomes NOT NULL, which only a session that is not strict allows. */
function withoutNull(value: ConvertedValue, { to, name }: ColumnChange): ConvertedValue {
  const zero = zeroValue(to);
  if (zero !== undefined) {
    // Decimals of two scales have no type in common.
    const sql =
      to.type.kind === 'decimal'
        ? `CAST(${value.sql} AS Nullable(Decimal(${to.type.precision}, ${to.type.scale})))`
        : value.sql;
    return { ...value, sql: `ifNull(${sql}, ${zero})` };
  }
  const what = `NULL in ${to.name}, which can't be NULL any more`;
  return { ...value, doubts: [...value.doubts, { sql: `isNull(${name})`, what }] };
}

/** Without explicit_defaults_for_timestamp a NULL becomes the time of the statement, or was a zero date. */
function withTimeForNull(
  value: ConvertedValue,
  { from, to, name, session }: ColumnChange,
): ConvertedValue {
  const mayFill = to.type.kind === 'timestamp' && from.nullable && !to.nullable;
  if (!mayFill || session.explicitTimestamps === true) return value;
  const what = `NULL in ${to.name}, which gets the time of the statement`;
  return { ...value, doubts: [...value.doubts, { sql: `isNull(${name})`, what }] };
}

/** Field::reset of the server's types. Undefined: it is no value, or not certain. */
function zeroValue({ type }: Column): string | undefined {
  switch (type.kind) {
    case 'int':
    case 'bit':
    case 'year':
    case 'float':
      return '0';
    case 'decimal':
      return `CAST('0' AS Decimal(${type.precision}, ${type.scale}))`;
    case 'text':
    case 'enum':
    case 'set':
      return "''";
    case 'bytes':
      return type.fixedLength === undefined ? "''" : `unhex('${'00'.repeat(type.fixedLength)}')`;
    case 'time':
      return `CAST('00:00:00' AS Time64(${type.fsp === 0 ? 0 : Math.max(type.fsp, 4)}))`;
    default:
      return undefined;
  }
}
