import type { Column, TableSchema } from '../../protocol/index.js';
import { columnCodes } from '../column-codes.js';
import type { TableMapColumn } from '../event.js';

/**
 * Whether a server puts the hidden columns of functional indexes into TABLE_MAP, as MySQL 8.0.13 to
 * 8.0.17 do. They stand where the index was made, with columns that were added later after them.
 *
 * Source: MySQL 9.7 sql/changestreams/misc/column_filters/column_filter_inbound_func_indexes.cc,
 * is_filter_needed.
 */
export function logsHiddenColumns(serverVersion: string): boolean {
  if (/mariadb/i.test(serverVersion)) return false;
  const patch = Number(/^8\.0\.(\d+)/.exec(serverVersion)?.[1] ?? Number.NaN);
  return patch >= 13 && patch <= 17;
}

/**
 * Whether the log itself says that a column is hidden: by its type, that of a multi-valued index, or
 * by the name that the server gives it.
 *
 * Source: MySQL 9.7 sql/sql_table.cc, make_functional_index_column_name.
 */
export function isToldHidden(logged: TableMapColumn): boolean {
  return logged.typeCode === columnCodes.typedArray || logged.name?.startsWith('!hidden!') === true;
}

/**
 * Indexes of the log's columns that are no columns of the schema, because the server hides them;
 * undefined where that can't be told.
 *
 * Where the log does not name its columns, hidden ones are told by what is left when the schema's
 * columns are fitted to the log's, if they fit in one way only. `unnamed`: the log's server writes
 * such columns (`logsHiddenColumns`).
 */
export function hiddenColumns(
  logged: readonly TableMapColumn[],
  schema: TableSchema,
  fits: (column: Column, logged: TableMapColumn) => boolean,
  unnamed: boolean,
): ReadonlySet<number> | undefined {
  const extra = logged.length - schema.columns.length;
  const all = logged.map((_, i) => i);
  if (extra === 0) return new Set();
  const told = all.filter((i) => logged[i] !== undefined && isToldHidden(logged[i]));
  if (told.length === extra) return new Set(told);
  if (!unnamed || told.length > extra || logged.some((column) => column.name !== undefined)) {
    return undefined;
  }
  const others = all.filter((i) => !told.includes(i));
  const isFit = (column: Column, index: number): boolean => {
    const candidate = logged[index];
    return candidate !== undefined && fits(column, candidate);
  };
  // The fit whose columns lie as far in front as they can, and the one farthest back.
  const first = fitInOrder(schema.columns, others, isFit);
  const last = fitInOrder(schema.columns.toReversed(), others.toReversed(), isFit)?.reverse();
  if (first?.every((index, i) => index === last?.[i]) !== true) return undefined;
  return new Set(all.filter((i) => !first.includes(i)));
}

/** For each column the first index after the one before that it fits; undefined where one has none. */
function fitInOrder(
  columns: readonly Column[],
  indexes: readonly number[],
  isFit: (column: Column, index: number) => boolean,
): number[] | undefined {
  const fitted: number[] = [];
  for (const index of indexes) {
    const column = columns[fitted.length];
    if (column !== undefined && isFit(column, index)) fitted.push(index);
  }
  return fitted.length === columns.length ? fitted : undefined;
}
