import { tableName } from '../protocol/index.js';
import type { PendingRename } from './checkpoint.js';
import type { EngineTables } from './engine-tables.js';

/**
 * Moves tables of the engine to their names, and drops those that have none, as a note in the
 * checkpoint says. May be repeated, from wherever a crash has cut it.
 *
 * Guarantee: where a table takes the name of one that is dropped, a reader finds one or the other.
 */
export async function moveTables(
  pending: readonly PendingRename[],
  tables: EngineTables,
): Promise<void> {
  await replaceDropped(pending, tables);
  for (const { uuid, to } of pending) {
    const from = await tables.findByUuid(uuid);
    if (from === undefined) continue;
    // By way of a name of its own: tables may change places.
    const between = `_theflash_rename_${uuid}`;
    if (to === undefined) await tables.drop(from);
    else if (tableName(from) !== tableName(to) && from.table !== between) {
      await tables.rename(from, { ...from, table: between });
    }
  }
  for (const { uuid, to } of pending) {
    const from = await tables.findByUuid(uuid);
    if (from === undefined || to === undefined || tableName(from) === tableName(to)) continue;
    await tables.createDatabase(to.database);
    await tables.rename(from, to);
  }
}

async function replaceDropped(
  pending: readonly PendingRename[],
  tables: EngineTables,
): Promise<void> {
  const dropped = pending.filter(({ to }) => to === undefined).map(({ uuid }) => uuid);
  for (const { uuid, to } of pending) {
    if (to === undefined) continue;
    const there = await tables.uuidOf(to);
    const from = await tables.findByUuid(uuid);
    if (there === undefined || !dropped.includes(there) || from === undefined) continue;
    await tables.exchange(from, to);
  }
}
