import type { ExecutionContext } from 'ava';
import { FlashError, type Engine } from '../../src/protocol/index.js';
import { tableDifferences } from '../e2e/replay-case.js';
import type { Server, ServerKind } from '../servers/index.js';
import { startServerOfKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { openScratchEngine, record, replayFiles, sameRows } from './recorded-log.js';

// Goal: what the log leaves out of a row (binlog_row_image=MINIMAL) is as the source has it, whether the
// row's last change is in the engine, earlier in the batch, or in the same transaction.
const kinds: readonly ServerKind[] = ['mysql-5.7', 'mariadb'];

async function start(t: ExecutionContext, kind: ServerKind): Promise<Server> {
  const server = await startServerOfKind(kind, { args: ['--binlog-row-image=MINIMAL'] });
  t.teardown(server.stop);
  return server;
}

async function sameTable(
  t: ExecutionContext,
  server: Server,
  engine: Engine,
  table = 't',
): Promise<void> {
  t.deepEqual(await tableDifferences(server, engine, { database: 'm', table }), []);
}

const createTable = `CREATE DATABASE m; CREATE TABLE m.t (
  id INT NOT NULL PRIMARY KEY, a INT, b VARCHAR(300) CHARACTER SET latin1, c DECIMAL(60,3),
  d DATETIME(2), e ENUM('x','y') NOT NULL, f TIME(1), g BLOB, h DATE NOT NULL)`;
const values =
  "1, 'größe', -1.5, '2026-01-02 03:04:05.67', 'y', '-12:00:01.5', x'00ff', '2026-11-25'";

for (const kind of kinds) {
  testSerialWith(kind)(
    `${kind}: rows are completed from earlier changes of the batch`,
    async (t) => {
      const server = await start(t, kind);
      const files = await record(server, async () => {
        await server.query(createTable);
        await server.query(`INSERT INTO m.t VALUES (1, ${values}), (2, ${values}), (3, ${values})`);
        await server.query(`START TRANSACTION;
        UPDATE m.t SET a = 7 WHERE id = 1; UPDATE m.t SET b = NULL WHERE id = 1;
        DELETE FROM m.t WHERE id = 2;
        INSERT INTO m.t VALUES (2, 9, 'again', NULL, NULL, 'x', NULL, NULL, '2000-02-29');
        UPDATE m.t SET a = 10 WHERE id = 2; UPDATE m.t SET id = 20 WHERE id = 2;
        UPDATE m.t SET id = 30, g = 'moved' WHERE id = 3; COMMIT`);
        await server.query('UPDATE m.t SET c = 4.125 WHERE id IN (20, 30)');
      });
      const engine = await openScratchEngine(t);
      await replayFiles(engine, files);
      await sameTable(t, server, engine);
    },
  );

  testSerialWith(kind)(
    `${kind}: rows are completed from the copy, by a key of several columns`,
    async (t) => {
      const server = await start(t, kind);
      const key = 'i BIGINT UNSIGNED, s VARCHAR(20) CHARACTER SET utf8mb4, n DECIMAL(9,2), d DATE';
      const files = await record(server, async () => {
        await server.query(
          `CREATE DATABASE m; CREATE TABLE m.t (${key}, a INT, b TEXT, PRIMARY KEY (i, s, n, d))`,
        );
        await server.query(`INSERT INTO m.t VALUES
          (18446744073709551615, 'it''s \\\\', -1.50, '2026-01-01', 1, 'one'),
          (1, 'größe', 0.01, '1999-12-31', 2, 'two'), (1, '', 0, '1999-12-31', 3, NULL)`);
        await server.flushLogs();
        await server.query('UPDATE m.t SET a = a + 10');
      });
      const engine = await openScratchEngine(t);
      await replayFiles(engine, files.slice(0, 1));
      await replayFiles(engine, files);
      await sameTable(t, server, engine);
    },
  );

  testSerialWith(kind)(`${kind}: a transaction larger than a batch is held whole`, async (t) => {
    const server = await start(t, kind);
    const files = await record(server, async () => {
      await server.query(createTable);
      const row = (id: number): string => `(${id}, ${values.replace('größe', 'x'.repeat(300))})`;
      const all = Array.from({ length: 3000 }, (_, id) => row(id)).join();
      await server.query(`START TRANSACTION; INSERT INTO m.t VALUES ${all};
        UPDATE m.t SET a = id WHERE id % 2 = 0; UPDATE m.t SET h = '2001-01-01' WHERE id % 3 = 0; COMMIT`);
    });
    const engine = await openScratchEngine(t);
    await replayFiles(engine, files, { limits: { bytesMax: 256 * 1024 } });
    await sameTable(t, server, engine);
  });

  testSerialWith(kind)(
    `${kind}: a row that the copy does not have stops the run before it`,
    async (t) => {
      const server = await start(t, kind);
      const files = await record(server, async () => {
        await server.query(createTable);
        await server.query(
          `SET sql_log_bin = 0; INSERT INTO m.t VALUES (1, ${values}); SET sql_log_bin = 1`,
        );
        await server.query(`INSERT INTO m.t VALUES (2, ${values})`);
        await server.query('UPDATE m.t SET a = 5 WHERE id = 1');
      });
      const engine = await openScratchEngine(t);
      const error = await t.throwsAsync(replayFiles(engine, files), { instanceOf: FlashError });
      t.is(error.code, 'SOURCE_MISMATCH');
      t.regex(error.message, /changes a row of m\.t that the copy does not have, .*missing/);
      await sameRows(t, server, engine, 'SELECT id, a FROM m.t WHERE id = 2');
    },
  );
}

testSerialWith('mysql-5.7')(
  'columns that an INSERT does not name get their defaults',
  async (t) => {
    const server = await start(t, 'mysql-5.7');
    const files = await record(server, async () => {
      await server.query(`CREATE DATABASE m; CREATE TABLE m.t (
      id INT NOT NULL PRIMARY KEY, a INT, b INT DEFAULT -7, c VARCHAR(20) DEFAULT 'it''s',
      d DECIMAL(10,2) NOT NULL DEFAULT 1.5, e ENUM('x','y') DEFAULT 'y', f DATE DEFAULT '2020-02-29',
      g YEAR DEFAULT 1999)`);
      await server.query('INSERT INTO m.t (id) VALUES (1)');
      await server.query('INSERT INTO m.t (id, b) VALUES (2, NULL)');
      await server.query(`ALTER TABLE m.t ALTER COLUMN b SET DEFAULT 8, ALTER c SET DEFAULT 'new',
      ADD COLUMN h INT NOT NULL DEFAULT 3, RENAME TO m.u`);
      await server.query('INSERT INTO m.u (id) VALUES (3)');
      await server.query('ALTER TABLE m.u MODIFY a INT DEFAULT 4, CHANGE h k INT DEFAULT 5');
      await server.query('INSERT INTO m.u (id) VALUES (4)');
      await server.query('UPDATE m.u SET a = 6 WHERE id = 4');
    });
    const engine = await openScratchEngine(t);
    await replayFiles(engine, files);
    await sameTable(t, server, engine, 'u');
  },
);

testSerialWith('mysql-5.7')('a default that is not known stops the run', async (t) => {
  const server = await start(t, 'mysql-5.7');
  const files = await record(server, async () => {
    await server.query(
      "SET time_zone = 'SYSTEM'; CREATE DATABASE m; CREATE TABLE m.t (id INT PRIMARY KEY, a TIMESTAMP NULL DEFAULT '2020-01-01 10:00:00')",
    );
    await server.query("INSERT INTO m.t VALUES (1, '2020-01-01 01:00:00')");
    await server.query('INSERT INTO m.t (id) VALUES (2)');
  });
  const engine = await openScratchEngine(t);
  const error = await t.throwsAsync(replayFiles(engine, files), { instanceOf: FlashError });
  t.is(error.code, 'UNSUPPORTED');
  t.regex(error.message, /inserts into m\.t without a, whose default/);
  await sameRows(t, server, engine, 'SELECT id FROM m.t WHERE id = 1');
});
