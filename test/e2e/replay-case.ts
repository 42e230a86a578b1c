import path from 'node:path';
import { type Table, tableFromIPC } from 'apache-arrow';
import type { ExecutionContext } from 'ava';
import {
  arrowEndOfStream,
  decodeSchemaMessage,
  encodeSchemaMessage,
  type Engine,
  listColumns,
  relabelSchema,
  scanSql,
} from '../../src/protocol/index.js';
import type { Server } from '../servers/index.js';
import { chooseSeed, runWorkload } from '../workload/index.js';
import { runCli, binlogArgs, temporaryFolder, writeLogs } from './cli.js';
import {
  compareTables,
  readSourceTable,
  renderArrowTable,
  sourceTables,
  type TableRows,
} from './compare/index.js';
import { openEmbeddedEngine } from '../engine/open-engine.js';

const timeoutMs = 900_000;

/**
 * Replays the log of a random workload on `server` into a fresh engine, and compares every table,
 * read as Arrow, with the server's own SELECT.
 */
export async function replayRandomWorkload(
  t: ExecutionContext,
  start: () => Promise<Server>,
  rowChanges: number,
): Promise<void> {
  t.timeout(timeoutMs);
  const server = await start();
  t.teardown(server.stop);
  const seed = chooseSeed();
  const database = 'w';
  const result = await runWorkload(server, { seed, database, rowChanges });
  await server.flushLogs();
  t.log(`SEED=${seed}: ${JSON.stringify({ ...result, tables: result.tables.length })}`);

  const engine = path.join(temporaryFolder(t), 'engine');
  await writeLogs(engine, server.binlogFiles());
  t.deepEqual(await differences(server, database, engine), [], `SEED=${seed}`);

  const again = await runCli(['write', '--engine', engine, ...binlogArgs(server.binlogFiles())]);
  t.is(again.code, 0, again.stderr);
  t.regex(again.stderr + again.stdout.toString(), /nothing new/i);
  t.deepEqual(await differences(server, database, engine), [], `after a second run, SEED=${seed}`);
}

/** First differences between each table of `database` and the engine's copy of it. */
export async function differences(
  server: Server,
  database: string,
  folder: string,
): Promise<string[]> {
  const found: string[] = [];
  // One engine for all tables: a process for each `theflash scan` would take a second a table.
  const engine = await openEmbeddedEngine(folder, { create: false });
  try {
    for (const table of await sourceTables(server, database)) {
      found.push(...(await tableDifferences(server, engine, { database, table })));
    }
  } finally {
    await engine.close();
  }
  return found;
}

/** As `differences`, for one table. One that can't be read differs too: the others are still compared. */
export async function tableDifferences(
  server: Server,
  engine: Engine,
  request: { database: string; table: string },
): Promise<string[]> {
  try {
    const { source, copy } = await readBoth(server, engine, request);
    return compareTables(source, copy);
  } catch (error) {
    return [`${request.table}: ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** A table as the server's own SELECT gives it, and as the engine's scan does. */
export async function readBoth(
  server: Server,
  engine: Engine,
  request: { database: string; table: string },
): Promise<{ source: TableRows; copy: TableRows }> {
  const source = await readSourceTable(server, request.database, request.table);
  return { source, copy: renderArrowTable(await readCopy(engine, request), source) };
}

/** A table of the engine as Arrow, by the very query and labels of `theflash scan`. */
async function readCopy(
  engine: Engine,
  request: { database: string; table: string },
): Promise<Table> {
  const columns = await listColumns(engine, request);
  const mysqlTypes = new Map(columns.map(({ name, mysqlType }) => [name, mysqlType ?? '']));
  const messages: Uint8Array[] = [];
  for await (const { bytes } of await engine.query(scanSql(request, columns))) {
    const isSchema = messages.length === 0;
    messages.push(isSchema ? relabel(bytes, mysqlTypes) : bytes.slice());
  }
  return tableFromIPC(Buffer.concat([...messages, arrowEndOfStream]));
}

function relabel(bytes: Uint8Array, mysqlTypes: ReadonlyMap<string, string>): Uint8Array {
  return encodeSchemaMessage(relabelSchema(decodeSchemaMessage(bytes), mysqlTypes));
}
