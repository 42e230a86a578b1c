import { isRemoteEngine } from '../engine/remote/index.js';
import {
  countRows,
  hiddenColumns,
  listSnapshots,
  listTables,
  queryRows,
  quoteString,
  quoteTable,
  tableName,
  type Engine,
  type SourceIdentity,
} from '../protocol/index.js';
import type { SnapshotStatus, StatusDocument, TableStatus } from '../server/index.js';
import {
  checkpointSource,
  listSources,
  nameSource,
  parseCheckpoint,
  readCopyState,
  type CopyState,
} from '../writer/index.js';
import type { SourceLag } from './source-lag.js';

/**
 * How an engine stands: `theflash status --json`, whose shape docs/operations.md describes.
 *
 * Shape: `version` grows when a field goes or changes what it means; others may be added. `server` is null for a folder,
 * where nobody else can have scans open. No text holds JSON.
 * Units: bytes compressed on disk; times in ISO 8601, UTC, and in ms since 1970 where a name ends so.
 */
export interface EngineStatus extends StatusDocument {
  checkpoints: readonly CheckpointStatus[];
  /** What the copy is a copy of; null where `write` never ran without `--source`. */
  copy: CopyStatus | null;
  /** The same of each source that has a name. */
  namedCopies: readonly (CopyStatus & { name: string })[];
  /** How far the copy is from its source; null where no `--source` was asked. */
  lag: SourceLag | null;
}

/** What a copy stands on, and how far it is. */
export interface CopyStatus extends CopyState {
  /** Which server it was made from. */
  source: SourceIdentity;
  /** Whole; empty where the source has none. */
  gtidSet: string;
  /** When the source committed the newest transaction that readers see; null where none is known. */
  sourceTime: string | null;
}

export interface CheckpointStatus {
  source: string;
  committedAt: string;
  /** As its writer keeps it: the values, where that is JSON, and else the text. */
  checkpoint: unknown;
}

/** Reads the status of any engine; of a server's, also what it does at the moment. */
export async function readEngineStatus(
  engine: Engine,
  lag: SourceLag | null,
): Promise<EngineStatus> {
  const { engineVersion, patches, sandbox } = await engine.info();
  return {
    version: 1,
    engine: engine.location,
    engineVersion,
    patches,
    sandbox,
    disk: await readDisk(engine),
    checkpoints: await readCheckpoints(engine),
    tables: await readTables(engine),
    snapshots: await readSnapshots(engine),
    copy: await readCopy(engine),
    namedCopies: await readNamedCopies(engine),
    ...agreed(lag, await readServer(engine)),
  };
}

/** The lag in seconds as the server tells it, where that follows the source itself: it has looked all the while. */
function agreed(
  lag: SourceLag | null,
  server: EngineStatus['server'],
): Pick<EngineStatus, 'lag' | 'server'> {
  const followed = server?.sources.find(
    ({ location }) => lag !== null && lag.source === `mysql://${location}/`,
  );
  if (lag === null || followed?.lagMs === undefined) return { lag, server };
  return { lag: { ...lag, seconds: lag.bytes === 0 ? 0 : followed.lagMs / 1000 }, server };
}

async function readDisk(engine: Engine): Promise<EngineStatus['disk']> {
  const [row] = await queryRows(
    engine,
    `SELECT free_space, total_space FROM system.disks WHERE name = 'default'`,
  );
  if (row === undefined) return null;
  return { freeBytes: Number(row['free_space']), totalBytes: Number(row['total_space']) };
}

async function readTables(engine: Engine): Promise<TableStatus[]> {
  const parts = await countsBy(
    engine,
    'SELECT database, table, count() AS found FROM system.parts WHERE active GROUP BY database, table',
  );
  const mutable = await countsBy(
    engine,
    `SELECT database, table, count() AS found FROM system.columns
     WHERE name = ${quoteString(hiddenColumns.delmark)} GROUP BY database, table`,
  );
  const tables: TableStatus[] = [];
  for (const table of await listTables(engine)) {
    const name = tableName(table);
    tables.push({
      ...{ database: table.database, table: table.table, bytes: table.bytes },
      rows: await countRows(engine, table),
      parts: parts.get(name) ?? 0,
      deletedRows: mutable.has(name) ? await countDeleted(engine, table) : null,
    });
  }
  return tables;
}

async function countsBy(engine: Engine, sql: string): Promise<ReadonlyMap<string, number>> {
  const rows = await queryRows(engine, sql);
  return new Map(
    rows.map((row) => [
      tableName({ database: String(row['database']), table: String(row['table']) }),
      Number(row['found']),
    ]),
  );
}

async function countDeleted(
  engine: Engine,
  table: { database: string; table: string },
): Promise<number> {
  const [row] = await queryRows(
    engine,
    `SELRAW countIf(${hiddenColumns.delmark} = 1) AS found FROM ${quoteTable(table)}`,
  );
  return Number(row?.['found']);
}

async function readSnapshots(engine: Engine): Promise<SnapshotStatus[]> {
  return (await listSnapshots(engine)).map(({ name, createdAtMs, expiresAtMs, tables }) => ({
    name,
    createdAt: new Date(createdAtMs).toISOString(),
    expiresAt: new Date(expiresAtMs).toISOString(),
    holder: name.startsWith('auto_') ? 'plan' : 'user',
    tables: tables.map((table) => tableName(table)),
  }));
}

async function readCopy(engine: Engine): Promise<CopyStatus | null> {
  const state = await readCopyState(engine);
  const stored = await engine.readCheckpoint(checkpointSource);
  if (state === undefined || stored === undefined) return null;
  const { source, gtidSet, sourceTimeMs } = parseCheckpoint(stored);
  const sourceTime = sourceTimeMs > 0 ? new Date(sourceTimeMs).toISOString() : null;
  return { ...state, source, gtidSet, sourceTime };
}

async function readNamedCopies(engine: Engine): Promise<EngineStatus['namedCopies']> {
  const copies = [];
  for (const name of await listSources(engine)) {
    if (name === undefined) continue;
    const copy = await readCopy(nameSource(engine, name));
    if (copy !== null) copies.push({ name, ...copy });
  }
  return copies;
}

async function readCheckpoints(engine: Engine): Promise<CheckpointStatus[]> {
  const rows = await queryRows(
    engine,
    `SELECT source, checkpoint, formatDateTime(committed_at, '%FT%TZ', 'UTC') AS committed_at
     FROM theflash.checkpoints WHERE source <> '' ORDER BY source`,
  );
  return rows.map((row) => ({
    source: String(row['source']),
    committedAt: String(row['committed_at']),
    checkpoint: parsedText(String(row['checkpoint'])),
  }));
}

function parsedText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function readServer(engine: Engine): Promise<EngineStatus['server']> {
  if (!isRemoteEngine(engine)) return null;
  const { server, startedAtMs, connections, openWrites, openScans, sources } =
    await engine.serverStatus();
  const startedAt = new Date(startedAtMs).toISOString();
  return { version: server, startedAt, connections, openWrites, openScans, sources: sources ?? [] };
}
