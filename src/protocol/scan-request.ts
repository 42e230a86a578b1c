import { FlashError } from './errors.js';
import { quoteIdentifier, quoteString, quoteTable } from './sql-text.js';
import { isTimeType } from './mysql-type-text.js';
import { tableName } from './table.js';

/**
 * What a reader wants of one table.
 *
 * Shape: `columns` in the order wanted, all of the table's when absent; `where` is one expression
 * of the engine's SQL, checked by `whereCheckSql` before use; `rowsMax` limits the rows.
 */
export interface ScanRequest {
  database: string;
  table: string;
  /** Where the rows are read, if not in the table itself: a table of a snapshot. */
  stored?: { database: string; table: string };
  columns?: readonly string[];
  /** Instead of columns: expressions of the engine's SQL, and the columns to group by. */
  grouped?: { items: readonly string[]; by: readonly string[] };
  where?: string;
  orderBy?: readonly SortKey[];
  rowsMax?: number;
  /** How many of the engine's threads it may take; one for each core when absent. */
  threadsMax?: number;
}

export interface SortKey {
  column: string;
  descending: boolean;
}

/** A column that a scan may ask for, as the engine's catalog knows it. */
export interface ScanColumn {
  name: string;
  /** The ClickHouse type, as `Nullable(Time64(3))`. */
  engineType: string;
  /** The MySQL type; undefined in tables that were not made from MySQL's. */
  mysqlType: string | undefined;
}

/**
 * Gives the SELECT of a scan request. Every name in it is quoted, and is one of `available`.
 *
 * Errors: INVALID_REQUEST for a column that the table has not, or one asked for twice.
 */
export function scanSql(request: ScanRequest, available: readonly ScanColumn[]): string {
  const find = (name: string): ScanColumn => findScanColumn(name, request, available);
  const names = request.columns ?? available.map((column) => column.name);
  checkDistinct(names);
  const items = request.grouped?.items ?? names.map((name) => selectItem(find(name)));
  const parts = [`SELECT ${items.join(', ')}`, `FROM ${sourceSql(request)}`];
  // The line end keeps a comment at the end of the expression from swallowing what follows it.
  if (request.where !== undefined) parts.push(`WHERE (\n${request.where}\n)`);
  const groups = request.grouped?.by ?? [];
  if (groups.length > 0) parts.push(`GROUP BY ${groups.map(quoteIdentifier).join(', ')}`);
  if (request.orderBy !== undefined && request.orderBy.length > 0) {
    const keys = request.orderBy.map(
      (key) => `${quoteIdentifier(find(key.column).name)} ${key.descending ? 'DESC' : 'ASC'}`,
    );
    parts.push(`ORDER BY ${keys.join(', ')}`);
  }
  if (request.rowsMax !== undefined) parts.push(`LIMIT ${request.rowsMax}`);
  // A cast column keeps its name; conditions are to see the column itself, which indexes know.
  const threads = request.threadsMax === undefined ? '' : `, max_threads = ${request.threadsMax}`;
  parts.push(`SETTINGS prefer_column_name_to_alias = 1${threads}`);
  return parts.join(' ');
}

/**
 * Gives queries that all succeed only when `where` is exactly one expression, so that it can't end
 * the parentheses it is put in, nor the statement. The text is only parsed, never run: it travels
 * as a string literal into `formatQuery`.
 *
 * It is parsed once in parentheses and once in brackets: a text that closes the one early leaves
 * the other unbalanced, and ClickHouse's parser refuses that.
 */
export function whereCheckSql(where: string): readonly string[] {
  return [`(\n${where}\n)`, `[\n${where}\n]`].map(
    (wrapped) => `SELECT formatQuery(${quoteString(`SELECT ${wrapped}`)})`,
  );
}

/**
 * Parses `--order-by`: column names, each with an optional `asc` or `desc`, between commas. A name
 * that holds a space or a comma stands in backticks.
 *
 * Errors: INVALID_REQUEST for anything else, expressions included.
 */
export function parseSortKeys(text: string): readonly SortKey[] {
  const item = /^\s*(?:`((?:[^`\\]|\\.|``)+)`|([^\s,`]+))(?:\s+(asc|desc))?\s*(?:,|$)/i;
  const keys: SortKey[] = [];
  let rest = text;
  while (rest !== '' || keys.length === 0) {
    const match = item.exec(rest);
    const name = match?.[1] === undefined ? match?.[2] : unquote(match[1]);
    if (match === null || name === undefined) {
      throw new FlashError('INVALID_REQUEST', `Can't read the order near "${rest.slice(0, 40)}"`, {
        hint: 'Give column names, as in --order-by "price desc, id"; for expressions use `theflash sql`.',
      });
    }
    keys.push({ column: name, descending: match[3]?.toLowerCase() === 'desc' });
    rest = rest.slice(match[0].length);
  }
  return keys;
}

/**
 * Parses a table's name: `table`, `database.table`, either part in backticks where it holds a dot.
 *
 * Errors: INVALID_REQUEST for anything else.
 */
export function parseTableName(text: string): { database: string | undefined; table: string } {
  const part = '(?:`((?:[^`\\\\]|\\\\.|``)+)`|([^`.]+))';
  const match = new RegExp(`^(?:${part}\\.)?${part}$`).exec(text);
  const name = (quoted: string | undefined, plain: string | undefined): string | undefined =>
    quoted === undefined ? plain : unquote(quoted);
  const table = name(match?.[3], match?.[4]);
  if (table === undefined) {
    throw new FlashError('INVALID_REQUEST', `Not a table name: ${text}`, {
      hint: 'Write database.table; put a part that holds a dot in backticks.',
    });
  }
  return { database: name(match?.[1], match?.[2]), table };
}

/** A table of a snapshot goes by the name of the table that it keeps, as conditions know it. */
function sourceSql({ database, table, stored }: ScanRequest): string {
  if (stored === undefined) return quoteTable({ database, table });
  return `${quoteTable(stored)} AS ${quoteIdentifier(table)}`;
}

/** Gives the column of a name. Errors: INVALID_REQUEST where the table has none. */
export function findScanColumn(
  name: string,
  table: { database: string; table: string },
  available: readonly ScanColumn[],
): ScanColumn {
  const column = available.find((each) => each.name === name);
  if (column !== undefined) return column;
  throw new FlashError('INVALID_REQUEST', `${tableName(table)} has no column ${name}`, {
    hint: `Its columns are: ${available.map((each) => each.name).join(', ')}.`,
    place: { table: tableName(table), column: name },
  });
}

/** Gives a column's value as readers see it, under the column's name. */
export function selectItem(column: ScanColumn): string {
  const name = quoteIdentifier(column.name);
  const value = selectValue(column);
  return value === name ? name : `${value} AS ${name}`;
}

/** TIME of any precision comes out in microseconds, which `relabelSchema` then calls int64. */
export function selectValue(column: ScanColumn): string {
  const name = quoteIdentifier(column.name);
  if (!isTimeType(column.mysqlType)) return name;
  const type = column.engineType.replace(/Time(?:64\(\d\))?/, 'Time64(6)');
  return type === column.engineType ? name : `CAST(${name}, ${quoteString(type)})`;
}

function checkDistinct(names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined && names.length > 0) return;
  throw new FlashError(
    'INVALID_REQUEST',
    twice === undefined ? 'No column was asked for' : `Column ${twice} was asked for twice`,
    { hint: 'Name each column once, between commas.' },
  );
}

function unquote(name: string): string {
  return name.replace(/\\(.)|`(`)/g, '$1$2');
}
