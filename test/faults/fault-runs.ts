import { crc32 } from 'node:zlib';
import { openRemoteEngine, type RemoteEngine } from '../../src/engine/remote/index.js';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { dropSnapshot, FlashError, listSnapshots, type Engine } from '../../src/protocol/index.js';
import { buildStream, column } from '../engine/change-builder.js';
import { readValue } from '../engine/engine-suite.js';
import { serveEngine, type TestServer } from '../server/test-server.js';
import { waitUntil } from '../until.js';
import { startTcpProxy, type Fault, type TcpProxy } from './tcp-proxy.js';

/** What became of many runs: how many were right in spite of their fault, and how many were told. */
export interface Outcomes {
  right: number;
  refused: Record<string, number>;
  /** Runs that were neither, each with its fault. */
  wrong: string[];
  /** What was left behind on the server. */
  left: Left;
}

/** What a server and its engine still hold. `queries` are those that the engine runs for clients. */
export interface Left {
  connections: number;
  scans: number;
  writes: number;
  snapshots: number;
  queries: number;
}

export const nothingLeft: Left = { connections: 0, scans: 0, writes: 0, snapshots: 0, queries: 0 };

/** A generator of numbers in [0, 1) from a seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = state;
    value = Math.imul(value ^ (value >>> 15), value | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const kinds = ['cut', 'stall', 'flip', 'flip', 'double', 'drop', 'drip', 'none'] as const;
const timeouts = {
  responseMs: 250,
  connectMs: 2_000,
  reconnectMs: 2_000,
  resolveMs: 15_000,
  cancelMs: 300,
};
const limits = {
  keepaliveMs: 40,
  loginTimeoutMs: 1_000,
  idleTimeoutMs: 1_000,
  writeIdleTimeoutMs: 1_000,
  stallTimeoutMs: 1_000,
  // Longer than any run, and short enough to be waited for.
  ticketLifetimeMs: 15_000,
};
const hangMs = 90_000;

/** Reads a result through a proxy, with a fault each time: it is whole, or an error. */
export async function runScanFaults(engine: Engine, seed: number, runs: number): Promise<Outcomes> {
  const sql =
    'SELECT number, toString(number) AS s FROM numbers(30000) SETTINGS max_block_size = 5000, max_threads = 1';
  const expected = await sumResult(engine, sql);
  return await runFaults(engine, seed, runs, async (remote) => {
    return (await sumResult(remote, sql)) === expected;
  });
}

/** Plans a scan and reads its splits through a proxy, with a fault each time: all rows, or an error. */
export async function runPlanFaults(engine: Engine, seed: number, runs: number): Promise<Outcomes> {
  const database = `plans_${seed}`;
  const rows = 20_000;
  await engine.execute(
    `CREATE DATABASE ${database}; CREATE TABLE ${database}.t (id UInt64, v String) ENGINE = MutableMergeTree ORDER BY id;
     INSERT INTO ${database}.t SELECT number, toString(number) FROM numbers(${rows})`,
  );
  return await runFaults(engine, seed, runs, async (remote) => {
    const plan = await remote.plan({
      ...{ database, table: 't', splitsMin: 3, splitsMax: 3, splitBytes: 1 << 30 },
    });
    let read = 0;
    for (const { ticket } of plan.splits) {
      for await (const message of await remote.scan(ticket)) read += message.rows;
    }
    if (plan.snapshot !== undefined) await dropSnapshot(remote, plan.snapshot);
    return read === rows;
  });
}

/**
 * Inserts a row into a plain table, with a fault each time: one that resolves has added it, one that
 * rejects has not. Only "not known" may be either.
 */
export async function runInsertFaults(
  engine: Engine,
  seed: number,
  runs: number,
): Promise<Outcomes> {
  const database = `inserts_${seed}`;
  await engine.execute(
    `CREATE DATABASE ${database}; CREATE TABLE ${database}.t (v Int32) ENGINE = MergeTree ORDER BY v`,
  );
  const stream = tableToIPC(tableFromArrays({ v: Int32Array.of(7) }), 'stream');
  return await runCounted(engine, seed, runs, database, async (remote) => {
    await remote.insertRows({ database, table: 't' }, stream);
  });
}

/** Checksum of all bytes of a result, and its rows. */
async function sumResult(engine: Engine, sql: string): Promise<string> {
  let rows = 0;
  let sum = 0;
  for await (const message of await engine.query(sql)) {
    rows += message.rows;
    sum = crc32(message.bytes, sum);
  }
  return `${rows} ${sum}`;
}

/**
 * Writes a row into a table that counts equal rows, with a fault each time: a commit that resolves
 * has added one row, one that rejects none. Only "not known" may be either.
 */
export async function runWriteFaults(
  engine: Engine,
  seed: number,
  runs: number,
): Promise<Outcomes> {
  const database = `faults_${seed}`;
  await engine.execute(
    `CREATE DATABASE ${database}; CREATE TABLE ${database}.t (v Int64) ENGINE = MutableMergeTree ORDER BY tuple()`,
  );
  const schema = {
    ...{ database, table: 't', primaryKey: [] },
    columns: [column('v', { kind: 'int', bits: 64, unsigned: false })],
  };
  let row = 0;
  return await runCounted(engine, seed, runs, database, async (remote) => {
    const batch = await remote.openBatch();
    try {
      const first = await batch.reserveVersions(1);
      await batch.append(schema, buildStream(schema, [{ values: [7] }], first));
      await batch.commit(database, `row ${(row += 1)}`);
    } finally {
      await batch.close();
    }
  });
}

/** Runs of which each adds one row to `database`.t where it resolves, and none where it rejects. */
async function runCounted(
  engine: Engine,
  seed: number,
  runs: number,
  database: string,
  write: (remote: RemoteEngine) => Promise<void>,
): Promise<Outcomes> {
  let expected = 0;
  const countNow = async (): Promise<number> =>
    Number(await readValue(engine, `(SELECT count() FROM ${database}.t)`));
  return await runFaults(engine, seed, runs, async (remote, served) => {
    let failure: unknown;
    try {
      await write(remote);
    } catch (error) {
      failure = error;
    }
    const isUnknown = failure instanceof FlashError && failure.message.startsWith('Not known');
    // A server may not have noticed yet that its client is gone, and end the write after this.
    if (isUnknown) {
      await waitUntil('the server is done', async () => {
        const { queries, writes } = await leftNow(engine, served);
        return queries + writes === 0;
      });
    }
    const count = await countNow();
    const added = count - expected;
    expected = count;
    if (added !== (failure === undefined ? 1 : 0) && !isUnknown) return false;
    if (failure instanceof FlashError) throw failure;
    return failure === undefined;
  });
}

async function runFaults(
  engine: Engine,
  seed: number,
  runs: number,
  work: (remote: RemoteEngine, served: TestServer) => Promise<boolean>,
): Promise<Outcomes> {
  const random = randomFrom(seed);
  const served = await serveEngine(engine, { limits });
  const proxy = await startTcpProxy(served.server.port);
  const outcomes: Outcomes = {
    ...{ right: 0, refused: {}, wrong: [] },
    left: nothingLeft,
  };
  try {
    // Twice: the first batch of a server makes a table, which the figures must not count.
    await runOnce({ proxy, served }, work, outcomes, 'first clean run');
    await runOnce({ proxy, served }, work, outcomes, 'second clean run');
    const bytes = { ...proxy.counts };
    for (let run = 0; run < runs; run += 1) {
      const direction = random() < 0.5 ? 'up' : 'down';
      const kind = kinds[Math.floor(random() * kinds.length)] ?? 'none';
      // Half of the faults early, where the small messages are.
      const range = random() < 0.5 ? Math.min(2_000, bytes[direction]) : bytes[direction];
      const fault: Fault = {
        ...{ kind, direction, atByte: Math.floor(random() * range) },
        size: 1 + Math.floor(random() * (random() < 0.5 ? 16 : 3_000)),
      };
      proxy.arm(fault);
      await runOnce({ proxy, served }, work, outcomes, `run ${run}: ${JSON.stringify(fault)}`);
    }
    outcomes.left = await leftOf(engine, served);
  } finally {
    await proxy.close();
    await served.stop();
  }
  return outcomes;
}

async function runOnce(
  { proxy, served }: { proxy: TcpProxy; served: TestServer },
  work: (remote: RemoteEngine, served: TestServer) => Promise<boolean>,
  outcomes: Outcomes,
  name: string,
): Promise<void> {
  let remote: RemoteEngine | undefined;
  const attempt = async (): Promise<boolean> => {
    remote = await openRemoteEngine(`tcp://127.0.0.1:${proxy.port}`, { timeouts });
    return await work(remote, served);
  };
  try {
    if (await withLimit(attempt())) outcomes.right += 1;
    else outcomes.wrong.push(`${name}: a wrong result`);
  } catch (error) {
    if (error instanceof FlashError) {
      outcomes.refused[error.code] = (outcomes.refused[error.code] ?? 0) + 1;
      if (error.code === 'INTERNAL') outcomes.wrong.push(`${name}: ${error.message}`);
    } else outcomes.wrong.push(`${name}: ${String(error)}`);
  } finally {
    await remote?.close();
  }
}

/** What is left once all that ends has had the time to; snapshots go with their tickets. */
async function leftOf(engine: Engine, served: TestServer): Promise<Left> {
  const untilMs = Date.now() + hangMs;
  for (;;) {
    const left = await leftNow(engine, served);
    const sum = Object.values<number>({ ...left }).reduce((total, count) => total + count, 0);
    if (sum === 0 || Date.now() > untilMs) return left;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function leftNow(engine: Engine, served: TestServer): Promise<Left> {
  return {
    ...served.server.counts(),
    snapshots: (await listSnapshots(engine)).length,
    // The one that counts is the one that is seen.
    queries: Number(await readValue(engine, '(SELECT count() - 1 FROM system.processes)')),
  };
}

/** A hang is a failure of its own kind. */
async function withLimit<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const hang = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`hangs for ${hangMs} ms`));
    }, hangMs);
  });
  try {
    return await Promise.race([promise, hang]);
  } finally {
    clearTimeout(timer);
  }
}
