import { FlashError, tableName, type ErrorPlace } from '../protocol/index.js';
import {
  dialectOfServer,
  parseStatement,
  splitStatements,
  SqlSyntaxError,
  type SqlDialect,
} from './ddl/index.js';
import type { KnownTable } from './schema-history.js';
import { tableOfDefinition } from './table-definition.js';
import { sessionOfDump } from './statement-session.js';
import type { TableFilter } from './table-filter.js';

export interface SchemaDump {
  /** For messages. */
  path: string;
  text: string;
}

/**
 * Reads the table definitions of a dump, as `mysqldump --no-data --databases …` writes it.
 *
 * Shape: copied tables only, in order of the dump.
 * Errors: INVALID_REQUEST for a dump that can't be read or does not name its databases.
 */
export function readSchemaDump(dump: SchemaDump, filter: TableFilter): KnownTable[] {
  const dialect = dialectOfDump(dump.text);
  const known: KnownTable[] = [];
  const charsets = new Map<string, string>();
  const place: ErrorPlace = { file: dump.path };
  const session = sessionOfDump(dump.text.includes("TIME_ZONE='+00:00'"), dialect);
  let database = databaseOfHeader(dump.text);
  for (const sql of splitDump(dump, dialect)) {
    const use = /^\s*USE\s+`?((?:[^`;]|``)+)`?\s*$/i.exec(sql)?.[1];
    if (use !== undefined) database = use.replaceAll('``', '`').trim();
    const statement = readOne(dump, () => parseStatement(sql, database, dialect));
    if (statement.kind === 'row-statement') refuseRows(dump, statement.table, filter);
    if (statement.kind === 'create-database') {
      if (statement.charset !== undefined) charsets.set(statement.database, statement.charset);
    }
    if (statement.kind !== 'create-table' || statement.temporary) continue;
    const { table } = statement;
    if (table.database === '') throw unnamedDatabase(dump);
    if (!filter.accepts(table)) continue;
    const body = readOne(dump, statement.body);
    if ('like' in body) continue;
    known.push(tableOfDefinition(table, body, charsets.get(table.database), session, place));
  }
  if (known.length === 0) {
    throw new FlashError('INVALID_REQUEST', `${dump.path} defines no table that is copied`, {
      hint: 'Write it by mysqldump --no-data --databases NAME….',
      place,
    });
  }
  const names = known.map(({ schema }) => tableName(schema));
  return known.filter((_, index) => names.lastIndexOf(names[index] ?? '') === index);
}

/** Rows of copied tables are never passed over. */
function refuseRows(
  dump: SchemaDump,
  table: { database: string; table: string } | undefined,
  filter: TableFilter,
): void {
  if (table !== undefined && !filter.accepts(table)) return;
  const name = table === undefined ? 'tables' : tableName(table);
  throw new FlashError(
    'INVALID_REQUEST',
    `${dump.path} holds rows of ${name}, and --schema takes definitions alone`,
    {
      hint:
        `Load definitions and rows with --dump ${dump.path}, or write definitions alone by ` +
        'mysqldump --no-data --databases NAME….',
      place: { file: dump.path, ...(table === undefined ? {} : { table: name }) },
    },
  );
}

function splitDump(dump: SchemaDump, dialect: SqlDialect): string[] {
  return readOne(dump, () => splitStatements(dump.text, dialect));
}

/** `-- Server version	8.0.36`, or `10.11.6-MariaDB`: decides which versioned comments count. */
function dialectOfDump(text: string): SqlDialect {
  const version = /^-- Server version\s+(\S+)/m.exec(text)?.[1] ?? '9.9.9';
  return dialectOfServer(/mariadb/i.test(version) ? 'mariadb' : 'mysql', version);
}

/** `-- Host: localhost    Database: shop`, where one database was dumped without --databases. */
function databaseOfHeader(text: string): string {
  return /^-- Host:.*\sDatabase: (\S+)\s*$/m.exec(text)?.[1] ?? '';
}

function readOne<T>(dump: SchemaDump, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SqlSyntaxError)) throw error;
    throw new FlashError('INVALID_REQUEST', `${dump.path} is not understood: ${error.message}`, {
      hint: 'Write it by mysqldump --no-data --databases NAME…, and leave other tables out with --exclude.',
      place: { file: dump.path },
      cause: error,
    });
  }
}

function unnamedDatabase(dump: SchemaDump): FlashError {
  return new FlashError(
    'INVALID_REQUEST',
    `${dump.path} does not say which database its tables are in`,
    {
      hint: 'Write it by mysqldump --no-data --databases NAME….',
      place: { file: dump.path },
    },
  );
}
