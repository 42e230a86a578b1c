// Goal: while a server works, with rows that change all the time, rows without a key and cascades, the rows that are
// wrong are told and no others. Method: transactions beside a writer; rows that they leave alone are changed in the copy.
import { setTimeout as delay } from 'node:timers/promises';
import type { Server, ServerKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { kindsOf } from '../short-run.js';
import { chooseSeed, createRandom } from '../workload/index.js';
import { openScratchEngine } from '../writer/recorded-log.js';
import { findings, startCopy, startSource, verify, waitForTables } from './working-copy.js';

const kinds: readonly ServerKind[] = kindsOf('mysql-9.7', 'mysql-5.7', 'mariadb');
const rows = 2_000;

for (const kind of kinds) {
  testSerialWith(kind)(`${kind}: what is wrong is told while all else changes`, async (t) => {
    const seed = chooseSeed();
    t.log(`SEED=${seed}`);
    const server = await startSource(t, kind);
    await makeTables(server);
    const engine = await openScratchEngine(t);
    const copy = await startCopy(server, engine, ['b.*']);
    await waitForTables(engine, 5);
    const work = startWork(server, seed);
    t.teardown(copy.stop);
    t.teardown(work.stop);
    // Parts of a few rows, and a new snapshot for each few of them.
    const small = { snapshotMaxMs: 100, partBytesMax: 20_000, threads: 2 };
    t.deepEqual(findings(await verify(server, engine)), [], `SEED=${seed}`);
    await engine.execute(`UPDATE b.k SET v = 'wrong' WHERE id = ${2 * rows}; DELETE FROM b.child WHERE id = ${2 * rows};
      INSERT INTO b.k VALUES (${3 * rows}, 'extra', 0); INSERT INTO b.line VALUES (-1, 'still');
      UPDATE b.total SET n = n + 1 WHERE k = 'still'`);
    const { tables } = await verify(server, engine, small);
    const found = tables.flatMap(({ table, differences, unsettled }) => [
      ...differences.map(
        (each) => `${table} ${each.kind} ${each.rows} ${JSON.stringify(each.key)}`,
      ),
      ...(unsettled === 0 ? [] : [`${table}: ${unsettled} unsettled`]),
    ]);
    // Parents are deleted all the while, and the log does not show what that does to children.
    const isKnown = (line: string): boolean => kind === 'mysql-9.7' || !line.startsWith('b.child');
    const wanted = [
      `b.child missing 1 {"id":"${2 * rows}"}`,
      `b.k different 1 {"id":"${2 * rows}"}`,
      `b.k extra 1 {"id":"${3 * rows}"}`,
      'b.line extra 1 null',
      'b.total different 1 {"k":"still"}',
    ];
    t.deepEqual(found.filter(isKnown).sort(), wanted.filter(isKnown), `SEED=${seed}`);
    t.true(found.some((line) => line.startsWith('b.child')));
    await work.stop();
    await copy.stop();
  });
}

async function makeTables(server: Server): Promise<void> {
  const ids = Array.from({ length: rows }, (_, id) => id);
  await server.query(`CREATE DATABASE b; USE b;
    CREATE TABLE k (id INT PRIMARY KEY, v VARCHAR(20), f FLOAT); CREATE TABLE line (a INT, v VARCHAR(9));
    CREATE TABLE total (k VARCHAR(9) PRIMARY KEY, n INT); CREATE TABLE parent (id INT PRIMARY KEY);
    CREATE TABLE child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE);
    INSERT INTO total VALUES ('x', 0), ('still', 0); INSERT INTO line VALUES (-1, 'still');
    INSERT INTO k VALUES ${ids.map((id) => `(${id}, 'v${id}', ${id} / 3)`).join(', ')}, (${2 * rows}, 'right', 1);
    INSERT INTO parent VALUES ${ids.map((id) => `(${id})`).join(', ')}, (${2 * rows});
    INSERT INTO child SELECT id, id FROM parent`);
}

/** Some twenty transactions a second. */
function startWork(server: Server, seed: number): { stop: () => Promise<void> } {
  const random = createRandom(seed);
  const state = { isStopped: false };
  const run = async (): Promise<void> => {
    while (!state.isStopped) {
      const id = random.int(0, rows - 1);
      await server.query(`START TRANSACTION; UPDATE b.total SET n = n + 1 WHERE k = 'x';
        UPDATE b.k SET v = 'w${random.int(0, 9)}', f = f + 1 WHERE id = ${id};
        INSERT INTO b.line VALUES (${id % 7}, 'x'); DELETE FROM b.line WHERE a = ${random.int(0, 6)} LIMIT 1;
        DELETE FROM b.parent WHERE id = ${id}; COMMIT`);
      await delay(40);
    }
  };
  const work = run();
  return {
    stop: async () => {
      state.isStopped = true;
      await work;
    },
  };
}
