import { randomBytes } from 'node:crypto';
import type { Engine } from './engine.js';
import { FlashError } from './errors.js';
import { queryRows } from './query-rows.js';
import { quoteIdentifier, quoteString, quoteTable } from './sql-text.js';
import { tableName } from './table.js';

/** A table by its name. */
export interface TableRef {
  database: string;
  table: string;
}

/**
 * Tables as they were at one instant, kept under a name until it expires, over restarts of the
 * engine too. Any number of readers see the same rows.
 */
export interface Snapshot {
  name: string;
  createdAtMs: number;
  expiresAtMs: number;
  tables: readonly SnapshotTable[];
}

/** A table of a snapshot. */
export interface SnapshotTable extends TableRef {
  /** The table to read for its rows; it lives as long as the snapshot. */
  stored: TableRef;
}

/** Where the engine keeps the tables of snapshots. */
const snapshotDatabase = 'theflash_snapshots';

/**
 * Makes a snapshot of tables, all at one instant. A name is made up where none is given.
 *
 * Units: `expiresInMs` is rounded up to whole seconds.
 * Errors: NOT_FOUND for a table that is missing; INVALID_REQUEST for a name that is taken.
 */
export async function createSnapshot(
  engine: Engine,
  request: { tables: readonly TableRef[]; name?: string; expiresInMs: number },
): Promise<Snapshot> {
  const name = request.name ?? `auto_${randomBytes(8).toString('hex')}`;
  const seconds = Math.max(1, Math.ceil(request.expiresInMs / 1000));
  await engine.execute(
    `CREATE SNAPSHOT ${quoteIdentifier(name)} OF ${request.tables.map(quoteTable).join(', ')} EXPIRES IN ${seconds} SECONDS`,
  );
  return await findSnapshot(engine, name);
}

/** Lets a snapshot live for `expiresInMs` from now. Errors: NOT_FOUND. */
export async function extendSnapshot(
  engine: Engine,
  name: string,
  expiresInMs: number,
): Promise<void> {
  const seconds = Math.max(1, Math.ceil(expiresInMs / 1000));
  await engine.execute(`ALTER SNAPSHOT ${quoteIdentifier(name)} EXPIRES IN ${seconds} SECONDS`);
}

/** Drops a snapshot; one that is not there, or not any more, is fine. Its running scans go on. */
export async function dropSnapshot(engine: Engine, name: string): Promise<void> {
  await engine.execute(`DROP SNAPSHOT IF EXISTS ${quoteIdentifier(name)}`);
}

/** Gives the snapshots that have not expired, oldest first. */
export async function listSnapshots(engine: Engine): Promise<readonly Snapshot[]> {
  return await readSnapshots(engine, 'true');
}

/** Gives a snapshot by its name. Errors: NOT_FOUND where it is missing or has expired. */
export async function findSnapshot(engine: Engine, name: string): Promise<Snapshot> {
  const [found] = await readSnapshots(engine, `name = ${quoteString(name)}`);
  if (found !== undefined) return found;
  throw new FlashError(
    'NOT_FOUND',
    `There is no snapshot ${name} in ${engine.location}, or it has expired`,
    { hint: '`theflash sql "SHOW SNAPSHOTS"` lists those that there are.' },
  );
}

/** Gives the table that keeps `table`'s rows in a snapshot. Errors: NOT_FOUND. */
export function storedTable(snapshot: Snapshot, table: TableRef): TableRef {
  const found = snapshot.tables.find(
    (each) => each.database === table.database && each.table === table.table,
  );
  if (found !== undefined) return found.stored;
  throw new FlashError(
    'NOT_FOUND',
    `The snapshot ${snapshot.name} does not hold ${tableName(table)}`,
    {
      hint: `It holds ${snapshot.tables.map(tableName).join(', ')}.`,
      place: { table: tableName(table) },
    },
  );
}

async function readSnapshots(engine: Engine, condition: string): Promise<readonly Snapshot[]> {
  const rows = await queryRows(
    engine,
    `SELECT name, toJSONString(tables) AS tables,
       toUnixTimestamp64Milli(created_at) AS created_at_ms,
       toUnixTimestamp64Milli(expires_at) AS expires_at_ms
     FROM theflash.snapshots WHERE expires_at > now64(3) AND ${condition}
     ORDER BY created_at, name`,
  );
  return rows.map((row) => ({
    name: String(row['name']),
    createdAtMs: Number(row['created_at_ms']),
    expiresAtMs: Number(row['expires_at_ms']),
    tables: parseTables(String(row['tables'])),
  }));
}

/** The engine's own text: a list of `{database, table, stored}`. */
function parseTables(json: string): readonly SnapshotTable[] {
  const tables = JSON.parse(json) as readonly { database: string; table: string; stored: string }[];
  return tables.map(({ database, table, stored }) => ({
    database,
    table,
    stored: { database: snapshotDatabase, table: stored },
  }));
}
