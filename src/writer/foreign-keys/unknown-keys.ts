import { tableName, type Engine } from '../../protocol/index.js';
import type { KnownTable } from '../schema-history.js';
import { loadStoredHistory } from '../schema-store.js';

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

/** The same of an engine, as its last batch has left it. */
export async function readUnknownForeignKeys(engine: Engine): Promise<string[]> {
  return unknownForeignKeys((await loadStoredHistory(engine)).tables());
}

/** What people are told about such tables. */
export function unknownForeignKeysLine(names: readonly string[]): string {
  return (
    `Foreign keys of ${names.join(', ')} are not known, and if they have some with ON DELETE or ON UPDATE, ` +
    'the log does not show what these do to the rows: give the definitions with --schema (mysqldump --no-data).'
  );
}
