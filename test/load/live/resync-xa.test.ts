// Goal: rows of an XA transaction that is prepared when tables are read, and committed later, are in the copy
// once, or the run stops. Method: real servers; expected values are their SELECT.
import { runInSession, type Server, type ServerKind } from '../../servers/index.js';
import { testSerialWith } from '../../servers/test-with.js';
import { kindsOf } from '../../short-run.js';
import { openScratchEngine } from '../../writer/recorded-log.js';
import { allDifferences, follow, load, startServer } from './live-load.js';

const kinds: readonly ServerKind[] = kindsOf('mysql-5.7', 'mysql-9.7', 'mariadb');

for (const kind of kinds) {
  testSerialWith(kind)(
    `${kind}: prepared before, committed after a table was taken anew`,
    async (t) => {
      const server = await startServer(t, kind);
      await server.query(`CREATE DATABASE w; CREATE TABLE w.a (id INT PRIMARY KEY, v INT);
      CREATE TABLE w.b (id INT PRIMARY KEY, v INT); INSERT INTO w.a VALUES (1, 1); INSERT INTO w.b VALUES (1, 1)`);
      const engine = await openScratchEngine(t);
      await load(server, engine);
      await prepare(server, 'one', 2);
      // Its rows are in the log before the place of the table, and not in what a snapshot shows.
      await load(server, engine, { resync: ['w.b'] });
      await server.query("XA COMMIT 'one'");
      await follow(server, engine);
      t.deepEqual(await allDifferences(server, engine), []);
    },
  );
}

async function prepare(server: Server, xid: string, id: number): Promise<void> {
  await runInSession(
    server,
    `XA START '${xid}'; INSERT INTO w.a VALUES (${id}, 1); INSERT INTO w.b VALUES (${id}, 1);
     XA END '${xid}'; XA PREPARE '${xid}'`,
  );
}
