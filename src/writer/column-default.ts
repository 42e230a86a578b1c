import { decodeText } from '../binlog/index.js';
import type { Column } from '../protocol/index.js';
import type { ColumnDefinition, DefaultLiteral } from './ddl/index.js';
import { engineLiteral } from './engine-literal.js';
import { storedLiteral } from './stored-literal.js';
import type { StatementSession } from './statement-session.js';

/** What rows get that are there already when a column is added, or that an INSERT leaves it out of. */
export type ColumnDefault =
  /** What the engine gives without being told: NULL, 0 or ''. */
  { kind: 'engine' } | { kind: 'sql'; sql: string } | { kind: 'unknown' };

const engineDefault: ColumnDefault = { kind: 'engine' };
const unknownDefault: ColumnDefault = { kind: 'unknown' };

/**
 * Finds what an INSERT gives to a column that it does not name. A zero date becomes NULL, as anywhere
 * else.
 */
export function columnDefault(
  definition: Pick<ColumnDefinition, 'defaultLiteral'>,
  column: Column,
  session: StatementSession,
): ColumnDefault {
  const literal = definition.defaultLiteral;
  if (literal?.kind === 'expression' || literal?.kind === 'now') return unknownDefault;
  if (literal === undefined || literal.kind === 'null') {
    return column.nullable ? engineDefault : implicitDefault(column);
  }
  return storedDefault(literal, column, session);
}

/**
 * Finds what rows get that are there when a column is added. `isFirstTimestamp`: no TIMESTAMP column
 * stands before it.
 */
export function fillOfRows(
  definition: ColumnDefinition,
  column: Column,
  session: StatementSession,
  isFirstTimestamp: boolean,
): ColumnDefault {
  const literal = definition.defaultLiteral;
  if (definition.generated !== undefined || definition.isAutoIncrement) return unknownDefault;
  if (literal?.kind === 'now') return timeOfStatement(literal, column, session);
  if (column.type.kind === 'timestamp' && literal === undefined) {
    return timestampFill(definition, column, session, isFirstTimestamp);
  }
  return columnDefault(definition, column, session);
}

/**
 * TIMESTAMP without explicit_defaults_for_timestamp: NOT NULL unless told otherwise, the first one of
 * the table with the time of the statement, all others with the zero date.
 */
function timestampFill(
  definition: ColumnDefinition,
  column: Column,
  session: StatementSession,
  isFirstTimestamp: boolean,
): ColumnDefault {
  const saysNull = definition.nullIsTold && definition.nullable;
  // Whatever the setting says, the column becomes NULL: told so, or the zero date.
  if (saysNull || !isFirstTimestamp || session.explicitTimestamps === true) return engineDefault;
  if (session.explicitTimestamps === undefined) return unknownDefault;
  return timeOfStatement({ kind: 'now', fsp: fspOf(column), isDate: false }, column, session);
}

function timeOfStatement(
  { fsp, isDate }: Extract<DefaultLiteral, { kind: 'now' }>,
  column: Column,
  session: StatementSession,
): ColumnDefault {
  const { type } = column;
  const { microseconds, zoneSeconds, timeSeconds } = session;
  if (type.kind !== 'date' && type.kind !== 'datetime' && type.kind !== 'timestamp') {
    return unknownDefault;
  }
  const digits = Math.min(fsp, fspOf(column));
  const zone = type.kind === 'timestamp' ? 0 : zoneSeconds;
  if (zone === undefined || (digits > 0 && microseconds === undefined)) return unknownDefault;
  const seconds = timeSeconds + zone;
  const days = Math.floor(seconds / 86_400);
  if (type.kind === 'date') return { kind: 'sql', sql: engineLiteral.date(days) };
  const unit = 10 ** (6 - digits);
  const fraction = digits === 0 ? 0 : Math.floor((microseconds ?? 0) / unit) * unit;
  const micros = isDate ? 0 : (seconds - days * 86_400) * 1_000_000 + fraction;
  return { kind: 'sql', sql: engineLiteral.dateTime(days, micros, type.fsp) };
}

function fspOf({ type }: Column): number {
  return 'fsp' in type ? type.fsp : 0;
}

/** Source: MySQL 8.4 manual, "Data Type Default Values". */
function implicitDefault({ type }: Column): ColumnDefault {
  switch (type.kind) {
    case 'int':
    case 'decimal':
    case 'float':
    case 'bit':
    case 'year':
    case 'time':
    case 'text':
    case 'set':
    case 'date':
    case 'datetime':
      return engineDefault;
    case 'bytes': {
      const { fixedLength } = type;
      if (fixedLength === undefined) return engineDefault;
      return { kind: 'sql', sql: engineLiteral.bytes('00'.repeat(fixedLength)) };
    }
    case 'enum': {
      const [first] = type.members;
      return first === undefined ? unknownDefault : { kind: 'sql', sql: engineLiteral.text(first) };
    }
    // TIMESTAMP may get the time of the statement; the others have no default that is a value.
    case 'timestamp':
    case 'json':
    case 'geometry':
    case 'vector':
    case 'uuid':
    case 'inet4':
    case 'inet6':
      return unknownDefault;
  }
}

function storedDefault(
  literal: Extract<DefaultLiteral, { kind: 'string' | 'number' | 'bytes' }>,
  column: Column,
  session: StatementSession,
): ColumnDefault {
  if (session.emptyIsNull && literal.kind === 'string' && literal.text === '')
    return unknownDefault;
  const readable = withoutIntroducer(literal, session);
  const sql = readable === undefined ? undefined : storedLiteral(readable, column, session);
  if (sql === undefined) return unknownDefault;
  return sql === 'NULL' ? engineDefault : { kind: 'sql', sql };
}

/** A string with an introducer is its bytes in the client's charset, taken for another one's. */
function withoutIntroducer(
  literal: Extract<DefaultLiteral, { kind: 'string' | 'number' | 'bytes' }>,
  { clientCharset }: StatementSession,
): Exclude<DefaultLiteral, { kind: 'null' | 'now' | 'expression' }> | undefined {
  if (literal.kind === 'number' || literal.introducer === undefined) return literal;
  const { introducer } = literal;
  if (literal.kind === 'bytes') {
    if (introducer === 'binary') return { ...literal, introducer: undefined };
    const text = decodeText(Buffer.from(literal.hex, 'hex'), introducer);
    return { kind: 'string', text, introducer: undefined };
  }
  const isPlain = /^[\0-\x7f]*$/.test(literal.text);
  const isUtf8 = clientCharset === 'utf8mb4' || clientCharset === 'utf8mb3';
  if (isPlain || introducer === clientCharset) return { ...literal, introducer: undefined };
  if (!isUtf8) return undefined;
  const bytes = Buffer.from(literal.text, 'utf8');
  if (introducer === 'binary') {
    const hex = bytes.toString('hex');
    return { kind: 'bytes', hex, introducer: undefined, isQuotedHex: true };
  }
  return { kind: 'string', text: decodeText(bytes, introducer), introducer: undefined };
}
