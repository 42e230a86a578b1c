import type { TableSchema } from './table.js';

/**
 * Values of one column in Arrow's physical layout (Arrow columnar format, "Physical Memory Layout"):
 * ready to be sent, without a JavaScript value for any of them.
 */
export interface ColumnData {
  /** One bit a row, least significant first, 1 for a value; undefined where no row is NULL. */
  validity: Uint8Array | undefined;
  nullCount: number;
  /** For utf8, binary and list: rows + 1 offsets into the values, the first 0; else undefined. */
  offsets: Int32Array | undefined;
  /** Values, little-endian, exactly as long as the rows need. For a list: the items' values. */
  values: Uint8Array;
}

/**
 * Row changes of one table as columns, in order of commit.
 *
 * Shape: `columns[i]` belongs to `schema.columns[i]`; each has `rows` rows. `delmarks[r]` is 1
 * where row r takes its key away (or, in a table without a primary key, one equal row).
 * Owns: the buffers may be views of memory that the maker uses again; see the maker.
 */
export interface ChangeColumns {
  schema: TableSchema;
  rows: number;
  columns: readonly ColumnData[];
  delmarks: Uint8Array;
}
