import { columnLayout } from '../../binlog/index.js';
import type { Column, ColumnData, TableSchema } from '../../protocol/index.js';
import { valueReader } from '../row-keys.js';

/** A value as its bytes in Arrow, one character a byte; null for NULL. */
export type Cell = string | null;

/** Reads single values of columns. Owns: the columns must stay as they are meanwhile. */
export type CellReader = (column: number, row: number) => Cell;

/** Gives a reader of the cells of rows that lie in columns of a table. */
export function cellReader(schema: TableSchema, columns: readonly ColumnData[]): CellReader {
  const readers = new Map<number, (row: number) => Buffer>();
  return (column, row) => {
    const validity = columns[column]?.validity;
    if (validity !== undefined && ((validity[row >> 3] ?? 0) & (1 << (row & 7))) === 0) return null;
    let read = readers.get(column);
    if (read === undefined) {
      read = valueReader(schema, columns, column);
      readers.set(column, read);
    }
    return read(row).toString('latin1');
  };
}

/** Several cells as one text; undefined where one is NULL, as that matches nothing. */
export function keyText(cells: readonly Cell[]): string | undefined {
  const [only] = cells;
  if (cells.length === 1) return only ?? undefined;
  let text = '';
  for (const cell of cells) {
    if (cell === null) return undefined;
    text += `${cell.length}:${cell}`;
  }
  return text;
}

/** Several cells as one text, NULL included. */
export function rowText(cells: readonly Cell[]): string {
  return cells.map((cell) => (cell === null ? '-' : `${cell.length}:${cell}`)).join('');
}

/** Makes a column of cells. Owns: new buffers. */
export function columnOfCells(column: Column, cells: readonly Cell[]): ColumnData {
  const layout = columnLayout(column.type);
  const validity = new Uint8Array((cells.length + 7) >> 3).fill(255);
  let nullCount = 0;
  cells.forEach((cell, row) => {
    if (cell !== null) return;
    validity[row >> 3] = (validity[row >> 3] ?? 0) & ~(1 << (row & 7));
    nullCount += 1;
  });
  const nulls = { validity: nullCount > 0 ? validity : undefined, nullCount };
  if (layout.kind === 'fixed') {
    const values = Buffer.alloc(cells.length * layout.bytes);
    cells.forEach((cell, row) => {
      if (cell !== null) values.write(cell, row * layout.bytes, 'latin1');
    });
    return { ...nulls, offsets: undefined, values };
  }
  const offsets = new Int32Array(cells.length + 1);
  cells.forEach((cell, row) => {
    offsets[row + 1] = (offsets[row] ?? 0) + (cell?.length ?? 0) / layout.unitBytes;
  });
  return {
    ...nulls,
    offsets,
    values: Buffer.from(cells.map((cell) => cell ?? '').join(''), 'latin1'),
  };
}
