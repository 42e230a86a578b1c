// Goal: servers hold under load, crowds and malice for minutes, and nothing is wrong at the end.
// Method: real `theflash serve` processes; SOAK_SECONDS (120) for each test; SEED repeats a run.
import { mkdtemp, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { tableFromIPC } from 'apache-arrow';
import { openRemoteEngine, type RemoteEngine } from '../../src/engine/remote/index.js';
import {
  arrowEndOfStream,
  createSnapshot,
  dropSnapshot,
  listSnapshots,
  queryRows,
} from '../../src/protocol/index.js';
import { buildStream, column } from '../engine/change-builder.js';
import { randomFrom } from '../faults/fault-runs.js';
import { pingDuring, pingProblem } from '../server/ping-probe.js';
import { RawClient } from '../server/raw-client.js';
import { startServe, type ServeProcess } from '../server/serve-process.js';
import { speakBadly } from './fuzz-client.js';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const soakMs = Number(process.env['SOAK_SECONDS'] ?? '120') * 1000;
let folder = '';
let servers: ServeProcess[] = [];

test.before(async (t) => {
  t.log(`SEED=${seed} SOAK_SECONDS=${soakMs / 1000}`);
  folder = await mkdtemp(path.join(tmpdir(), 'theflash-soak-'));
  servers = await Promise.all(['a', 'b'].map((name) => startServe(path.join(folder, name))));
});

test.after.always(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await rm(folder, { recursive: true, force: true });
});

const accounts = 2000;
const bank = {
  ...{ database: 'bank', table: 'accounts', primaryKey: ['id'] },
  columns: [
    column('id', { kind: 'int', bits: 64, unsigned: false }),
    column('amount', { kind: 'int', bits: 64, unsigned: false }),
  ],
};
const journal = { ...bank, table: 'journal', primaryKey: [] };

test.serial(
  'two servers, a writer and four parallel readers each: no sum is ever wrong',
  async (t) => {
    t.timeout(soakMs * 5);
    const endMs = Date.now() + soakMs;
    const figures = await Promise.all(
      servers.map(async (server, index) => {
        const remote = await openRemoteEngine(server.location);
        await remote.execute(
          `CREATE DATABASE bank;
         CREATE TABLE bank.accounts (id Int64, amount Int64) ENGINE = MutableMergeTree ORDER BY id;
         CREATE TABLE bank.journal (id Int64, amount Int64) ENGINE = MutableMergeTree ORDER BY tuple();
         INSERT INTO bank.accounts SELECT number, 0 FROM numbers(${accounts})`,
        );
        const [written, ...reads] = await Promise.all([
          writeTransfers(remote, randomFrom(seed + index), endMs),
          ...Array.from({ length: 4 }, () => readBank(server.location, endMs)),
        ]);
        const sql = `SELECT toString(sum(cityHash64(id, amount))) AS sum, count() AS rows FROM bank.accounts`;
        const hashes = [...written.amounts].map(([id, amount]) => `(${id}, ${amount})`).join(',');
        const [expected] = await queryRows(
          remote,
          `SELECT toString(sum(cityHash64(id, amount))) AS sum, count() AS rows FROM values('id Int64, amount Int64', ${hashes})`,
        );
        t.deepEqual((await queryRows(remote, sql))[0], expected);
        const [entries] = await queryRows(remote, 'SELECT count() AS rows FROM bank.journal');
        t.is(Number(entries?.['rows']), written.batches);
        t.deepEqual(await listSnapshots(remote), []);
        await remote.close();
        return { batches: written.batches, scans: reads.reduce((sum, count) => sum + count, 0) };
      }),
    );
    t.log(JSON.stringify(figures));
    t.true(figures.every(({ batches, scans }) => batches > 10 && scans > 10));
  },
);

test.serial(
  'random and damaged frames for minutes: others are served, in bounded memory',
  async (t) => {
    t.timeout(soakMs * 5);
    const [server] = servers;
    if (server === undefined) throw new Error('there is a server');
    const remote = await openRemoteEngine(server.location);
    await remote.execute(
      `CREATE DATABASE f; CREATE TABLE f.t (id Int64, v String) ENGINE = MutableMergeTree ORDER BY id;
     CREATE TABLE f.plain (id Int64) ENGINE = MergeTree ORDER BY id; INSERT INTO f.t VALUES (1, 'a')`,
    );
    const beforeBytes = residentBytes(server.pid);
    const endMs = Date.now() + soakMs;
    let clients = 0;
    let slowestMs = 0;
    const speak = async (random: () => number): Promise<void> => {
      while (Date.now() < endMs) await speakBadly(server.port, random, seed + (clients += 1));
    };
    const beServed = async (): Promise<void> => {
      while (Date.now() < endMs) {
        const startMs = performance.now();
        await queryRows(remote, 'SELECT id FROM f.t');
        slowestMs = Math.max(slowestMs, performance.now() - startMs);
      }
    };
    const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 500));
    const baseline = await pingDuring(server, pause);
    const pings = await pingDuring(server, async () => {
      await Promise.all([
        beServed(),
        ...Array.from({ length: 8 }, (_, index) => speak(randomFrom(seed + index))),
      ]);
    });
    t.is(pingProblem(pings, baseline), undefined);
    const grownMib = Math.round((residentBytes(server.pid) - beforeBytes) / 2 ** 20);
    const status = await remote.serverStatus();
    t.log(`PING: ${JSON.stringify(pings)}`);
    t.log(`${clients} clients, slowest answer ${Math.round(slowestMs)} ms, ${grownMib} MiB more`);
    t.is(status.openWrites, 0);
    t.true(clients > 100);
    // Far from the 30 s after which a client takes a server for dead.
    t.true(slowestMs < 10_000, `${slowestMs} ms`);
    t.true(grownMib < 600, `${grownMib} MiB`);
    await remote.close();
  },
);

test.serial('1,000 idle connections, 200 active ones and 100 slow logins', async (t) => {
  t.timeout(soakMs * 5);
  const [, server] = servers;
  if (server === undefined) throw new Error('there are two servers');
  const idle: RawClient[] = [];
  for (let index = 0; index < 999; index += 1) {
    idle.push(await RawClient.hello(server.port, index % 2 === 0 ? '127.0.0.2' : '127.0.0.3'));
  }
  const remote = await openRemoteEngine(server.location, {
    ...{ connectionsMax: 200, timeouts: { busyMs: soakMs } },
  });
  const endMs = Date.now() + soakMs / 2;
  let answers = 0;
  let logins = 0;
  const ask = async (id: number): Promise<void> => {
    while (Date.now() < endMs) {
      const sql = `SELECT sum(number) AS s FROM numbers(${id * 1000})`;
      const [row] = await queryRows(remote, sql);
      const expected = (id * 1000 * (id * 1000 - 1)) / 2;
      if (Number(row?.['s']) !== expected) throw new Error(`${id}: ${String(row?.['s'])}`);
      answers += 1;
    }
  };
  // A byte every 100 ms, until the server ends it: by the login's time, or for lack of places.
  const drip = async (): Promise<void> => {
    while (Date.now() < endMs) {
      const client = await RawClient.connect(server.port, '127.0.0.4');
      while (!client.isClosed) {
        client.socket.write('T');
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      logins += 1;
    }
  };
  await Promise.all([
    ...Array.from({ length: 200 }, (_, id) => ask(id + 1)),
    ...Array.from({ length: 100 }, drip),
  ]);
  t.log(`${answers} answers, ${logins} slow logins were ended`);
  t.true(answers > 200 && logins >= 100);
  t.true(
    idle.every((client) => !client.isClosed),
    'the idle ones stay',
  );
  for (const client of idle) client.socket.destroy();
  await remote.close();
  const after = await openRemoteEngine(server.location);
  while ((await after.serverStatus()).connections > 1) continue;
  t.is((await after.serverStatus()).openScans.length, 0);
  await after.close();
});

async function writeTransfers(
  remote: RemoteEngine,
  random: () => number,
  endMs: number,
): Promise<{ batches: number; amounts: ReadonlyMap<number, number> }> {
  const amounts = new Map(Array.from({ length: accounts }, (_, id) => [id, 0]));
  let batches = 0;
  while (Date.now() < endMs) {
    const touched = new Map<number, number>();
    for (let count = 1 + Math.floor(random() * 50); count > 0; count -= 1) {
      const amount = Math.floor(random() * 1000);
      for (const sign of [1, -1]) {
        const id = Math.floor(random() * accounts);
        const now = (amounts.get(id) ?? 0) + sign * amount;
        amounts.set(id, now);
        touched.set(id, now);
      }
    }
    const rows = [...touched].map((values) => ({ values }));
    const batch = await remote.openBatch();
    const first = await batch.reserveVersions(rows.length + 1);
    await batch.append(bank, buildStream(bank, rows, first));
    const entry = [{ values: [batches, rows.length] }];
    await batch.append(journal, buildStream(journal, entry, first + BigInt(rows.length)));
    await batch.commit('bank', String((batches += 1)));
    await batch.close();
  }
  return { batches, amounts };
}

/** Reads all splits of a snapshot at once, as Spark's tasks do; gives how many scans it made. */
async function readBank(location: string, endMs: number): Promise<number> {
  const remote = await openRemoteEngine(location);
  let scans = 0;
  while (Date.now() < endMs) {
    const snapshot = await createSnapshot(remote, {
      ...{ tables: [bank, journal], expiresInMs: 60_000 },
    });
    const plan = await remote.plan({
      ...{ database: 'bank', table: 'accounts', snapshot: snapshot.name },
      ...{ splitsMin: 4, splitsMax: 4, splitBytes: 1 << 30 },
      aggregate: {
        groupBy: [],
        functions: [
          { function: 'countRows', as: 'rows' },
          { function: 'sum', column: 'amount', as: 'total' },
        ],
      },
    });
    const parts = await Promise.all(plan.splits.map(({ ticket }) => readSplit(remote, ticket)));
    scans += parts.length;
    const rows = parts.reduce((sum, part) => sum + part.rows, 0);
    const total = parts.reduce((sum, part) => sum + part.total, 0n);
    if (rows !== accounts || total !== 0n) throw new Error(`${rows} rows, ${total} in all`);
    await dropSnapshot(remote, snapshot.name);
  }
  await remote.close();
  return scans;
}

async function readSplit(
  remote: RemoteEngine,
  ticket: string,
): Promise<{ rows: number; total: bigint }> {
  const messages: Uint8Array[] = [];
  for await (const { bytes } of await remote.scan(ticket)) messages.push(bytes.slice());
  const table = tableFromIPC([...messages, arrowEndOfStream]);
  const words: unknown = table.getChild('total')?.get(0);
  // NULL where the split has no rows. Words of 32 bits, the lowest first.
  const total =
    words instanceof Uint32Array
      ? words.reduceRight((sum, word) => (sum << 32n) | BigInt(word), 0n)
      : 0n;
  return { rows: Number(table.getChild('rows')?.get(0)), total: BigInt.asIntN(128, total) };
}

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}
