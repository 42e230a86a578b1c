import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { openRemoteEngine } from '../../src/engine/remote/index.js';
import { RawClient } from './raw-client.js';
import { startServe, type ServeProcess } from './serve-process.js';

const readers = 12;
/** 13 GB in batches of up to 4 MiB, cheap to make. */
const sql = `SELECT number, repeat('x', 120) FROM numbers(100000000) SETTINGS max_block_size = 32768`;
const batchMib = 5;

let folder = '';
let server: ServeProcess | undefined;

test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'theflash-slow-'));
  server = await startServe(path.join(folder, 'data'));
});

test.after.always(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

// docs/operations.md: up to 16 MiB on their way, three batches after them, and what the query works on.
for (const [name, credit, boundMib] of [
  ['without credit holds a few batches', 1, 6 * batchMib],
  ['that takes nothing holds 16 MiB more, whatever credit it gives', 2 ** 50, 16 + 6 * batchMib],
] as const) {
  test.serial(`a reader ${name}`, async (t) => {
    if (server === undefined) throw new Error('no server');
    await warmUp(server.location);
    const before = residentMib(server.pid);
    const { port } = server;
    const clients = await Promise.all(
      Array.from({ length: readers }, () => startReader(port, credit)),
    );
    try {
      const after = await waitUntilStill(server);
      t.log(`${Math.round((after - before) / readers)} MiB a reader`);
      t.true(after - before < readers * boundMib, `${readers} readers hold ${after - before} MiB`);
    } finally {
      for (const client of clients) client.socket.destroy();
    }
  });
}

/** A first query has the engine load what later ones share. */
async function warmUp(location: string): Promise<void> {
  const engine = await openRemoteEngine(location);
  try {
    const few = sql.replace('100000000', '1000000');
    let rows = 0;
    for await (const message of await engine.query(few)) rows += message.rows;
    if (rows !== 1_000_000) throw new Error(`${rows} rows came`);
  } finally {
    await engine.close();
  }
}

async function startReader(port: number, credit: number): Promise<RawClient> {
  const client = await RawClient.hello(port);
  client.send({ type: 'QUERY', sql, credit, timeoutMs: 0 }, 1);
  while ((await client.next())?.type !== 'SCHEMA') continue;
  client.socket.pause();
  return client;
}

/** Resolves when the server's memory has not grown for two seconds. */
async function waitUntilStill(served: ServeProcess): Promise<number> {
  let most = residentMib(served.pid);
  for (let still = 0, polls = 0; still < 20 && polls < 600; polls += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const now = residentMib(served.pid);
    still = now > most ? 0 : still + 1;
    most = Math.max(most, now);
  }
  return most;
}

function residentMib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024);
}
