import { FlashError, tableName, type Engine } from '../protocol/index.js';
import {
  BatchWriter,
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
 * `isNew`: there was no copy, and empty tables that are in the way are dropped.
 * Guarantee: one commit decides; a run after a crash carries it to its end.
 */
export async function publishLoad(
  engine: Engine,
  history: SchemaHistory,
  loaded: readonly LoadedTable[],
  { checkpoint, isNew }: { checkpoint: WriterCheckpoint; isNew: boolean },
): Promise<void> {
  const tables = new EngineTables(engine);
  const there = await tables.list();
  const swaps = [];
  for (const { side, to } of loaded) {
    const uuid = there.get(tableName(side))?.uuid;
    if (uuid === undefined) throw new FlashError('INTERNAL', 'a table that was loaded is gone');
    if (isNew && there.has(tableName(to))) await tables.drop(to);
    swaps.push({ uuid, to });
  }
  const writer = new BatchWriter(engine, tables, checkpointSource);
  const pieces = historyPieces(history);
  await writer.commit(
    () => Promise.resolve({ create: [], pieces }),
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
