/**
 * Rows that one event appended to a builder and that lack values, because the log does not hold them
 * (binlog_row_image MINIMAL or NOBLOB). Whoever stores them must complete them first.
 *
 * Shape: row `rows[i]`, of delmark 0, has NULL or the empty value in each column of `missing`, and
 * its own value in all others. What belongs there is, by `source`:
 * - `current-row` (an update): the value of that column in the row that has the key of builder row
 *   `keyRows[i]`, as it is after all earlier changes, those of earlier builder rows included.
 *   `keyRows[i]` is `rows[i]` itself, or, where the update changes the key, the row before it, which
 *   takes the old key away: look the old row up before that one is applied. No such row means that
 *   copy and source differ.
 * - `default` (an insert; MySQL leaves out columns that the statement did not name): the column's
 *   DEFAULT, or without one NULL, or the type's implicit default where the column is NOT NULL.
 *   Defaults that are computed are in the log.
 */
export interface IncompleteRows {
  /** Indexes of the schema's columns, ascending; never one of the key's. */
  readonly missing: readonly number[];
  readonly source: 'current-row' | 'default';
  /** Row numbers in the builder, ascending. */
  readonly rows: readonly number[];
  readonly keyRows: readonly number[];
}

/** Incomplete rows and the event that they came from. */
export interface PlacedIncompleteRows extends IncompleteRows {
  readonly file: string;
  readonly offset: number;
}
