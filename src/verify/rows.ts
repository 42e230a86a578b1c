import type { ColumnData, TableSchema } from '../protocol/index.js';
import { gatherColumn, type KnownTable } from '../writer/index.js';

/** Rows of a table as columns in the form in which the writer sends them (`arrowWriteType`). */
export interface Rows {
  readonly schema: TableSchema;
  readonly rows: number;
  /** `columns[i]` belongs to `schema.columns[i]`. */
  readonly columns: readonly ColumnData[];
}

/** One row among others. */
export interface RowPlace {
  rows: Rows;
  row: number;
}

/** A table of the source, and the copy's table that is held against it. */
export interface ComparedTable {
  /** Names are the source's. */
  known: KnownTable;
  /** The same columns under the name of the copy's table. */
  schema: TableSchema;
  /** Indexes of the columns that tell rows apart: the key's, or all of a table without one. */
  key: readonly number[];
  isKeyless: boolean;
  /** How many rows there are, by the server's estimate. */
  rowsEstimate: number;
}

/** Copies rows that lie in several places into one. Owns: new buffers. */
export function gatherRows(schema: TableSchema, places: readonly RowPlace[]): Rows {
  const numbers = new Map<Rows, number>();
  const from = new Int32Array(places.length);
  const rows = new Int32Array(places.length);
  places.forEach((place, index) => {
    const number = numbers.get(place.rows) ?? numbers.size;
    numbers.set(place.rows, number);
    from[index] = number;
    rows[index] = place.row;
  });
  const all = [...numbers.keys()];
  const columns = schema.columns.map((column, index) => {
    const sources = all.flatMap((each) => each.columns[index] ?? []);
    return gatherColumn(column, { sources, from, rows });
  });
  return { schema, rows: places.length, columns };
}
