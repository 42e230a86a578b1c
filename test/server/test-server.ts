import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  openRemoteEngine,
  type RemoteEngine,
  type RemoteEngineOptions,
} from '../../src/engine/remote/index.js';
import type { Engine } from '../../src/protocol/index.js';
import { startServer, type FlashServer, type ServeOptions } from '../../src/server/index.js';
import { openEmbeddedEngine } from '../engine/open-engine.js';

/** One line of the server's log. */
export interface LogEntry {
  level: string;
  event: string;
  fields: Readonly<Record<string, unknown>>;
}

/** A server of this process on a free port of 127.0.0.1, and what it logged. */
export interface TestServer {
  server: FlashServer;
  location: string;
  log: LogEntry[];
  /** Opens a remote engine that `stop` closes. */
  connect(options?: RemoteEngineOptions): Promise<RemoteEngine>;
  stop(): Promise<void>;
}

/** Serves an engine that stays the caller's. */
export async function serveEngine(
  engine: Engine,
  options: Partial<Omit<ServeOptions, 'log'>> = {},
): Promise<TestServer> {
  const log: LogEntry[] = [];
  const server = await startServer(engine, {
    host: '127.0.0.1',
    port: 0,
    version: '0.0.0-test',
    ...options,
    log: (level, event, fields = {}) => log.push({ level, event, fields }),
  });
  const location = `${options.tls === undefined ? 'tcp' : 'tls'}://127.0.0.1:${server.port}`;
  const engines: RemoteEngine[] = [];
  return {
    server,
    location,
    log,
    async connect(remote = {}): Promise<RemoteEngine> {
      const opened = await openRemoteEngine(location, remote);
      engines.push(opened);
      return opened;
    },
    async stop(): Promise<void> {
      await Promise.all(engines.map((each) => each.close()));
      await server.close();
    },
  };
}

/** The real engine on a new folder, and a way to take both away. */
export async function openTestEngine(): Promise<{ engine: Engine; remove: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'theflash-server-'));
  const engine = await openEmbeddedEngine(folder);
  return {
    engine,
    async remove(): Promise<void> {
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until `isTrue` holds; the test's own time-out ends it when it never does. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 2));
}
