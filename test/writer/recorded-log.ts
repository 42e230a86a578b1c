import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import { queryRows, type Engine } from '../../src/protocol/index.js';
import { openSource } from '../../src/source/index.js';
import { replay, type ReplayOptions, type ReplayResult } from '../../src/writer/index.js';
import type { Server } from '../servers/index.js';
import { openEmbeddedEngine } from '../engine/open-engine.js';

/** Runs `work` on the server and gives the closed logs that hold it, and nothing before it. */
export async function record(server: Server, work: () => Promise<void>): Promise<string[]> {
  await server.flushLogs();
  const before = server.binlogFiles().length;
  await work();
  await server.flushLogs();
  return server.binlogFiles().slice(before);
}

/** An engine in a folder of its own; both go when the test ends. */
export async function openScratchEngine(t: ExecutionContext): Promise<Engine> {
  const folder = await mkdtemp(path.join(tmpdir(), 'theflash-writer-'));
  const engine = await openEmbeddedEngine(path.join(folder, 'engine'));
  t.teardown(async () => {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  });
  return engine;
}

/** Replays files into an engine. They need not be the source's first: without an option, a copy is partial. */
export async function replayFiles(
  engine: Engine,
  files: readonly string[],
  options: ReplayOptions = {},
): Promise<ReplayResult> {
  const source = await openSource(files, { stdin: process.stdin });
  return replay(source, engine, { beginning: { kind: 'partial' }, ...options });
}

/** Asserts that the engine gives the same rows for a query as the source does. */
export async function sameRows(
  t: ExecutionContext,
  server: Server,
  engine: Engine,
  sql: string,
): Promise<void> {
  const expected = (await server.query(sql)).map(textRow);
  const found = (await queryRows(engine, sql)).map(textRow);
  t.deepEqual(found, expected, sql);
}

function textRow(row: Record<string, unknown>): Record<string, string | null> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, textValue(value)]));
}

function textValue(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'object' ? JSON.stringify(value) : `${value as string | number | bigint}`;
}
