import { quoteString, type Column } from '../protocol/index.js';
import type { ColumnDefinition } from './ddl/index.js';

/** What rows get that are there already when a column is added, or that an INSERT leaves it out of. */
export type ColumnDefault =
  /** What the engine gives without being told: NULL, 0 or ''. */
  { kind: 'engine' } | { kind: 'sql'; sql: string } | { kind: 'unknown' };

/** Finds what rows get without being told. A zero date becomes NULL, as anywhere else. */
export function columnDefault(
  definition: Pick<ColumnDefinition, 'defaultLiteral'>,
  column: Column,
): ColumnDefault {
  const literal = definition.defaultLiteral;
  if (literal?.kind === 'expression') return { kind: 'unknown' };
  if (literal === undefined || literal.kind === 'null') {
    return column.nullable ? { kind: 'engine' } : implicitDefault(column);
  }
  return literalDefault(literal.text, column);
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
      return { kind: 'engine' };
    case 'bytes':
      return { kind: type.fixedLength === undefined ? 'engine' : 'unknown' };
    case 'enum': {
      const [first] = type.members;
      return first === undefined ? { kind: 'unknown' } : { kind: 'sql', sql: quoteString(first) };
    }
    // TIMESTAMP may get the time of the statement; the others have no default that is a value.
    case 'timestamp':
    case 'json':
    case 'geometry':
    case 'vector':
    case 'uuid':
    case 'inet4':
    case 'inet6':
      return { kind: 'unknown' };
  }
}

function literalDefault(text: string, { type }: Column): ColumnDefault {
  switch (type.kind) {
    case 'year':
      // One or two digits stand for a year near 2000.
      return /^(?:\d{4}|0)$/.test(text) ? { kind: 'sql', sql: text } : { kind: 'unknown' };
    case 'int':
      return /^-?\d+$/.test(text) ? { kind: 'sql', sql: text } : { kind: 'unknown' };
    case 'decimal':
    case 'float':
      return /^-?\d*\.?\d+$/.test(text)
        ? { kind: 'sql', sql: quoteString(text) }
        : { kind: 'unknown' };
    case 'text':
    case 'enum':
      return { kind: 'sql', sql: quoteString(text) };
    case 'date':
    case 'datetime':
      if (text.startsWith('0000-00-00')) return { kind: 'engine' };
      return /^\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d(?:\.\d{1,6})?)?$/.test(text)
        ? { kind: 'sql', sql: quoteString(text) }
        : { kind: 'unknown' };
    // A literal TIMESTAMP is in the session's time zone, a SET may be written in another order, …
    default:
      return { kind: 'unknown' };
  }
}
