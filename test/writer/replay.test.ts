import { readFile } from 'node:fs/promises';
import test from 'ava';
import { queryRows } from '../../src/protocol/index.js';
import type { Server, ServerKind } from '../servers/index.js';
import { skipReason, startServerOfKind } from '../servers/index.js';
import { testWith } from '../servers/test-with.js';
import { openScratchEngine, record, replayFiles, sameRows } from './recorded-log.js';

const kinds: readonly ServerKind[] = ['mysql-5.7', 'mariadb'];
const servers = new Map<ServerKind, Server>();

test.before(async () => {
  for (const kind of kinds) {
    if (skipReason(kind) === undefined) servers.set(kind, await startServerOfKind(kind));
  }
});

test.after.always(async () => {
  for (const server of servers.values()) await server.stop();
});

function serverOf(kind: ServerKind): Server {
  const server = servers.get(kind);
  if (server === undefined) throw new Error(`${kind} is not running`);
  return server;
}

for (const kind of kinds) {
  const serial = kinds.every((each) => skipReason(each) === undefined)
    ? test.serial
    : testWith(kind);

  serial(
    `${kind}: inserts, updates, key changes and deletes end in the source's rows`,
    async (t) => {
      const server = serverOf(kind);
      const files = await record(server, async () => {
        await server.query(`
        CREATE DATABASE IF NOT EXISTS basic; USE basic;
        CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20) CHARACTER SET latin1, n DECIMAL(10,2)) ;
        INSERT INTO t VALUES (1,'a',1.5),(2,'bé',NULL),(3,NULL,-2);
        UPDATE t SET v = 'z' WHERE id = 1;
        UPDATE t SET id = 10 WHERE id = 2;
        DELETE FROM t WHERE id = 3;
        INSERT INTO t VALUES (3,'back',0)`);
      });
      const engine = await openScratchEngine(t);
      const result = await replayFiles(engine, files);
      await sameRows(t, server, engine, 'SELECT id, v FROM basic.t ORDER BY id');
      t.is(result.totals.transactions, 5);
      t.deepEqual([...result.totals.tables], ['basic.t']);

      const again = await replayFiles(engine, files);
      t.is(again.totals.transactions, 0);
      t.deepEqual(again.position, result.position);
    },
  );

  serial(
    `${kind}: rolled-back work leaves no trace, whatever of it is staged already`,
    async (t) => {
      const server = serverOf(kind);
      const rows = (from: number): string =>
        Array.from({ length: 3000 }, (_, i) => `(${from + i},'${'x'.repeat(90)}')`).join(',');
      // Having dropped a temporary table, a server logs what it rolls back, and the ROLLBACK.
      const unsafe = 'CREATE TEMPORARY TABLE tt (a INT); DROP TEMPORARY TABLE tt;';
      const files = await record(server, async () => {
        await server.query(`CREATE DATABASE rb;
        CREATE TABLE rb.t (id INT PRIMARY KEY, v VARCHAR(99) CHARACTER SET latin1)`);
        const connection = await server.connection.getConnection();
        try {
          await connection.query(`USE rb; INSERT INTO t VALUES (1,'a'), (2,'b');
          BEGIN; DELETE FROM t WHERE id = 1; INSERT INTO t VALUES ${rows(10_000)}; ${unsafe} ROLLBACK;
          BEGIN; INSERT INTO t VALUES (3,'c'); SAVEPOINT \`A b\`; UPDATE t SET v = 'lost';
          INSERT INTO t VALUES ${rows(20_000)}; ${unsafe} ROLLBACK TO \`a B\`;
          INSERT INTO t VALUES (4,'d'); COMMIT;
          BEGIN; INSERT INTO t VALUES (5,'e'); SAVEPOINT s; RELEASE SAVEPOINT s; COMMIT`);
        } finally {
          connection.release();
        }
      });
      const log = Buffer.concat(await Promise.all(files.map((file) => readFile(file)))).toString(
        'latin1',
      );
      t.regex(log, /ROLLBACK TO/);
      for (const bytesMax of [1 << 26, 300_000]) {
        const engine = await openScratchEngine(t);
        const result = await replayFiles(engine, files, { limits: { bytesMax } });
        await sameRows(t, server, engine, 'SELECT * FROM rb.t ORDER BY id');
        t.is(result.totals.transactions, 3);
        t.is(result.totals.rowChanges, 5);
        await engine.close();
      }
    },
  );

  serial(`${kind}: a table without a key keeps its equal rows apart`, async (t) => {
    const server = serverOf(kind);
    const files = await record(server, async () => {
      await server.query(`CREATE DATABASE nokey; USE nokey; CREATE TABLE t (a INT, b VARCHAR(9));
        INSERT INTO t VALUES (1,'x'),(1,'x'),(1,'x'),(2,NULL),(2,NULL);
        DELETE FROM t WHERE a = 1 LIMIT 1; UPDATE t SET b = 'y' WHERE a = 2 LIMIT 1;
        INSERT INTO t VALUES (2,'y')`);
    });
    const engine = await openScratchEngine(t);
    await replayFiles(engine, files);
    await sameRows(t, server, engine, 'SELECT a, b FROM nokey.t ORDER BY a, b IS NULL, b');
  });

  serial(`${kind}: DDL between the rows is carried over`, async (t) => {
    const server = serverOf(kind);
    const files = await record(server, async () => {
      await server.query(`CREATE DATABASE ddl; USE ddl;
        CREATE TABLE a (id INT PRIMARY KEY, v INT); INSERT INTO a VALUES (1,1),(2,2);
        CREATE TABLE b LIKE a; INSERT INTO b SELECT * FROM a;
        TRUNCATE TABLE a; INSERT INTO a VALUES (7,7);
        RENAME TABLE a TO tmp, b TO a, tmp TO b;
        INSERT INTO a VALUES (3,3); INSERT INTO b VALUES (8,8);
        CREATE TABLE gone (id INT PRIMARY KEY); INSERT INTO gone VALUES (1); DROP TABLE gone;
        CREATE TABLE gone (id INT PRIMARY KEY, x INT); INSERT INTO gone VALUES (1,5);
        ALTER TABLE a ADD INDEX v_index (v), ENGINE=InnoDB; CREATE INDEX i ON b (v);
        ALTER TABLE gone RENAME TO kept; INSERT INTO kept VALUES (2,6);
        CREATE TABLE copied AS SELECT * FROM a;
        GRANT SELECT ON ddl.* TO root@localhost; CREATE VIEW w AS SELECT 1; ANALYZE TABLE a`);
    });
    const engine = await openScratchEngine(t);
    await replayFiles(engine, files);
    for (const table of ['a', 'b', 'kept', 'copied']) {
      await sameRows(t, server, engine, `SELECT * FROM ddl.${table} ORDER BY 1`);
    }
    const names = await queryRows(
      engine,
      "SELECT name FROM system.tables WHERE database = 'ddl' ORDER BY name",
    );
    t.deepEqual(
      names.map((row) => row['name']),
      ['a', 'b', 'copied', 'kept'],
    );
  });

  serial(
    `${kind}: columns change with their rows where it is certain what becomes of them`,
    async (t) => {
      const server = serverOf(kind);
      const files = await record(server, async () => {
        await server.query(`CREATE DATABASE alt; USE alt;
        CREATE TABLE t (id INT PRIMARY KEY, a TINYINT, b VARCHAR(5), c INT, e ENUM('x','y')) CHARSET=latin1;
        INSERT INTO t VALUES (1,1,'é',1,'x'),(2,NULL,NULL,2,'y');
        ALTER TABLE t ADD COLUMN d INT FIRST, ADD s VARCHAR(9) NOT NULL DEFAULT 'it''s' AFTER b,
          ADD n DECIMAL(5,2) NOT NULL, ADD f ENUM('p','q') NOT NULL;
        INSERT INTO t VALUES (5,3,3,'c','s3',3,'x',3.5,'q');
        ALTER TABLE t DROP COLUMN c, MODIFY a BIGINT AFTER id, CHANGE b bb VARCHAR(50),
          MODIFY e ENUM('y','z','x');
        INSERT INTO t VALUES (6,4,-400000000000,'longer name','s4','z',4.5,'p');
        ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4, DEFAULT CHARSET utf8mb4, ADD g TEXT, ADD INDEX (bb);
        INSERT INTO t VALUES (7,5,1,'日本','s5','z',5.5,'p','🙂');
        UPDATE t SET d = 1 WHERE id = 1;
        CREATE TABLE empty_one (id INT, v INT); ALTER TABLE empty_one DROP COLUMN v, ADD PRIMARY KEY (id);
        INSERT INTO empty_one VALUES (1);
        ALTER TABLE empty_one DROP PRIMARY KEY`);
      });
      const engine = await openScratchEngine(t);
      await replayFiles(engine, files);
      await sameRows(t, server, engine, 'SELECT d, id, a, bb, s, e, f, g FROM alt.t ORDER BY id');
      await sameRows(t, server, engine, 'SELECT * FROM alt.empty_one ORDER BY id');
      const [shown] = await queryRows(engine, 'SELECT * FROM alt.t WHERE id = 1');
      const [expected] = await server.query('SELECT * FROM alt.t WHERE id = 1');
      t.deepEqual(Object.keys(shown ?? {}), Object.keys(expected ?? {}));
    },
  );

  serial(
    `${kind}: several files, one after the other or in one go, end in the same rows`,
    async (t) => {
      const server = serverOf(kind);
      const files = await record(server, async () => {
        await server.query('CREATE DATABASE many; CREATE TABLE many.t (id INT PRIMARY KEY, v INT)');
        for (let i = 0; i < 3; i += 1) {
          await server.query(`INSERT INTO many.t VALUES (${i}, 0); UPDATE many.t SET v = v + 1`);
          await server.flushLogs();
        }
      });
      t.true(files.length >= 4);
      const engine = await openScratchEngine(t);
      await replayFiles(engine, files.slice(0, 2));
      await t.throwsAsync(replayFiles(engine, files.slice(3)), { code: 'SOURCE_MISMATCH' });
      await t.throwsAsync(replayFiles(engine, [...files.slice(0, 2), ...files.slice(3)]), {
        code: 'SOURCE_MISMATCH',
      });
      await replayFiles(engine, files);
      await sameRows(t, server, engine, 'SELECT * FROM many.t ORDER BY id');
    },
  );

  serial(`${kind}: a transaction larger than a batch is applied whole, in pieces`, async (t) => {
    const server = serverOf(kind);
    const files = await record(server, async () => {
      await server.query(
        'CREATE DATABASE large; CREATE TABLE large.t (id INT PRIMARY KEY, v CHAR(50))',
      );
      await server.query('INSERT INTO large.t VALUES (0, "first")');
      const values = Array.from({ length: 20_000 }, (_, i) => `(${i + 1},'${'x'.repeat(40)}')`);
      await server.query(`INSERT INTO large.t VALUES ${values.join(',')}`);
    });
    const engine = await openScratchEngine(t);
    const result = await replayFiles(engine, files, { limits: { bytesMax: 300_000 } });
    t.is(result.totals.rowChanges, 20_001);
    await sameRows(t, server, engine, 'SELECT count(*) AS c, sum(id) AS s FROM large.t');
  });

  serial(`${kind}: a table that is left out need not be understood`, async (t) => {
    const server = serverOf(kind);
    const files = await record(server, async () => {
      await server.query(`CREATE DATABASE part; USE part;
        CREATE TABLE yes (id INT PRIMARY KEY); CREATE TABLE no (id INT PRIMARY KEY);
        INSERT INTO yes VALUES (1); INSERT INTO no VALUES (1);
        ALTER TABLE no DROP COLUMN id, ADD COLUMN x INT; INSERT INTO no VALUES (5)`);
    });
    const engine = await openScratchEngine(t);
    await replayFiles(engine, files, { exclude: ['part.n*'], rename: ['part.yes=other.renamed'] });
    const rows = await queryRows(engine, 'SELECT id FROM other.renamed');
    t.deepEqual(
      rows.map((row) => row['id']),
      [1],
    );
    const tables = await queryRows(
      engine,
      "SELECT name FROM system.tables WHERE database = 'part'",
    );
    t.is(tables.length, 0);
  });

  serial(`${kind}: a change logged as a statement stops, with all before it applied`, async (t) => {
    const server = serverOf(kind);
    const files = await record(server, async () => {
      await server.query(`CREATE DATABASE stmt; CREATE TABLE stmt.t (id INT PRIMARY KEY);
        INSERT INTO stmt.t VALUES (1)`);
      const connection = await server.connection.getConnection();
      try {
        await connection.query(`SET SESSION binlog_format = 'STATEMENT'; INSERT INTO stmt.t VALUES (2);
          SET SESSION binlog_format = 'ROW'`);
      } finally {
        connection.release();
      }
    });
    const engine = await openScratchEngine(t);
    const error = await t.throwsAsync(replayFiles(engine, files), { code: 'UNSUPPORTED' });
    t.regex(error.message, /INSERT on stmt\.t/);
    const rows = await queryRows(engine, 'SELECT id FROM stmt.t');
    t.deepEqual(
      rows.map((row) => row['id']),
      [1],
    );
  });
}
