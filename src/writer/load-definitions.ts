import { tableName } from '../protocol/index.js';
import type { Beginning } from './checkpoint.js';
import type { EngineTables } from './engine-tables.js';
import { readSchemaDump, type SchemaDump } from './schema-dump.js';
import type { KnownTable, SchemaHistory } from './schema-history.js';
import type { TableFilter } from './table-filter.js';

/** The copy that definitions come into. */
export interface DefinedCopy {
  beginning: Beginning | undefined;
  /** The copy was begun by a run before this one. */
  goesOn: boolean;
  onWarning: ((line: string) => void) | undefined;
}

/**
 * Takes the definitions of a dump into the history and the engine. In a copy with a baseline a table
 * that the user has made is taken over. Once such a copy was begun, a table that it has not is passed over: made
 * here, it would lack the rows that the source had when the copy began.
 *
 * Shape: true where a table that was known already has got its foreign keys.
 * Errors: those of `readSchemaDump`; SOURCE_MISMATCH where the engine has another table of that name.
 */
export async function loadDefinitions(
  dump: SchemaDump,
  history: SchemaHistory,
  tables: EngineTables,
  filter: TableFilter,
  { beginning, goesOn, onWarning }: DefinedCopy,
): Promise<boolean> {
  let hasLearned = false;
  const left: string[] = [];
  for (const known of readSchemaDump(dump, filter)) {
    const before = history.get(known.schema);
    if (before !== undefined) {
      if (before.foreignKeys !== undefined) continue;
      history.set(withForeignKeys(before, known));
      hasLearned = true;
      continue;
    }
    const target = { ...known.schema, ...filter.target(known.schema) };
    const hasBaseline = beginning?.kind === 'baseline';
    const isAdopted = hasBaseline && (await tables.adopt(target));
    if (hasBaseline && goesOn && !isAdopted) {
      left.push(tableName(known.schema));
      continue;
    }
    if (!isAdopted) await tables.create(target);
    history.set(isAdopted ? known : { ...known, origin: 'schema' });
  }
  if (left.length > 0) {
    onWarning?.(
      `Not taken from --schema, as the copy has no rows of it from its baseline: ${left.join(', ')}. ` +
        '--resync db.table, or a dump with --only, brings such a table in.',
    );
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
