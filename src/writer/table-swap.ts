import { queryRows, quoteTable, tableName, type Engine } from '../protocol/index.js';
import { EngineTables } from './engine-tables.js';

/** A loaded table on its way into the copy: what a crash must not leave half done. */
export interface PendingSwap {
  /** The engine's identity of the table that was loaded where users do not look. */
  uuid: string;
  to: { database: string; table: string };
}

/** Where tables lie while a dump is loaded into them: a database that is no user's. */
const sideDatabase = 'theflash';
const sidePrefix = 'load_';

/** The name of the `number`th table of a load. */
export function sideTable(engine: Engine, number: number): { database: string; table: string } {
  return { database: sideDatabase, table: `${prefixOf(engine)}${number}` };
}

/** Several sources may be loaded side by side. */
function prefixOf({ sourceName }: Engine): string {
  return sourceName === undefined ? sidePrefix : `${sidePrefix}${sourceName}_`;
}

/** Drops what a load has left that was killed, or whose tables have taken their places. */
export async function dropSideTables(engine: Engine): Promise<void> {
  const tables = new EngineTables(engine);
  const left = await queryRows(
    engine,
    `SELECT name FROM system.tables
     WHERE database = '${sideDatabase}' AND match(name, '^${prefixOf(engine)}[0-9]+$')`,
  );
  for (const row of left) await tables.drop({ database: sideDatabase, table: String(row['name']) });
}

/**
 * Puts loaded tables in their places: tables that are there already go, all at one moment for
 * readers, and new ones come, at one moment too. May be repeated.
 */
export async function swapTables(engine: Engine, swaps: readonly PendingSwap[]): Promise<void> {
  const tables = new EngineTables(engine);
  const exchanges: string[] = [];
  const renames: string[] = [];
  const there = await tables.list();
  const byUuid = new Map([...there.values()].map((table) => [table.uuid, table]));
  for (const database of new Set(swaps.map(({ to }) => to.database))) {
    await tables.createDatabase(database);
  }
  for (const { uuid, to } of swaps) {
    const from = byUuid.get(uuid);
    if (from === undefined || tableName(from) === tableName(to)) continue;
    if (there.has(tableName(to))) exchanges.push(`${quoteTable(from)} AND ${quoteTable(to)}`);
    else renames.push(`${quoteTable(from)} TO ${quoteTable(to)}`);
  }
  if (exchanges.length > 0) await engine.execute(`EXCHANGE TABLES ${exchanges.join(', ')}`);
  if (renames.length > 0) await engine.execute(`RENAME TABLE ${renames.join(', ')}`);
  await dropSideTables(engine);
}
