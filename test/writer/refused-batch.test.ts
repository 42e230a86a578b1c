import { queryRows, type FlashError } from '../../src/protocol/index.js';
import { startServerOfKind, type ServerKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { kindsOf } from '../short-run.js';
import { openScratchEngine, record, replayFiles } from './recorded-log.js';

const kinds: readonly ServerKind[] = kindsOf('mariadb', 'mysql-5.7');
const schema = {
  path: 'dump.sql',
  text: 'CREATE DATABASE `d`; USE `d`; CREATE TABLE `gone` (v INT) ENGINE=InnoDB;',
};

for (const kind of kinds) {
  testSerialWith(kind)(
    `${kind}: a transaction that the engine refuses is named, and all before it is applied`,
    async (t) => {
      const server = await startServerOfKind(kind);
      t.teardown(server.stop);
      await server.query(
        `CREATE DATABASE d; CREATE TABLE d.gone (v INT); INSERT INTO d.gone VALUES (1)`,
      );
      let place = 0;
      const files = await record(server, async () => {
        await server.query('CREATE TABLE d.t (id INT PRIMARY KEY)');
        for (let id = 0; id < 150; id += 1) await server.query(`INSERT INTO d.t VALUES (${id})`);
        const [status] = await server.query('SHOW MASTER STATUS');
        place = Number(status?.['Position']);
        // The copy begins after the row was inserted, and has no such row in a table without a key.
        await server.query('DELETE FROM d.gone');
        await server.query('INSERT INTO d.t VALUES (1000)');
      });
      const engine = await openScratchEngine(t);
      for (let run = 0; run < 2; run += 1) {
        const replayed = replayFiles(engine, files, { schema });
        const error = await t.throwsAsync<FlashError>(replayed, { code: 'BROKEN_DATA' });
        t.is(error.place.offset, place);
        t.true(error.message.includes(`at offset ${place}: deletes from `), error.message);
        t.regex(error.message, /`d`\.`gone`/);
        t.deepEqual(await queryRows(engine, 'SELECT count() AS c, max(id) AS m FROM d.t'), [
          { c: 150n, m: 149 },
        ]);
      }
    },
  );
}
