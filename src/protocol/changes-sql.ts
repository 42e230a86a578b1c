import { FlashError } from './errors.js';
import { findScanColumn, selectItem, selectValue, type ScanColumn } from './scan-request.js';
import { quoteIdentifier, quoteString, quoteTable } from './sql-text.js';
import { tableName } from './table.js';

/**
 * What a reader wants of the changes of one mutable table, between two of its states.
 *
 * Shape: `stored` keeps the later state, the table of a snapshot; `after` is the version of the
 * earlier one, 0 for none: all rows are changes then. `columns` in the order wanted, the table's and
 * `changeColumns` when absent; `where` is one expression on columns of the key.
 */
export interface ChangesRequest {
  database: string;
  table: string;
  stored: { database: string; table: string };
  after: bigint;
  key: readonly string[];
  columns?: readonly string[];
  where?: string;
  rowsMax?: number;
  threadsMax?: number;
}

/** The columns that changes have beside those of their table. */
export const changeColumns = { type: '_change_type', version: '_commit_version' } as const;

/**
 * Gives the SELECT of the changes: one row for each key whose newest version is above `after`, with
 * `_change_type` 'upsert' and the row, or 'delete' and the key. Of a deleted row the other columns
 * are NULL, and empty where their type has no NULL.
 *
 * Errors: INVALID_REQUEST for a column that the table has not, and a table with a column of one of
 * the added names.
 */
export function changesSql(request: ChangesRequest, available: readonly ScanColumn[]): string {
  refuseTakenNames(request, available);
  const names = request.columns ?? [
    ...available.map(({ name }) => name),
    ...Object.values(changeColumns),
  ];
  const find = (name: string): ScanColumn => findScanColumn(name, request, available);
  const itemsOf = (isDelete: boolean): string =>
    names
      .map((name) => {
        if (name === changeColumns.type) return `'${isDelete ? 'delete' : 'upsert'}' AS ${name}`;
        if (name === changeColumns.version) return versionItem(isDelete);
        if (request.key.includes(name)) return selectItem(find(name));
        return `${isDelete ? noValue(find(name)) : nullableValue(find(name))} AS ${quoteIdentifier(name)}`;
      })
      .join(', ');
  const from = `FROM ${quoteTable(request.stored)} AS ${quoteIdentifier(request.table)}`;
  const changed = `_INTERNAL_VERSION > ${request.after}`;
  const conditions = [changed];
  if (request.after > 0n && !available.some(({ name }) => name === '_part')) {
    // The newest version of a changed key is in one of these: without the others, FINAL reads little.
    conditions.push(`_part IN (SELECT DISTINCT _part ${from} WHERE ${changed})`);
  }
  if (request.where !== undefined) conditions.push(`(\n${request.where}\n)`);
  const where = `WHERE ${conditions.join(' AND ')}`;
  const parts = [`SELECT ${itemsOf(false)} ${from} FINAL ${where}`];
  if (request.after > 0n) {
    const key = request.key.map(quoteIdentifier).join(', ');
    // FINAL leaves deleted keys out: they are those with a mark that it does not give.
    const isDeleted = `_INTERNAL_DELMARK = 1 AND (${key}) NOT IN (SELECT ${key} ${from} FINAL ${where})`;
    parts.push(`SELECT ${itemsOf(true)} ${from} ${where} AND ${isDeleted} GROUP BY ${key}`);
  }
  const limit = request.rowsMax === undefined ? '' : ` LIMIT ${request.rowsMax}`;
  const threads = request.threadsMax === undefined ? '' : `, max_threads = ${request.threadsMax}`;
  return (
    `SELRAW ${names.map(quoteIdentifier).join(', ')} FROM (${parts.join(' UNION ALL ')})${limit}` +
    ` SETTINGS prefer_column_name_to_alias = 1${threads}`
  );
}

/** Versions are unsigned, and readers take a bigint: one that is none fails. */
function versionItem(isDelete: boolean): string {
  const version = isDelete ? 'max(_INTERNAL_VERSION)' : '_INTERNAL_VERSION';
  return `accurateCast(${version}, 'Int64') AS ${changeColumns.version}`;
}

function nullableValue(column: ScanColumn): string {
  const value = selectValue(column);
  return hasNull(column) ? `toNullable(${value})` : value;
}

function noValue(column: ScanColumn): string {
  return hasNull(column) ? 'NULL' : `defaultValueOfTypeName(${quoteString(column.engineType)})`;
}

function hasNull({ engineType }: ScanColumn): boolean {
  return !/^(?:Array|Map|Tuple|Nested|JSON|Object|Variant|Dynamic|AggregateFunction|SimpleAggregateFunction|QBit|Point|Ring|LineString|MultiLineString|Polygon|MultiPolygon)\b/.test(
    engineType,
  );
}

function refuseTakenNames(request: ChangesRequest, available: readonly ScanColumn[]): void {
  const names: readonly string[] = Object.values(changeColumns);
  const taken = available.find(({ name }) => names.includes(name));
  if (taken === undefined) return;
  throw new FlashError(
    'INVALID_REQUEST',
    `${tableName(request)} has a column ${taken.name}, which its changes have, too`,
    { hint: `ALTER TABLE … RENAME COLUMN ${taken.name} TO another name.` },
  );
}
