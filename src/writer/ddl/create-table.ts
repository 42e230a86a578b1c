import { readColumnDefinition } from './column-definition.js';
import { readForeignKey } from './foreign-key.js';
import { readKeyColumns, readTableName } from './names.js';
import { readPartitioning } from './partitions.js';
import type { SqlDialect } from './sql-dialect.js';
import type {
  ColumnDefinition,
  ForeignKeyDefinition,
  TableDefinition,
  TableReference,
} from './statement.js';
import { readTableOption } from './table-options.js';
import type { TokenReader } from './token-reader.js';

/**
 * Reads what stands after the table's name in CREATE TABLE, to the end of the statement.
 *
 * Errors: `SqlSyntaxError` for anything that is not fully understood, CREATE TABLE … SELECT included:
 * with row-based logging the log holds its columns, and the SELECT is gone.
 */
export function readTableBody(
  reader: TokenReader,
  dialect: SqlDialect,
  defaultDatabase: string,
): TableDefinition | { like: TableReference } {
  const bracketLike = reader.isSymbol('(') && reader.peek(1)?.text.toUpperCase() === 'LIKE';
  if (bracketLike) reader.take();
  if (reader.accept('LIKE')) {
    const like = readTableName(reader, defaultDatabase);
    if (bracketLike) reader.expectSymbol(')');
    expectEnd(reader);
    return { like };
  }
  const columns: ColumnDefinition[] = [];
  let primaryKey: string[] = [];
  const notNull: string[] = [];
  const foreignKeys: ForeignKeyDefinition[] = [];
  reader.expectSymbol('(');
  reader.list(() => {
    const key = readTableConstraint(reader, dialect);
    if (key === undefined) {
      const column = readColumnDefinition(reader, dialect);
      columns.push(column);
      foreignKeys.push(...foreignKeyOfColumn(column));
    }
    if (key?.primaryKey !== undefined) primaryKey = key.primaryKey;
    if (key?.foreignKey !== undefined) foreignKeys.push(key.foreignKey);
    notNull.push(...(key?.notNull ?? []));
  });
  reader.expectSymbol(')');
  const { charset, storage, partitioning } = readOptions(reader);
  expectEnd(reader);
  const ownKey = columns.filter((column) => column.isPrimaryKey).map((column) => column.name);
  const key = inSpellingOfColumns(ownKey.length > 0 ? ownKey : primaryKey, columns);
  notNull.push(...key);
  const filled = inSpellingOfColumns(notNull, columns);
  return {
    columns: columns.map((column) =>
      filled.includes(column.name) ? { ...column, nullable: false } : column,
    ),
    primaryKey: key,
    charset,
    foreignKeys,
    storage,
    partitioning,
  };
}

/** The foreign key that a column's REFERENCES makes, as a list of none or one. */
export function foreignKeyOfColumn({ name, references }: ColumnDefinition): ForeignKeyDefinition[] {
  return references === undefined ? [] : [{ name: undefined, columns: [name], ...references }];
}

/** What a constraint says about columns. */
interface TableConstraint {
  primaryKey: string[] | undefined;
  /** Columns of a period, which can't be NULL. */
  notNull?: string[];
  foreignKey?: ForeignKeyDefinition;
}

/**
 * Reads a key, constraint or period of a table, whose start `PRIMARY`, `KEY`, … tells it from a
 * column (a column of such a name must be quoted).
 *
 * Shape: undefined where a column definition comes next.
 */
export function readTableConstraint(
  reader: TokenReader,
  dialect: SqlDialect,
): TableConstraint | undefined {
  let symbol: string | undefined;
  if (reader.accept('CONSTRAINT')) {
    const unnamed = ['PRIMARY', 'UNIQUE', 'FOREIGN', 'CHECK'].some((word) => reader.isNext(word));
    if (!unnamed) symbol = reader.name();
  }
  if (reader.accept('PRIMARY', 'KEY')) {
    skipIndexName(reader);
    const primaryKey = readKeyColumns(reader);
    skipToListEnd(reader);
    return { primaryKey };
  }
  if (reader.accept('FOREIGN', 'KEY')) {
    return { primaryKey: undefined, foreignKey: readForeignKey(reader, dialect, symbol) };
  }
  if (reader.accept('PERIOD', 'FOR')) {
    if (reader.isNext('SYSTEM_TIME')) {
      throw reader.error('system-versioned tables are not supported');
    }
    reader.name();
    const notNull = readKeyColumns(reader);
    return { primaryKey: undefined, notNull };
  }
  const start = reader.acceptOneOf(...constraintStarts);
  // VECTOR INDEX of MariaDB; a column may be named `vector` without quotes.
  const isVectorIndex =
    start === undefined && (reader.isNext('VECTOR', 'INDEX') || reader.isNext('VECTOR', 'KEY'));
  if (start === undefined && !isVectorIndex) return undefined;
  skipToListEnd(reader);
  return { primaryKey: undefined };
}

const constraintStarts = ['UNIQUE', 'FULLTEXT', 'SPATIAL', 'INDEX', 'KEY', 'CHECK'];

/** Key names are matched without regard to case by the server; ours are the columns' own. */
export function inSpellingOfColumns(
  key: readonly string[],
  columns: readonly { name: string }[],
): string[] {
  return key.map((name) => {
    const lower = name.toLowerCase();
    return columns.find((column) => column.name.toLowerCase() === lower)?.name ?? name;
  });
}

function skipIndexName(reader: TokenReader): void {
  while (!reader.isSymbol('(') && !reader.done) reader.take();
}

/** Skips what is left of an item: index options, references, conditions. */
function skipToListEnd(reader: TokenReader): void {
  while (!reader.done && !reader.isSymbol(',') && !reader.isSymbol(')')) {
    if (reader.isSymbol('(')) {
      reader.skipParenthesised();
      continue;
    }
    if (reader.isNext('WITHOUT', 'OVERLAPS'))
      throw reader.error('WITHOUT OVERLAPS is not supported');
    reader.take();
  }
}

function readOptions(
  reader: TokenReader,
): Required<Pick<TableDefinition, 'charset' | 'storage' | 'partitioning'>> {
  let charset: string | undefined;
  let storage: string | undefined;
  for (;;) {
    const option = readTableOption(reader);
    if (option === undefined) break;
    // CHARSET=utf8mb4 COLLATE=uca1400_ai_ci: the second names no charset.
    if (option.isCharset) charset = option.charset ?? charset;
    storage = option.storage ?? storage;
    reader.acceptSymbol(',');
  }
  if (!reader.accept('PARTITION', 'BY')) return { charset, storage, partitioning: undefined };
  if (reader.holds('SYSTEM_TIME')) throw reader.error('system-versioned tables are not supported');
  return { charset, storage, partitioning: readPartitioning(reader) };
}

function expectEnd(reader: TokenReader): void {
  reader.acceptSymbol(';');
  if (!reader.done) throw reader.error('the end of the statement is expected');
}
