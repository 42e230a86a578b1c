import { readValue } from '../binlog/index.js';
import { isFarDay, quoteString, type ChangeColumns } from '../protocol/index.js';
import { engineLiteral } from './engine-literal.js';
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
      return dateLiteral(changes, index);
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

/** As text, which costs the parser less, where the engine has such a literal. */
function dateLiteral(changes: ChangeColumns, index: number): (row: number) => string {
  const { values = new Uint8Array(0) } = changes.columns[index] ?? {};
  const days = new DataView(values.buffer, values.byteOffset, values.byteLength);
  return (row) => {
    const day = days.getInt32(row * 4, true);
    return isFarDay(day)
      ? engineLiteral.date(day)
      : quoteString(String(readValue(changes, index, row)));
  };
}

/** Bytes as a string literal: printable ASCII as it is, all else as \xHH. */
function bytesLiteral(bytes: Buffer): string {
  const text = bytes
    .toString('latin1')
    .replace(/[^ -&(-[\]-~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `'${text}'`;
}
