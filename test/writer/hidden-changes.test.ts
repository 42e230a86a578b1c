// Changes that a log does not show for what they are: each stops, or is carried out; none is passed over.
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { temporaryFolder } from '../e2e/cli.js';
import { loadDump } from '../../src/load/index.js';
import { queryRows, type Engine, type FlashError } from '../../src/protocol/index.js';
import { openDump } from '../../src/source/index.js';
import { dumpServer } from '../load/dump-server.js';
import { type Server, type ServerKind, startServerOfKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { openScratchEngine, replayFiles, sameRows } from './recorded-log.js';

const kinds: readonly ServerKind[] = ['mysql-5.7', 'mysql-9.7', 'mariadb'];
const whole = { beginning: undefined };

interface HiddenChange {
  name: string;
  sql: string;
  kinds?: readonly ServerKind[];
  /** Stops even where these are left out. */
  exclude?: readonly string[];
  message: RegExp;
}

const changes: readonly HiddenChange[] = [
  {
    name: 'a MERGE table',
    sql: `CREATE TABLE a (id INT NOT NULL PRIMARY KEY) ENGINE=MyISAM;
      CREATE TABLE m (id INT NOT NULL PRIMARY KEY) ENGINE=MERGE UNION=(a) INSERT_METHOD=LAST; INSERT INTO m VALUES (1)`,
    exclude: ['*.m'],
    message: /MERGE table/,
  },
  {
    name: 'a BLACKHOLE table',
    kinds: ['mysql-5.7', 'mysql-9.7'],
    sql: 'CREATE TABLE a (id INT PRIMARY KEY) ENGINE=BLACKHOLE; INSERT INTO a VALUES (1)',
    message: /ENGINE=blackhole/,
  },
  {
    name: 'a table that becomes BLACKHOLE',
    kinds: ['mysql-5.7', 'mysql-9.7'],
    sql: 'CREATE TABLE a (id INT PRIMARY KEY); INSERT INTO a VALUES (1); ALTER TABLE a ENGINE=BLACKHOLE',
    message: /ENGINE=blackhole/,
  },
  {
    name: 'a temporary table that hides one',
    sql: `CREATE TABLE a (id INT PRIMARY KEY); INSERT INTO a VALUES (1); SET SESSION binlog_format='STATEMENT';
      CREATE TEMPORARY TABLE a (id INT); TRUNCATE TABLE a`,
    message: /temporary table hides \w+\.a/,
  },
  {
    name: 'a partition that becomes a table',
    kinds: ['mariadb'],
    sql: `CREATE TABLE t (id INT, y INT) PARTITION BY RANGE (y) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20));
      INSERT INTO t VALUES (1, 1), (2, 11); ALTER TABLE t CONVERT PARTITION p0 TO TABLE u`,
    exclude: ['*.t'],
    message: /CONVERT PARTITION changes rows of .*\.u /,
  },
  {
    name: 'a table that becomes a partition',
    kinds: ['mariadb'],
    sql: `CREATE TABLE t (id INT, y INT) PARTITION BY RANGE (y) (PARTITION p0 VALUES LESS THAN (10));
      CREATE TABLE u (id INT, y INT); INSERT INTO u VALUES (2, 11);
      ALTER TABLE t CONVERT TABLE u TO PARTITION p1 VALUES LESS THAN (20)`,
    exclude: ['*.t'],
    message: /CONVERT TABLE changes rows of .*\.u /,
  },
  {
    // The last one: nobody knows whose tables it changes, so no run passes it.
    name: 'an UPDATE of several tables that is logged as a statement',
    sql: `CREATE TABLE a (id INT PRIMARY KEY); CREATE TABLE b (id INT PRIMARY KEY, v INT);
      INSERT INTO a VALUES (1); INSERT INTO b VALUES (1, 1); SET SESSION binlog_format='STATEMENT';
      UPDATE a x JOIN b y ON x.id = y.id SET y.v = 2`,
    exclude: ['*.a'],
    message: /UPDATE is logged as a statement/,
  },
];

async function stopOf(
  engine: Engine,
  server: Server,
  options: { include: string[]; exclude?: readonly string[] },
): Promise<FlashError | undefined> {
  return replayFiles(engine, server.binlogFiles(), { ...whole, ...options }).then(
    () => undefined,
    (error: unknown) => error as FlashError,
  );
}

for (const kind of kinds) {
  testSerialWith(kind)(`${kind}: what a log hides stops the run`, async (t) => {
    const server = await startServerOfKind(kind);
    t.teardown(server.stop);
    const mine = changes.filter((each) => each.kinds?.includes(kind) !== false);
    for (const [index, { sql }] of mine.entries()) {
      const connection = await server.connection.getConnection();
      await connection.query(`CREATE DATABASE h${index}; USE h${index}; ${sql}`);
      connection.destroy();
    }
    await server.flushLogs();
    for (const [index, { name, exclude, message }] of mine.entries()) {
      for (const without of [[], exclude ?? []]) {
        const engine = await openScratchEngine(t);
        const include = [`h${index}.*`];
        const stop = await stopOf(engine, server, { include, exclude: without });
        t.regex(String(stop?.message), message, name);
        t.truthy(stop?.hint, name);
        await engine.close();
      }
    }
  });

  testSerialWith(kind, 'mariadb')(
    `${kind}: both tables of an EXCHANGE PARTITION are named, and brought in`,
    async (t) => {
      const server = await startServerOfKind(kind);
      t.teardown(server.stop);
      await server.query(`CREATE DATABASE x; USE x;
        CREATE TABLE t (id INT, y INT) PARTITION BY RANGE (y) (PARTITION p0 VALUES LESS THAN (10));
        CREATE TABLE u (id INT, y INT); INSERT INTO t VALUES (1, 1); INSERT INTO u VALUES (2, 2), (22, 3);
        ALTER TABLE t EXCHANGE PARTITION p0 WITH TABLE u`);
      const file = await dumpServer(t, server, [
        '--single-transaction',
        '--source-data=2',
        'x',
        't',
        'u',
      ]);
      await server.query('INSERT INTO x.u VALUES (5, 5); DELETE FROM x.t WHERE id = 2');
      await server.flushLogs();
      const engine = await openScratchEngine(t);
      const stop = await stopOf(engine, server, { include: ['x.*'] });
      t.regex(
        String(stop?.hint),
        /x t u > t\.sql.*--only x\.t --only x\.u.*--exclude x\.t --exclude x\.u/,
      );
      // One of them alone leaves the other one wrong.
      const alone = await stopOf(engine, server, { include: ['x.*'], exclude: ['x.t'] });
      t.regex(String(alone?.message), /changes rows of x\.u/);
      await engine.close();

      const other = await openScratchEngine(t);
      await stopOf(other, server, { include: ['x.*'] });
      const dump = await openDump(file, process.stdin, undefined);
      await loadDump(dump, other, { only: ['x.t', 'x.u'], include: ['x.*'] });
      await replayFiles(other, server.binlogFiles(), { ...whole, include: ['x.*'] });
      for (const table of ['t', 'u']) {
        await sameRows(t, server, other, `SELECT * FROM x.${table} ORDER BY id`);
      }
    },
  );
}

testSerialWith('mariadb')(
  'a statement on a table that is left out is told: its trigger may have changed a copied one',
  async (t) => {
    const server = await startServerOfKind('mariadb');
    t.teardown(server.stop);
    const connection = await server.connection.getConnection();
    await connection.query(`CREATE DATABASE s; USE s; CREATE TABLE b (id INT PRIMARY KEY); CREATE TABLE a (id INT PRIMARY KEY);
      CREATE TRIGGER r AFTER INSERT ON a FOR EACH ROW INSERT INTO b VALUES (NEW.id); INSERT INTO a VALUES (1);
      SET SESSION binlog_format='STATEMENT'; INSERT INTO a VALUES (2); INSERT INTO a VALUES (3)`);
    connection.destroy();
    await server.flushLogs();
    const engine = await openScratchEngine(t);
    const warnings: string[] = [];
    await replayFiles(engine, server.binlogFiles(), {
      ...{ ...whole, include: ['s.*'], exclude: ['s.a'] },
      onWarning: (line) => warnings.push(line),
    });
    t.is(warnings.length, 1);
    t.regex(
      String(warnings[0]),
      /INSERT on s\.a is logged as a statement.* \(binlog\.000001 at offset \d+\).*verify/,
    );
    // What the log does not show: the source has 2 and 3 there as well.
    t.deepEqual(await queryRows(engine, 'SELECT id FROM s.b'), [{ id: 1 }]);
    t.is((await server.query('SELECT id FROM s.b')).length, 3);
  },
);

testSerialWith('mysql-5.7')('a comment that speaks of MERGE is no MERGE table', async (t) => {
  const server = await startServerOfKind('mysql-5.7');
  t.teardown(server.stop);
  await server.query(`CREATE DATABASE c; CREATE TABLE c.t (id INT PRIMARY KEY COMMENT 'it''s ENGINE=MERGE UNION=(a)');
    ALTER TABLE c.t ADD v INT COMMENT 'UNION (b)'; INSERT INTO c.t VALUES (1, 2)`);
  await server.flushLogs();
  const engine = await openScratchEngine(t);
  await replayFiles(engine, server.binlogFiles(), { ...whole, include: ['c.*'] });
  await sameRows(t, server, engine, 'SELECT * FROM c.t');
});

testSerialWith('mysql-5.7', 'mariadb')(
  'two tables of a dump, or by RENAME, never become one',
  async (t) => {
    const server = await startServerOfKind('mysql-5.7');
    t.teardown(server.stop);
    await server.query(`CREATE DATABASE s; USE s; CREATE TABLE b (id INT PRIMARY KEY); CREATE TABLE a (id INT PRIMARY KEY);
    INSERT INTO a VALUES (1); INSERT INTO b VALUES (2)`);
    const file = await dumpServer(t, server, [
      '--single-transaction',
      '--source-data=2',
      '--databases',
      's',
    ]);
    const engine = await openScratchEngine(t);
    const dump = await openDump(file, process.stdin, undefined);
    await t.throwsAsync(loadDump(dump, engine, { include: ['s.*'], rename: ['s.a=s.b'] }), {
      message: /s\.a and s\.b, which would both be s\.b/,
    });
    await server.query('RENAME TABLE s.a TO s.c');
    await server.flushLogs();
    const renamed = { ...whole, include: ['s.*'], rename: ['s.c=s.b'] };
    await t.throwsAsync(replayFiles(engine, server.binlogFiles(), renamed), {
      message: /s\.c and s\.b would both be s\.b/,
    });
  },
);

testSerialWith('mysql-5.7')(
  'two tables never become one, and a table left out is no ghost',
  async (t) => {
    const server = await startServerOfKind('mysql-5.7');
    t.teardown(server.stop);
    await server.query(`CREATE DATABASE s; USE s; CREATE TABLE b (id INT PRIMARY KEY); CREATE TABLE a (id INT PRIMARY KEY);
    INSERT INTO a VALUES (1); INSERT INTO b VALUES (2); CREATE TABLE c (id INT PRIMARY KEY); INSERT INTO c VALUES (3)`);
    await server.flushLogs();
    const engine = await openScratchEngine(t);
    const one = replayFiles(engine, server.binlogFiles(), {
      ...whole,
      include: ['s.*'],
      rename: ['s.a=s.b'],
    });
    await t.throwsAsync(one, { message: /s\.a and s\.b would both be s\.b/ });
    await engine.close();

    const other = await openScratchEngine(t);
    await replayFiles(other, server.binlogFiles(), { ...whole, include: ['s.*'] });
    await server.query('DROP TABLE s.c');
    await server.flushLogs();
    const options = { ...whole, include: ['s.*'], exclude: ['s.c'] };
    const result = await replayFiles(other, server.binlogFiles(), options);
    t.deepEqual(
      result.standingStill.map(({ table }) => table),
      ['s.c'],
    );
    t.deepEqual(await queryRows(other, 'SELECT id FROM s.c'), [{ id: 3 }]);
  },
);

testSerialWith('mysql-5.7')('a log under the name of the one before it is refused', async (t) => {
  const server = await startServerOfKind('mysql-5.7');
  t.teardown(server.stop);
  await server.query('CREATE DATABASE w; CREATE TABLE w.t (id INT PRIMARY KEY)');
  for (const id of [1, 2, 3]) {
    await server.flushLogs();
    await server.query(`INSERT INTO w.t VALUES (${id})`);
  }
  await server.flushLogs();
  const [first = '', second = '', third = ''] = server.binlogFiles();
  const wrong = path.join(temporaryFolder(t), path.basename(second));
  await copyFile(third, wrong);
  const engine = await openScratchEngine(t);
  await replayFiles(engine, [first], whole);
  await t.throwsAsync(replayFiles(engine, [wrong], whole), {
    message: /and so is binlog\.000003 under another name/,
  });
});
