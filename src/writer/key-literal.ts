import { readValue } from '../binlog/index.js';
import { quoteString, type ChangeColumns } from '../protocol/index.js';
import { keyIndexes, valueReader } from './row-keys.js';

/**
 * Gives the key of a row as a literal of the engine's SQL, a tuple where it has several columns. Only
 * literals: a list of them costs the engine's parser one node.
 */
export function keyLiteral(changes: ChangeColumns): (row: number) => string {
  const parts = keyIndexes(changes.schema).map((index) => partLiteral(changes, index));
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  return (row) => `(${parts.map((part) => part(row)).join(',')})`;
}

function partLiteral(changes: ChangeColumns, index: number): (row: number) => string {
  const column = changes.schema.columns[index];
  if (column === undefined) throw new RangeError(`no column ${index}`);
  switch (column.type.kind) {
    case 'int':
    case 'bit':
    case 'year':
    case 'float':
      return (row) => String(readValue(changes, index, row));
    // Text that the engine parses by the column's type.
    case 'date':
      return (row) => dateLiteral(String(readValue(changes, index, row)));
    case 'decimal':
    case 'datetime':
    case 'timestamp':
    case 'time':
      return (row) => quoteString(String(readValue(changes, index, row)));
    default: {
      const read = valueReader(changes.schema, changes.columns, index);
      return (row) => bytesLiteral(read(row));
    }
  }
}

/** The engine reads text before 1900 and after 2299 as the first and the last day between. */
function dateLiteral(text: string): string {
  const [year = 0, month = 1, day = 1] = text.split('-').map(Number);
  if (year >= 1900 && year <= 2299) return quoteString(text);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return `addDays(toDate32('1970-01-01'), ${date.getTime() / 86_400_000})`;
}

/** Bytes as a string literal: printable ASCII as it is, all else as \xHH. */
function bytesLiteral(bytes: Buffer): string {
  const text = bytes
    .toString('latin1')
    .replace(/[^ -&(-[\]-~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `'${text}'`;
}
