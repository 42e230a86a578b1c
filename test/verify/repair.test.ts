// Goal: `--repair` makes a copy that is wrong in every way what its source is, and nothing else, while the writer goes
// on. Method: seeded corruptions of each kind by SQL, so many as CORRUPTIONS says; what is right, and what is to be told
// with which key and values, is what the server's own SELECT gives beside a scan of the copy.
import { setTimeout as delay } from 'node:timers/promises';
import { queryRows } from '../../src/protocol/index.js';
import { tableDifferences } from '../e2e/replay-case.js';
import { sourceTables } from '../e2e/compare/index.js';
import type { Server } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { kindsOf } from '../short-run.js';
import { chooseSeed, createRandom, runWorkload, workloadTables } from '../workload/index.js';
import { openScratchEngine, sameRows } from '../writer/recorded-log.js';
import { corrupt } from './corrupt.js';
import { expectedDifferences, toldDifferences } from './told.js';
import {
  findings,
  replayNow,
  startCopy,
  startSource,
  verify,
  waitForTables,
} from './working-copy.js';

const corruptions = Number(process.env['CORRUPTIONS'] ?? 200);

for (const kind of kindsOf('mysql-5.7', 'mysql-9.7', 'mariadb')) {
  testSerialWith(kind)(
    `${kind}: ${corruptions} corruptions of every kind are found, and gone after a repair`,
    async (t) => {
      const seed = chooseSeed();
      t.log(`SEED=${seed}`);
      const server = await startSource(t, kind);
      await runWorkload(server, { seed, database: 'w', rowChanges: 4_000 });
      const engine = await openScratchEngine(t);
      await replayNow(server, engine);
      const tables = workloadTables(kind === 'mariadb' ? 'mariadb' : 'mysql');
      const { wrong, kinds: made } = await corrupt(engine, tables, createRandom(seed), corruptions);
      const count = [...made.values()].reduce((sum, each) => sum + each, 0);
      t.log([...made].map(([what, times]) => `${what} ${times}`).join(', '));
      t.true(count >= corruptions, `${count} corruptions`);
      t.is(made.size, 7);

      const before = await engine.readCheckpoint('binlog');
      const expected = await expectedDifferences(server, engine, 'w');
      const result = await verify(server, engine, { repair: true, differencesMax: 100_000 });
      t.deepEqual(toldDifferences(result), expected, `SEED=${seed}`);
      const sorted = (pairs: [string, unknown][]): [string, unknown][] =>
        pairs.sort(([a], [b]) => (a < b ? -1 : 1));
      t.deepEqual(
        sorted(
          result.tables.flatMap(({ table, missing, extra, different }) =>
            missing + extra + different === 0 ? [] : [[table, { missing, extra, different }]],
          ),
        ),
        sorted([...wrong]),
        `SEED=${seed}`,
      );
      for (const { table, missing, extra, different, repaired } of result.tables) {
        const none = missing + extra + different === 0;
        const done = { inserted: missing, deleted: extra, changed: different, left: 0 };
        t.deepEqual(repaired, none ? null : done, table);
      }
      t.deepEqual(result.tooMany, []);
      t.is(await engine.readCheckpoint('binlog'), before);

      t.deepEqual(findings(await verify(server, engine)), [], `SEED=${seed}`);
      for (const table of await sourceTables(server, 'w')) {
        const request = { database: 'w', table };
        t.deepEqual(await tableDifferences(server, engine, request), [], `${table}, SEED=${seed}`);
      }
      // What the log brings later finds the rows that it changes.
      await server.query('DELETE FROM w.no_key; UPDATE w.mixed SET amount = amount / 2');
      await replayNow(server, engine);
      t.deepEqual(findings(await verify(server, engine)), [], `SEED=${seed}`);
    },
  );
}

for (const kind of kindsOf('mysql-9.7', 'mysql-5.7', 'mariadb')) {
  testSerialWith(kind)(`${kind}: a repair is right while the writer goes on`, async (t) => {
    const seed = chooseSeed();
    t.log(`SEED=${seed}`);
    const server = await startSource(t, kind);
    await makeTables(server);
    const engine = await openScratchEngine(t);
    const copy = await startCopy(server, engine, ['b.*']);
    await waitForTables(engine, 4);
    const work = startWork(server, seed);
    t.teardown(copy.stop);
    t.teardown(work.stop);
    t.deepEqual(findings(await verify(server, engine)), [], `SEED=${seed}`);
    for (let round = 0; round < 3; round += 1) {
      await engine.execute(
        `UPDATE b.k SET v = 'wrong' WHERE id % 3 = ${round}; UPDATE b.text SET n = n + 1000000 WHERE 1;
         DELETE FROM b.k WHERE id % 50 = ${round + 10}; INSERT INTO b.k VALUES (${3 * rows + round}, 'extra', 0);
         INSERT INTO b.line VALUES (-1, 'still'), (-2, 'new')`,
      );
      const result = await verify(server, engine, { repair: true, threads: 2 });
      const left = result.tables.filter(({ repaired }) => (repaired?.left ?? 0) > 0);
      t.deepEqual(left, [], `SEED=${seed}`);
      t.true(result.tables.some(({ repaired }) => (repaired?.changed ?? 0) > 0));
      t.deepEqual(findings(await verify(server, engine)), [], `round ${round}, SEED=${seed}`);
    }
    await work.stop();
    await verify(server, engine);
    await copy.stop();
    for (const order of ['k', 'text', 'total']) {
      await sameRows(t, server, engine, `SELECT * FROM b.${order} ORDER BY 1`);
    }
    await sameRows(
      t,
      server,
      engine,
      'SELECT a, v, count(*) AS c FROM b.line GROUP BY a, v ORDER BY a, v',
    );
    t.true(work.transactions() > 50, `${work.transactions()} transactions`);
  });
}

testSerialWith('mariadb')(
  'rows completed from a wrong row while it is repaired are told',
  async (t) => {
    const server = await startSource(t, 'mariadb');
    await server.query(`SET GLOBAL binlog_row_image = 'MINIMAL'; CREATE DATABASE b;
    CREATE TABLE b.k (id INT PRIMARY KEY, v VARCHAR(20), n INT)`);
    await server.query("INSERT INTO b.k VALUES (1, 'a', 0), (2, 'b', 0)");
    const engine = await openScratchEngine(t);
    const copy = await startCopy(server, engine, ['b.*']);
    t.teardown(copy.stop);
    await waitForTables(engine, 1);
    await verify(server, engine);
    const state = { isStopped: false };
    const work = (async () => {
      while (!state.isStopped) {
        await server.query('UPDATE b.k SET n = n + 1 WHERE id = 1');
        await delay(5);
      }
    })();
    for (let round = 0; round < 4; round += 1) {
      await engine.execute("UPDATE b.k SET v = 'wrong' WHERE id IN (1, 2)");
      const { tables } = await verify(server, engine, { repair: true });
      const left = tables[0]?.repaired?.left ?? 0;
      const after = findings(await verify(server, engine));
      // Equal, or told as not equal: never equal by word alone.
      if (left === 0) t.deepEqual(after, [], `round ${round}`);
      else await verify(server, engine, { repair: true });
    }
    state.isStopped = true;
    await work;
    await verify(server, engine, { repair: true });
    await copy.stop();
    await sameRows(t, server, engine, 'SELECT * FROM b.k ORDER BY id');
    t.is((await queryRows(engine, "SELECT * FROM b.k WHERE v = 'wrong'")).length, 0);
  },
);

const rows = 2_000;

async function makeTables(server: Server): Promise<void> {
  const ids = Array.from({ length: rows }, (_, id) => id);
  await server.query(`CREATE DATABASE b; USE b;
    CREATE TABLE k (id INT PRIMARY KEY, v VARCHAR(20), f INT); CREATE TABLE line (a INT, v VARCHAR(9));
    CREATE TABLE total (k VARCHAR(9) PRIMARY KEY, n INT); CREATE TABLE text (k VARCHAR(9) PRIMARY KEY, n INT);
    INSERT INTO total VALUES ('x', 0); INSERT INTO line VALUES (-1, 'still');
    INSERT INTO text VALUES ${ids
      .slice(0, 50)
      .map((id) => `('t${id}', ${id})`)
      .join(', ')};
    INSERT INTO k VALUES ${ids.map((id) => `(${id}, 'v${id}', 0)`).join(', ')}`);
}

/** Transactions without a pause, of rows that are wrong in the copy as well. */
function startWork(
  server: Server,
  seed: number,
): { stop: () => Promise<void>; transactions: () => number } {
  const random = createRandom(seed);
  const state = { isStopped: false, transactions: 0 };
  const run = async (): Promise<void> => {
    while (!state.isStopped) {
      const id = random.int(0, rows - 1);
      await server.query(`START TRANSACTION; UPDATE b.total SET n = n + 1 WHERE k = 'x';
        UPDATE b.k SET v = 'w${random.int(0, 9)}', f = f + 1 WHERE id = ${id}; DELETE FROM b.k WHERE id = ${id + 1};
        INSERT INTO b.k VALUES (${id + 1}, 'again', 0); UPDATE b.text SET n = n + 1 WHERE k = 't${id % 50}';
        INSERT INTO b.line VALUES (${id % 7}, 'x'); DELETE FROM b.line WHERE a = ${random.int(0, 6)} LIMIT 1; COMMIT`);
      state.transactions += 1;
      await delay(5);
    }
  };
  const work = run();
  return {
    stop: async () => {
      state.isStopped = true;
      await work;
    },
    transactions: () => state.transactions,
  };
}
