import { columnLayout } from '../binlog/index.js';
import { isBitSet, type Column, type ColumnData } from '../protocol/index.js';
import type { RowPlace, Rows } from './rows.js';

/** Whether two rows hold the same bytes in some of their columns; NULL is the same as NULL alone. */
export function sameRow(a: RowPlace, b: RowPlace, indexes: readonly number[]): boolean {
  for (const index of indexes) {
    if (!sameColumn(a.rows, a.row, b.rows, b.row, index)) return false;
  }
  return true;
}

/** Names of the columns in which two rows differ. */
export function differingColumns(a: RowPlace, b: RowPlace): string[] {
  return a.rows.schema.columns
    .filter((_, index) => !sameColumn(a.rows, a.row, b.rows, b.row, index))
    .map(({ name }) => name);
}

/** Whether two rows hold the same bytes in one column. */
export function sameColumn(a: Rows, rowA: number, b: Rows, rowB: number, index: number): boolean {
  const column = a.schema.columns[index];
  const dataA = a.columns[index];
  const dataB = b.columns[index];
  if (column === undefined || dataA === undefined || dataB === undefined) {
    throw new RangeError(`no column ${index}`);
  }
  return sameValue(column, dataA, rowA, dataB, rowB);
}

function sameValue(
  column: Column,
  a: ColumnData,
  rowA: number,
  b: ColumnData,
  rowB: number,
): boolean {
  const isNull = a.validity !== undefined && !isBitSet(a.validity, rowA);
  if (isNull !== (b.validity !== undefined && !isBitSet(b.validity, rowB))) return false;
  if (isNull) return true;
  const layout = columnLayout(column.type);
  if (layout.kind === 'fixed') {
    const { bytes } = layout;
    return sameBytes(a.values, rowA * bytes, b.values, rowB * bytes, bytes);
  }
  const startA = a.offsets?.[rowA] ?? 0;
  const startB = b.offsets?.[rowB] ?? 0;
  const count = (a.offsets?.[rowA + 1] ?? 0) - startA;
  if (count !== (b.offsets?.[rowB + 1] ?? 0) - startB) return false;
  const { unitBytes } = layout;
  return sameBytes(a.values, startA * unitBytes, b.values, startB * unitBytes, count * unitBytes);
}

function sameBytes(a: Uint8Array, atA: number, b: Uint8Array, atB: number, count: number): boolean {
  for (let index = 0; index < count; index += 1) {
    if (a[atA + index] !== b[atB + index]) return false;
  }
  return true;
}
