import type { Beginning } from './checkpoint.js';
import type { EngineTables } from './engine-tables.js';
import { readSchemaDump, type SchemaDump } from './schema-dump.js';
import type { KnownTable, SchemaHistory } from './schema-history.js';
import type { TableFilter } from './table-filter.js';

/**
 * Takes the definitions of a dump into the history and the engine. In a copy with a baseline a table
 * that the user has made is taken over.
 *
 * Shape: true where a table that was known already has got its foreign keys.
 * Errors: those of `readSchemaDump`; SOURCE_MISMATCH where the engine has another table of that name.
 */
export async function loadDefinitions(
  dump: SchemaDump,
  history: SchemaHistory,
  tables: EngineTables,
  filter: TableFilter,
  beginning: Beginning | undefined,
): Promise<boolean> {
  let hasLearned = false;
  for (const known of readSchemaDump(dump, filter)) {
    const before = history.get(known.schema);
    if (before !== undefined) {
      if (before.foreignKeys !== undefined) continue;
      history.set(withForeignKeys(before, known));
      hasLearned = true;
      continue;
    }
    const target = { ...known.schema, ...filter.target(known.schema) };
    const isAdopted = beginning?.kind === 'baseline' && (await tables.adopt(target));
    if (!isAdopted) await tables.create(target);
    history.set(isAdopted ? known : { ...known, origin: 'schema' });
  }
  return hasLearned;
}

/** A table that rows alone have made known, with what its definition says of foreign keys. */
function withForeignKeys(
  known: KnownTable,
  { foreignKeys, storage, generated, memberCharsets }: KnownTable,
): KnownTable {
  return {
    ...known,
    ...(foreignKeys === undefined ? {} : { foreignKeys }),
    ...(storage === undefined ? {} : { storage }),
    ...(generated === undefined ? {} : { generated }),
    ...(memberCharsets === undefined ? {} : { memberCharsets }),
  };
}
