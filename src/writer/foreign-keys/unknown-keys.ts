import { tableName } from '../../protocol/index.js';
import type { KnownTable } from '../schema-history.js';

/**
 * Tables whose foreign keys nobody knows: they were never defined by DDL, and the log does not show
 * what foreign keys do to their rows. Shape: names, sorted.
 */
export function unknownForeignKeys(tables: readonly KnownTable[]): string[] {
  return tables
    .filter((known) => known.foreignKeys === undefined && known.foreignKeysLogged !== true)
    .map(({ schema }) => tableName(schema))
    .sort();
}

/** What people are told about such tables. */
export function unknownForeignKeysLine(names: readonly string[]): string {
  return (
    `Foreign keys of ${names.join(', ')} are not known, and if they have some with ON DELETE or ON UPDATE, ` +
    'the log does not show what these do to the rows: give the definitions with --schema (mysqldump --no-data).'
  );
}
