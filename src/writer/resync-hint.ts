import { tableName } from '../protocol/index.js';
import { boundTables } from './foreign-keys/index.js';
import type { SchemaHistory } from './schema-history.js';
import { quoteForShell } from './shell-word.js';

/** What decides how a table can be taken anew. */
export interface ResyncPorts {
  history: SchemaHistory;
  /** Where the logs are those of a running server: its URL. */
  serverUrl: string | undefined;
}

/**
 * The way on where the log does not tell what rows became: the table is taken anew from the server, or a dump that
 * was made after the statement, and with it those that foreign keys bind to it.
 */
export function resyncHint(
  table: { database: string; table: string },
  { history, serverUrl }: ResyncPorts,
  others: readonly { database: string; table: string }[] = [],
): string {
  const name = tableName(table);
  const known = history.tables();
  const named = [name, ...others.map(tableName)];
  const bound = boundTables(known, named);
  const group = known.map(({ schema }) => schema).filter((each) => bound.includes(tableName(each)));
  const tables = [table, ...others, ...group];
  const without = named.map((each) => `--exclude ${quoteForShell(each)}`).join(' ');
  if (serverUrl !== undefined) {
    return (
      'All before it is applied. Take the table anew from the source, with the other flags of this run: ' +
      `${resyncCommand(serverUrl, tables.map(tableName))}. ${leaveOutHint(serverUrl, named)}`
    );
  }
  const isOneDatabase = tables.every(({ database }) => database === table.database);
  const dumped = isOneDatabase
    ? [table.database, ...tables.map((each) => each.table)]
    : ['--databases', ...new Set(tables.map(({ database }) => database))];
  const only = tables.map((each) => `--only ${quoteForShell(tableName(each))}`).join(' ');
  return (
    'All before it is applied. Take the table anew from the source: ' +
    `mysqldump --single-transaction --source-data=2 ${dumped.map(quoteForShell).join(' ')} > t.sql && ` +
    `theflash write --dump t.sql ${only} --binlog … (MariaDB and MySQL 5.7: --master-data=2). ` +
    `Or leave it out with ${without}.`
  );
}

/** The command that takes tables anew from a running server. */
export function resyncCommand(serverUrl: string, names: readonly string[]): string {
  const flags = names.map((name) => `--resync ${quoteForShell(name)}`).join(' ');
  return `theflash write --binlog ${quoteForShell(serverUrl)} ${flags}`;
}

/** The way on where a table becomes system-versioned, which is not copied. */
export function versionedHint(
  table: { database: string; table: string },
  { serverUrl }: Pick<ResyncPorts, 'serverUrl'>,
): string {
  const source = serverUrl === undefined ? '…' : quoteForShell(serverUrl);
  return (
    'All before it is applied. System-versioned tables are not copied; go on without it, with the other flags of this run: ' +
    `theflash write --binlog ${source} --exclude ${quoteForShell(tableName(table))}.`
  );
}

/** What to do about tables of which `--resync` finds nothing: a schema change drops those that it has made. */
export function leaveOutHint(serverUrl: string, names: readonly string[]): string {
  const flags = names.map((name) => `--exclude ${quoteForShell(name)}`).join(' ');
  return (
    'Where the source has it no more, as after gh-ost or pt-online-schema-change, leave it out: ' +
    `theflash write --binlog ${quoteForShell(serverUrl)} ${flags}.`
  );
}
