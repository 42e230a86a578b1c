import { columnLayout } from '../binlog/index.js';
import { isBitSet } from '../protocol/index.js';
import type { Rows } from './rows.js';

/**
 * Gives what tells a row from others as a text: two rows have the same text where these columns hold the same
 * bytes.
 */
export function keyTextReader(
  { schema, columns }: Rows,
  indexes: readonly number[],
): (row: number) => string {
  const parts = indexes.map((index) => {
    const column = schema.columns[index];
    const data = columns[index];
    if (column === undefined || data === undefined) throw new RangeError(`no column ${index}`);
    const { buffer, byteOffset, byteLength } = data.values;
    const bytes = Buffer.from(buffer, byteOffset, byteLength);
    const layout = columnLayout(column.type);
    return (row: number): string => {
      if (data.validity !== undefined && !isBitSet(data.validity, row)) return 'NULL';
      if (layout.kind === 'fixed') {
        return bytes.toString('latin1', row * layout.bytes, (row + 1) * layout.bytes);
      }
      const start = (data.offsets?.[row] ?? 0) * layout.unitBytes;
      const end = (data.offsets?.[row + 1] ?? 0) * layout.unitBytes;
      return `${end - start}:${bytes.toString('latin1', start, end)}`;
    };
  });
  return (row) => parts.map((part) => part(row)).join(',');
}
