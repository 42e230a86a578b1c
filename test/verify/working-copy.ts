// A server with the tables of the workload, a copy of it in this process, and what compares the two.
import type { ExecutionContext } from 'ava';
import { listTables, type Engine } from '../../src/protocol/index.js';
import { openSource, openTableServer } from '../../src/source/index.js';
import { verifyServer, type VerifyOptions, type VerifyResult } from '../../src/verify/index.js';
import { replay } from '../../src/writer/index.js';
import { startServerOfKind, type Server, type ServerKind } from '../servers/index.js';
import { waitUntil } from '../until.js';

/** How long a comparison waits for the copy: far more than a slow machine needs. */
export const verifyWaitMs = 120_000;

export async function startSource(t: ExecutionContext, kind: ServerKind): Promise<Server> {
  t.timeout(900_000);
  const gtids = ['--gtid-mode=ON', '--enforce-gtid-consistency=ON'];
  const server = await startServerOfKind(kind, { args: kind === 'mysql-9.7' ? gtids : [] });
  t.teardown(server.stop);
  return server;
}

export function urlOf(server: Server): string {
  return `mysql://root@127.0.0.1:${server.port}/`;
}

/** Follows the server's log, from its beginning, until it is stopped. */
export async function startCopy(
  server: Server,
  engine: Engine,
  include: readonly string[],
): Promise<{ stop: () => Promise<void> }> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const source = await openSource([urlOf(server)], {
    stdin: process.stdin,
    signal,
    live: { follow: true },
  });
  const following = replay(source, engine, { include, signal, limits: { ageMaxMs: 200 } });
  // It ends by the signal; until then an error is nobody's.
  following.catch(() => undefined);
  return {
    stop: async () => {
      stopping.abort();
      await following.finally(() => source.close?.());
    },
  };
}

export async function verify(
  server: Server,
  engine: Engine,
  options: VerifyOptions = {},
): Promise<VerifyResult> {
  const tables = await openTableServer(urlOf(server));
  try {
    return await verifyServer(tables, engine, { waitMs: verifyWaitMs, ...options });
  } finally {
    tables.close();
  }
}

/** What is not equal, for messages of tests. */
export function findings({ tables }: VerifyResult): string[] {
  return tables.flatMap(
    ({ table, definition, missing, extra, different, unsettled, differences }) =>
      definition === null && missing + extra + different + unsettled === 0
        ? []
        : [
            `${table}: ${JSON.stringify({ definition, missing, extra, different, unsettled })} ` +
              JSON.stringify(differences).slice(0, 600),
          ],
  );
}

/** Waits until the copy has so many tables. */
export async function waitForTables(engine: Engine, count: number): Promise<void> {
  await waitUntil(`the copy has ${count} tables`, async () => {
    const isBegun = (await engine.readCheckpoint('binlog')) !== undefined;
    return isBegun && (await listTables(engine)).length >= count;
  });
}

/** Replays the server's log, from its beginning, up to where it ends now. */
export async function replayNow(server: Server, engine: Engine): Promise<void> {
  const source = await openSource([urlOf(server)], {
    stdin: process.stdin,
    live: { follow: false },
  });
  try {
    await replay(source, engine);
  } finally {
    source.close?.();
  }
}
