import { tableName } from '../../protocol/index.js';
import type { KnownTable } from '../schema-history.js';
import { hasForeignKeys } from './foreign-key.js';
import { acts } from './graph.js';

/**
 * Gives the tables that foreign keys with actions bind to some tables, and that are not among them.
 * Parent and child have to be of one moment: what the log does to the one would be carried out on
 * rows of the other that are older or newer.
 *
 * Shape: names as `tableName` writes them, those that are bound through others included.
 */
export function boundTables(
  known: readonly KnownTable[],
  names: readonly string[],
): readonly string[] {
  const storage = new Map(known.map((table) => [tableName(table.schema), table.storage]));
  const links = known.flatMap(({ schema, foreignKeys = [] }) =>
    foreignKeys
      .filter((key) => acts(key) && storage.has(tableName(key.parent)))
      .filter((key) => hasForeignKeys(storage.get(tableName(key.parent))))
      .map((key) => [tableName(schema), tableName(key.parent)] as const),
  );
  const bound = new Set(names);
  for (const name of bound) {
    for (const [child, parent] of links) {
      if (child === name) bound.add(parent);
      if (parent === name) bound.add(child);
    }
  }
  return [...bound].filter((name) => !names.includes(name));
}
