import { FlashError, tableName, type Engine } from '../protocol/index.js';
import { checkpointSource, parseCheckpoint } from './checkpoint.js';
import { listSources, nameSource, unnamedEngine } from './named-source.js';
import { loadStoredHistory } from './schema-store.js';
import { makeTableFilter } from './table-filter.js';

interface TableReference {
  database: string;
  table: string;
}

/** The engine's tables that other sources are copied into, by their names, with the source. */
export async function tablesOfOthers(
  engine: Engine,
): Promise<ReadonlyMap<string, string | undefined>> {
  const owners = new Map<string, string | undefined>();
  const inner = unnamedEngine(engine);
  const others = (await listSources(inner)).filter((name) => name !== engine.sourceName);
  for (const name of others) {
    const other = nameSource(inner, name);
    const stored = await other.readCheckpoint(checkpointSource);
    if (stored === undefined) continue;
    const filter = makeTableFilter(parseCheckpoint(stored).filters ?? {});
    const history = await loadStoredHistory(other);
    const left = history.leftOut().filter(({ heldUpTo }) => heldUpTo !== undefined);
    const held = [
      ...history.tables().map(({ schema }) => schema),
      ...left.map(({ table }) => table),
    ];
    for (const table of held) owners.set(tableName(filter.target(table)), name);
  }
  return owners;
}

/**
 * Refuses tables of the engine that belong to another source of it.
 *
 * Errors: SOURCE_MISMATCH: two sources in one table would overwrite each other's rows.
 */
export async function checkOwners(
  engine: Engine,
  tables: readonly TableReference[],
): Promise<void> {
  if (tables.length === 0) return;
  const owners = await tablesOfOthers(engine);
  const taken = tables.map(tableName).find((name) => owners.has(name));
  if (taken === undefined) return;
  const owner = owners.get(taken);
  const who = owner === undefined ? 'the source without a name' : `the source ${owner}`;
  const here = engine.sourceName ?? 'this source, without a name,';
  throw new FlashError(
    'SOURCE_MISMATCH',
    `${taken} holds the rows of ${who}, and ${here} has a table for it, too`,
    {
      hint: 'Give the table another name in the engine, as --rename "shop.*=shop2.*", or leave it out with --exclude.',
      place: { table: taken },
    },
  );
}
