// Goal: a table is read a few times at most, however its keys lie and whatever the server's statistics say. Method: parts of
// few bytes; the rows that the server gives are counted.
import { openTableServer, type TableServer } from '../../src/source/index.js';
import { verifyServer } from '../../src/verify/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { kindsOf } from '../short-run.js';
import { openScratchEngine } from '../writer/recorded-log.js';
import { findings, replayNow, startSource, urlOf, verify, verifyWaitMs } from './working-copy.js';

const rows = 5_000;
/** One to see that the part is too large, and one of its parts, of which few are too large again. Halves took 60. */
const readingsMax = 3;

for (const kind of kindsOf('mariadb', 'mysql-5.7', 'mysql-9.7')) {
  testSerialWith(kind)(`${kind}: a key far from the others costs no more readings`, async (t) => {
    const server = await startSource(t, kind);
    const ids = Array.from({ length: rows }, (_, id) => id);
    await server.query(`CREATE DATABASE w; USE w;
      CREATE TABLE far (id BIGINT PRIMARY KEY, v VARCHAR(200));
      CREATE TABLE one (a INT, b INT, v VARCHAR(200), PRIMARY KEY (a, b));
      INSERT INTO far VALUES (-9000000000000000000, 'first'), (9000000000000000000, 'last'),
        ${ids.map((id) => `(${id}, repeat('x', 100 + ${id} % 50))`).join(', ')};
      INSERT INTO one SELECT 7, id, v FROM far WHERE id BETWEEN 0 AND 999;
      INSERT INTO one SELECT id, 1, v FROM far WHERE id BETWEEN 1000 AND 1999`);
    const engine = await openScratchEngine(t);
    await replayNow(server, engine);
    const small = { partBytesMax: 20_000, differencesMax: 100 };
    const tables = await openTableServer(urlOf(server));
    t.teardown(() => {
      tables.close();
    });
    const counted = countRows(tables);
    const options = { ...small, include: ['w.far'], waitMs: verifyWaitMs };
    const all = await verifyServer(counted.server, engine, options);
    const readings = counted.rowsRead() / rows;
    t.log(`${readings.toFixed(2)} readings`);
    t.deepEqual(findings(all), []);
    t.is(all.tables[0]?.rows, rows + 2);
    t.true(readings < readingsMax, `${readings} readings`);

    // Many rows of one number are halved by their other columns.
    const one = await verify(server, engine, { ...small, include: ['w.one'] });
    t.deepEqual(findings(one), []);
    t.is(one.tables[0]?.rows, 2_000);
    await engine.execute(`DELETE FROM w.far WHERE id IN (0, 2500, 9000000000000000000);
      INSERT INTO w.far VALUES (-5, 'extra'), (1000000, 'extra'); UPDATE w.far SET v = '' WHERE id = 4999;
      DELETE FROM w.one WHERE a = 7 AND b IN (0, 999); INSERT INTO w.one VALUES (7, 5000, 'x'), (-1, 0, 'x')`);
    const wrong = await verify(server, engine, small);
    const found = wrong.tables.flatMap(({ table, differences }) =>
      differences.map(({ kind: what, key }) =>
        [table, what, ...Object.values(key ?? {})].join(' '),
      ),
    );
    t.deepEqual(found.sort(), [
      'w.far different 4999',
      'w.far extra -5',
      'w.far extra 1000000',
      'w.far missing 0',
      'w.far missing 2500',
      'w.far missing 9000000000000000000',
      'w.one extra -1 0',
      'w.one extra 7 5000',
      'w.one missing 7 0',
      'w.one missing 7 999',
    ]);
  });
}

/** A server that counts the rows that its snapshots' sessions are given. */
function countRows(server: TableServer): { server: TableServer; rowsRead: () => number } {
  let count = 0;
  const openSnapshot: TableServer['openSnapshot'] = async (...request) => {
    const snapshot = await server.openSnapshot(...request);
    const sessions = snapshot.sessions.map((session) => ({
      ...session,
      read: (...[sql, taker, pause]: Parameters<typeof session.read>) =>
        session.read(
          sql,
          {
            onRow: (...row) => {
              count += 1;
              taker.onRow(...row);
            },
            takeRows: () => undefined,
          },
          pause,
        ),
    }));
    return { ...snapshot, sessions };
  };
  return { server: { ...server, openSnapshot }, rowsRead: () => count };
}
