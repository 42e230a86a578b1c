import { FlashError, tableName } from '../../protocol/index.js';
import type { TableServer } from '../../source/index.js';
import {
  dialectOfServer,
  parseStatement,
  sessionOfDump,
  SqlSyntaxError,
  tableOfDefinition,
  type KnownTable,
  type SqlDialect,
  type TableFilter,
} from '../../writer/index.js';
import { quoteSourceTable } from './table-parts.js';

interface TableReference {
  database: string;
  table: string;
}

/** A table of the server that is copied. */
export interface ListedTable extends TableReference {
  /** Its storage engine, as `InnoDB`. */
  storage: string;
  /** As the server estimates it. */
  rows: number;
}

/** What a server has, sorted by what becomes of it. */
export interface TableList {
  copied: readonly ListedTable[];
  /** Tables that the filter leaves out. */
  leftOut: readonly TableReference[];
  /** MariaDB's sequences, which are no tables of rows. */
  sequences: readonly TableReference[];
  views: readonly TableReference[];
  /** Charsets of databases, by their names. */
  charsets: ReadonlyMap<string, string>;
}

/** The server's own: nobody takes them in by accident. */
const serverDatabases: ReadonlySet<string> = new Set(['mysql', 'sys']);

/**
 * Lists the tables of a server: those that the user may see.
 *
 * Errors: those of the server; UNSUPPORTED where a copied table has no snapshot.
 */
export async function listSourceTables(
  server: TableServer,
  filter: TableFilter,
): Promise<TableList> {
  const rows = await server.query(
    `SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_ROWS FROM information_schema.TABLES
     WHERE TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema')
     ORDER BY TABLE_SCHEMA, TABLE_NAME`,
  );
  const copied: ListedTable[] = [];
  const leftOut: TableReference[] = [];
  const sequences: TableReference[] = [];
  const views: TableReference[] = [];
  for (const [database = '', table = '', type = '', storage = '', count] of rows) {
    const isCopied = filter.accepts({ database, table });
    if (type === 'SEQUENCE') sequences.push({ database, table });
    else if (type.endsWith('VIEW')) views.push({ database, table });
    else if (isCopied) copied.push({ database, table, storage, rows: Number(count ?? 0) });
    else if (!serverDatabases.has(database)) leftOut.push({ database, table });
  }
  checkSnapshots(copied);
  const charsets = await server.query(
    'SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME FROM information_schema.SCHEMATA',
  );
  return {
    ...{ copied, leftOut, sequences },
    views: views.filter((view) => filter.accepts(view)),
    charsets: new Map(charsets.map(([name = '', charset = '']) => [name, charset])),
  };
}

/** Only InnoDB gives the rows of an earlier moment; a lock for as long as others are read would stop writers. */
function checkSnapshots(tables: readonly ListedTable[]): void {
  const without = tables.filter(({ storage }) => storage.toLowerCase() !== 'innodb');
  const [first] = without;
  if (first === undefined) return;
  const names = without.map((each) => `${tableName(each)} (${each.storage})`).join(', ');
  const name = tableName(first);
  const excludes = without.map((each) => `--exclude '${tableName(each)}'`).join(' ');
  throw new FlashError(
    'UNSUPPORTED',
    `${names}: tables of other engines than InnoDB have no snapshot, so their rows can't be read as of one place in the log`,
    {
      hint:
        `On the source: ALTER TABLE ${quoteSourceTable(first)} ENGINE=InnoDB${without.length > 1 ? ', and so on' : ''}. Or leave out: ${excludes}. ` +
        'Or, where nothing writes to it, dump all with mysqldump --source-data=2 --lock-all-tables and load that: --dump.',
      place: { table: name },
    },
  );
}

/**
 * Reads the definition of one table.
 *
 * Shape: undefined where it is gone.
 * Errors: UNSUPPORTED for a definition that is not understood; AUTH without the right to read it.
 */
export async function readDefinition(
  server: TableServer,
  table: ListedTable,
  databaseCharset: string | undefined,
): Promise<KnownTable | undefined> {
  const name = tableName(table);
  const rows = await server
    .query(`SHOW CREATE TABLE ${quoteSourceTable(table)}`)
    .catch((error: unknown) => {
      if (errnoOf(error) === noSuchTableErrno) return undefined;
      throw describeTableError(error, name);
    });
  const sql = rows?.[0]?.[1];
  if (sql === undefined) return undefined;
  const dialect = dialectOfServer(server.isMariadb ? 'mariadb' : 'mysql', server.version);
  return parseDefinition(sql, table, databaseCharset, dialect, server.location);
}

function parseDefinition(
  sql: string,
  table: ListedTable,
  databaseCharset: string | undefined,
  dialect: SqlDialect,
  location: string,
): KnownTable {
  const name = tableName(table);
  try {
    const statement = parseStatement(sql, table.database, dialect);
    const body = statement.kind === 'create-table' ? statement.body() : undefined;
    if (body === undefined || 'like' in body) throw new SqlSyntaxError('it is no CREATE TABLE', 0);
    const { database } = table;
    const named = { database, table: table.table };
    const session = sessionOfDump(true, dialect);
    return tableOfDefinition(named, body, databaseCharset, session, {
      file: location,
      table: name,
    });
  } catch (error) {
    if (!(error instanceof SqlSyntaxError)) throw error;
    throw new FlashError(
      'UNSUPPORTED',
      `${location}: the definition of ${name} is not understood: ${error.message}`,
      {
        hint: `Leave the table out with --exclude '${name}'.`,
        place: { table: name },
        cause: error,
      },
    );
  }
}

const noSuchTableErrno = 1146;
const deniedErrno = 1142;

/** ER_TABLE_DEF_CHANGED, ER_NO_SUCH_TABLE, ER_BAD_FIELD_ERROR, ER_KEY_DOES_NOT_EXIST, ER_BAD_DB_ERROR. */
const changedErrnos: ReadonlySet<number> = new Set([1412, noSuchTableErrno, 1054, 1176, 1049]);

/** The tables are others than those that were listed. */
export class TablesChanged extends Error {}

/** The number of what the server has said, under whatever it was described as. */
export function errnoOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('errno' in error && typeof error.errno === 'number') return error.errno;
  return errnoOf(error.cause);
}

/** Names the table in what went wrong with reading it. */
export function describeTableError(error: unknown, name: string): unknown {
  const errno = errnoOf(error);
  if (errno !== undefined && changedErrnos.has(errno)) {
    return new TablesChanged(`${name} has another definition now, or is gone`, { cause: error });
  }
  if (errno !== deniedErrno) return error;
  return new FlashError('AUTH', `the user may not read ${name}`, {
    hint: `As an administrator: GRANT SELECT ON ${name.replace(/\..*/s, '')}.* TO the user; or leave it out: --exclude '${name}'.`,
    place: { table: name },
    cause: error,
  });
}
