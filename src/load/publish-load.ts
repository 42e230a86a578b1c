import { FlashError, tableName, type Engine } from '../protocol/index.js';
import {
  BatchWriter,
  checkOwners,
  checkpointSource,
  EngineTables,
  historyPieces,
  swapTables,
  type SchemaHistory,
  type WriterCheckpoint,
} from '../writer/index.js';

interface TableReference {
  database: string;
  table: string;
}

/** A table that was loaded where nobody looks, and the place that it is to take. */
export interface LoadedTable {
  side: TableReference;
  to: TableReference;
}

/**
 * Makes all that was loaded visible at one moment, with the checkpoint and what changed in the history.
 *
 * `stored`: the copy's checkpoint as it was when the load began; where there was none, empty tables that are
 * in the way are dropped.
 * Guarantee: one commit decides; a run after a crash carries it to its end.
 * Errors: IN_USE where another writer has moved the copy since then.
 */
export async function publishLoad(
  engine: Engine,
  history: SchemaHistory,
  loaded: readonly LoadedTable[],
  { checkpoint, stored }: { checkpoint: WriterCheckpoint; stored: string | undefined },
): Promise<void> {
  const tables = new EngineTables(engine);
  const writer = new BatchWriter(engine, tables, checkpointSource, { stored });
  await writer.checkKnown();
  const owned = loaded.map(({ to }) => to);
  await checkOwners(engine, owned);
  const there = await tables.list();
  const swaps = [];
  for (const { side, to } of loaded) {
    const uuid = there.get(tableName(side))?.uuid;
    if (uuid === undefined) throw new FlashError('INTERNAL', 'a table that was loaded is gone');
    if (stored === undefined && there.has(tableName(to))) await tables.drop(to);
    swaps.push({ uuid, to });
  }
  const pieces = historyPieces(history, engine);
  await writer.commit(
    () => Promise.resolve({ create: [], pieces, owned }),
    JSON.stringify({ ...checkpoint, swaps }),
  );
  await writer.settle();
  await swapTables(engine, swaps);
  await writer.commit(
    () => Promise.resolve({ create: [], pieces: [] }),
    JSON.stringify(checkpoint),
  );
  await writer.settle();
}
