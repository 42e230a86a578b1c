import { isRemoteEngine } from '../engine/remote/index.js';
import {
  countRows,
  listTables,
  queryRows,
  type Engine,
  type SourceState,
} from '../protocol/index.js';
import type { OpenScan } from '../protocol/wire/index.js';
import { listSources, nameSource, readCopyState, type CopyState } from '../writer/index.js';

/**
 * How an engine stands.
 *
 * Shape: `server` is null for a folder, where nobody else can have scans open.
 * Units: bytes compressed on disk; times in ISO 8601, UTC.
 */
export interface EngineStatus {
  engine: string;
  engineVersion: string;
  patches: readonly string[];
  /** What keeps the engine in its folder: `landlock (ABI 7)`, `none`, or `unknown` of an old server. */
  sandbox: string;
  checkpoints: readonly { source: string; committedAt: string; checkpoint: string }[];
  tables: readonly { database: string; table: string; rows: number; bytes: number }[];
  /** What the copy is a copy of; null where `write` never ran without `--source`. */
  copy: CopyState | null;
  /** The same of each source that has a name. */
  namedCopies: readonly (CopyState & { source: string })[];
  server: {
    version: string;
    startedAt: string;
    connections: number;
    openWrites: number;
    openScans: readonly OpenScan[];
    /** What the server itself follows. */
    sources: readonly SourceState[];
  } | null;
}

/** Reads the status of any engine; of a server's, also what it does at the moment. */
export async function readEngineStatus(engine: Engine): Promise<EngineStatus> {
  const { engineVersion, patches, sandbox } = await engine.info();
  const tables = [];
  for (const table of await listTables(engine)) {
    const { database, table: name, bytes } = table;
    tables.push({ database, table: name, rows: await countRows(engine, table), bytes });
  }
  return {
    engine: engine.location,
    engineVersion,
    patches,
    sandbox,
    checkpoints: await readCheckpoints(engine),
    tables,
    copy: (await readCopyState(engine)) ?? null,
    namedCopies: await readNamedCopies(engine),
    server: await readServer(engine),
  };
}

async function readNamedCopies(engine: Engine): Promise<EngineStatus['namedCopies']> {
  const copies = [];
  for (const source of await listSources(engine)) {
    if (source === undefined) continue;
    const copy = await readCopyState(nameSource(engine, source));
    if (copy !== undefined) copies.push({ ...copy, source });
  }
  return copies;
}

async function readCheckpoints(engine: Engine): Promise<EngineStatus['checkpoints']> {
  const rows = await queryRows(
    engine,
    `SELECT source, checkpoint, formatDateTime(committed_at, '%FT%TZ', 'UTC') AS committed_at
     FROM theflash.checkpoints WHERE source <> '' ORDER BY source`,
  );
  return rows.map((row) => ({
    source: String(row['source']),
    committedAt: String(row['committed_at']),
    checkpoint: String(row['checkpoint']),
  }));
}

async function readServer(engine: Engine): Promise<EngineStatus['server']> {
  if (!isRemoteEngine(engine)) return null;
  const { server, startedAtMs, connections, openWrites, openScans, sources } =
    await engine.serverStatus();
  const startedAt = new Date(startedAtMs).toISOString();
  return { version: server, startedAt, connections, openWrites, openScans, sources: sources ?? [] };
}
