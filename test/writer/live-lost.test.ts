// Goal: a lost connection, a source that starts anew and one that is another now. Method: a relay between.
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { queryRows, type Engine, type FlashError } from '../../src/protocol/index.js';
import { replay, type ReplayResult } from '../../src/writer/index.js';
import { startServerOfKind, type Server } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { liveKinds, openLive, startLive, urlOf } from '../source/live/live-server.js';
import { kindsOf } from '../short-run.js';
import { startRelay, type Relay } from '../source/live/relay.js';
import { chooseSeed, createRandom } from '../workload/index.js';
import { openScratchEngine, sameRows } from './recorded-log.js';

const rows = 'SELECT * FROM s.t ORDER BY id';

interface Following {
  engine: Engine;
  notes: string[];
  stop: AbortController;
  done: Promise<ReplayResult>;
}

async function follow(t: ExecutionContext, relay: Relay): Promise<Following> {
  const stop = new AbortController();
  const notes: string[] = [];
  const source = await openLive(t, urlOf(relay), {
    follow: true,
    signal: stop.signal,
    onNote: (line) => notes.push(line),
  });
  const engine = await openScratchEngine(t);
  const done = replay(source, engine, { signal: stop.signal, limits: { ageMaxMs: 20 } });
  // A test that fails must not leave it going: its process would not end.
  t.teardown(async () => {
    stop.abort();
    await done.catch(() => undefined);
  });
  return { engine, notes, stop, done };
}

/** Waits until the row is in the copy; rejects with the run, where that ends before. */
async function waitForRow({ engine, done }: Following, id: number): Promise<void> {
  const sql = `SELECT count() AS c FROM s.t WHERE id = ${id}`;
  for (let tries = 0; tries < 9000; tries += 1) {
    const found = await queryRows(engine, sql).catch(() => []);
    if (Number(found[0]?.['c'] ?? 0) === 1) return;
    await Promise.race([
      delay(20),
      done.then(() => Promise.reject(new Error('the run has ended'))),
    ]);
  }
  throw new Error(`row ${id} has not come in 180 s`);
}

async function makeTable(server: Server): Promise<void> {
  await server.query(`CREATE DATABASE s; CREATE TABLE s.t (id INT PRIMARY KEY, v LONGTEXT);
    INSERT INTO s.t VALUES (1, 'a')`);
}

for (const kind of kindsOf('mariadb', 'mysql-5.7', 'mysql-9.7')) {
  testSerialWith(kind)(
    `${kind}: cut at any byte, the stream goes on at the next one`,
    async (t) => {
      t.timeout(900_000);
      const seed = chooseSeed();
      t.log(`SEED=${seed}`);
      const random = createRandom(seed);
      const server = await startLive(t, kind);
      const relay = await startRelay(t, server.port);
      await makeTable(server);
      const run = await follow(t, relay);
      await waitForRow(run, 1);
      let id = 2;
      for (let round = 0; round < 12; round += 1) {
        // Far into large events, between small ones, in the description of a log, in the login.
        relay.cutAfter(random.int(1, [100, 3000, 300_000][round % 3] ?? 1));
        for (let each = 0; each < 20; each += 1, id += 1) {
          const size = random.int(0, 5) === 0 ? 100_000 : 10;
          await server.query(`INSERT INTO s.t VALUES (${id}, REPEAT('v', ${size}))`);
        }
        if (random.int(0, 1) === 0) await server.flushLogs();
        await server.query(`UPDATE s.t SET v = 'u' WHERE id % 7 = 0`);
        if (round % 4 === 0) relay.cut();
        await waitForRow(run, id - 1);
      }
      relay.cutAfter(Infinity);
      await server.query(`INSERT INTO s.t VALUES (${id}, 'last')`);
      await waitForRow(run, id);
      run.stop.abort();
      const { totals } = await run.done;
      t.is(totals.rowChanges - (await updates(server)), id, 'each insert once');
      await sameRows(t, server, run.engine, rows);
      t.true(run.notes.some((note) => /was lost at binlog\.\d+:\d+ .*; try 1 in/.test(note)));
      t.true(run.notes.some((note) => note.includes(' is back, at binlog.')));
      t.true(relay.accepted() > 12, `${relay.accepted()} connections`);
    },
  );
}

for (const kind of kindsOf('mysql-5.7', 'mysql-9.7', 'mariadb')) {
  testSerialWith(kind)(`${kind}: a source that starts anew is followed on`, async (t) => {
    t.timeout(900_000);
    const server = await startLive(t, kind);
    const relay = await startRelay(t, server.port);
    await makeTable(server);
    const run = await follow(t, relay);
    await waitForRow(run, 1);
    relay.setTarget(0);
    await server.query("INSERT INTO s.t VALUES (2, 'before')");
    await server.shutdown();
    relay.cut();
    const again = await startServerOfKind(kind, { continues: server });
    t.teardown(again.stop);
    await again.query("INSERT INTO s.t VALUES (3, 'after')");
    relay.setTarget(again.port);
    await waitForRow(run, 3);
    run.stop.abort();
    await run.done;
    await sameRows(t, again, run.engine, rows);
  });
}

for (const kind of liveKinds) {
  testSerialWith(kind)(`${kind}: another server in the same place is not followed`, async (t) => {
    t.timeout(900_000);
    const server = await startLive(t, kind);
    // MariaDB's logs carry no id of their server: their first events differ by the second in which they began.
    await delay(1100);
    const other = await startLive(t, kind);
    const relay = await startRelay(t, server.port);
    await makeTable(server);
    const run = await follow(t, relay);
    await waitForRow(run, 1);
    await makeTable(other);
    await other.query("INSERT INTO s.t VALUES (9, 'other')");
    relay.setTarget(other.port);
    relay.cut();
    const error = await t.throwsAsync<FlashError>(run.done, { code: 'SOURCE_MISMATCH' });
    t.regex(error.message, /another binlog\.000001|does not send its log/);
    await sameRows(t, server, run.engine, rows);
  });
}

/** How many rows the UPDATEs have changed: those that had another value. */
async function updates(server: Server): Promise<number> {
  const [row] = await server.query("SELECT count(*) AS c FROM s.t WHERE v = 'u'");
  return Number(row?.['c']);
}
