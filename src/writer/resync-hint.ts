import { tableName } from '../protocol/index.js';

/**
 * The way on where the log does not tell what rows became: the table is taken anew from a dump that
 * was made after the statement.
 */
export function resyncHint(table: { database: string; table: string }): string {
  const names = [table.database, table.table].map(quoteForShell);
  const only = quoteForShell(tableName(table));
  return (
    'All before it is applied. Take the table anew from the source: ' +
    `mysqldump --single-transaction --source-data=2 ${names.join(' ')} > t.sql && ` +
    `theflash write --dump t.sql --only ${only} --binlog … (MariaDB and MySQL 5.7: --master-data=2). ` +
    `Or leave it out with --exclude ${only}.`
  );
}

function quoteForShell(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
