import { columnLayout } from '../binlog/index.js';
import type { ColumnData, TableSchema } from '../protocol/index.js';

/** Indexes of the key's columns in the schema, in key order. */
export function keyIndexes(schema: TableSchema): number[] {
  return schema.primaryKey.map((name) =>
    schema.columns.findIndex((column) => column.name === name),
  );
}

/** Gives the key of a row as a text: two rows have the same text where their keys are the same bytes. */
export function keyReader(
  schema: TableSchema,
  columns: readonly ColumnData[],
): (row: number) => string {
  const readers = keyIndexes(schema).map((index) => valueReader(schema, columns, index));
  const [only] = readers;
  if (only !== undefined && readers.length === 1) return (row) => only(row).toString('latin1');
  return (row) =>
    readers
      .map((read) => read(row))
      .map((value) => `${value.length}:${value.toString('latin1')}`)
      .join();
}

/** Gives the bytes of a column's value that is not NULL, as they stand in Arrow. Owns: views. */
export function valueReader(
  schema: TableSchema,
  columns: readonly ColumnData[],
  index: number,
): (row: number) => Buffer {
  const column = schema.columns[index];
  const data = columns[index];
  if (column === undefined || data === undefined) throw new RangeError(`no column ${index}`);
  const { buffer, byteOffset, byteLength } = data.values;
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  const layout = columnLayout(column.type);
  if (layout.kind === 'fixed') {
    return (row) => bytes.subarray(row * layout.bytes, (row + 1) * layout.bytes);
  }
  const { offsets } = data;
  const { unitBytes } = layout;
  return (row) =>
    bytes.subarray((offsets?.[row] ?? 0) * unitBytes, (offsets?.[row + 1] ?? 0) * unitBytes);
}
