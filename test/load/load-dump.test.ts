// Goal: a dump of a real server, by its own tool, gives the tables of the server value by value, and
// the logs go on from its position. Expected values come from the server's SELECT.
import { readFile, writeFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { loadDump, type LoadOptions, type LoadResult } from '../../src/load/index.js';
import { listTables, type Engine } from '../../src/protocol/index.js';
import { openDump } from '../../src/source/index.js';
import { tableDifferences } from '../e2e/replay-case.js';
import { sourceTables } from '../e2e/compare/index.js';
import { startServerOfKind, type Server, type ServerKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { kindsOf } from '../short-run.js';
import { chooseSeed, runWorkload, workloadTables } from '../workload/index.js';
import { openScratchEngine, replayFiles, sameRows } from '../writer/recorded-log.js';
import { dumpServer } from './dump-server.js';

const consistent = ['--single-transaction', '--source-data=2', '--default-character-set=utf8mb4'];

for (const kind of kindsOf('mysql-9.7', 'mysql-5.7', 'mariadb')) {
  testSerialWith(kind, 'mariadb')(
    `${kind}: every type, by the tool's default and by other options, is as SELECT shows it`,
    async (t) => {
      const server = await startServer(t, kind);
      const seed = chooseSeed();
      t.log(`SEED=${seed}`);
      await runWorkload(server, { seed, database: 'w', rowChanges: 2_500 });
      const variants = [
        ['--databases', 'w'],
        ['--hex-blob', '--complete-insert', '--skip-extended-insert', 'w'],
        [
          '--replace',
          '--skip-comments',
          '--skip-quote-names',
          '--skip-add-locks',
          '--databases',
          'w',
        ],
        ['--insert-ignore', '--no-autocommit', '--routines', '--events', '--all-databases'],
      ];
      for (const variant of variants) {
        const file = await dumpServer(t, server, [...consistent, ...variant]);
        const engine = await openScratchEngine(t);
        const result = await load(engine, file, { include: ['w.*'] });
        t.true(result.rows > 500);
        t.deepEqual(await allDifferences(server, engine), [], `SEED=${seed} ${variant.join(' ')}`);
        await engine.close();
      }
    },
  );
}

for (const kind of kindsOf('mariadb', 'mysql-5.7', 'mysql-9.7')) {
  testSerialWith(kind, 'mariadb')(
    `${kind}: a dump that is taken while tables change, and then the logs, end in the server's tables`,
    async (t) => {
      const server = await startServer(t, kind);
      const seed = chooseSeed();
      t.log(`SEED=${seed}`);
      const state = { isDumped: false };
      // A dump that meets a TRUNCATE is made again: there have to be changes until one is whole.
      const goesOn = (): boolean => !state.isDumped;
      const workload = runWorkload(server, { seed, database: 'w', rowChanges: 8_000, goesOn });
      const gtid = kind === 'mariadb' ? ['--gtid'] : [];
      const dump = dumpMeanwhile(t, server, [...consistent, ...gtid, '--databases', 'w']);
      const file = await dump.finally(() => {
        state.isDumped = true;
      });
      await workload;
      await server.flushLogs();
      const engine = await openScratchEngine(t);
      const loaded = await load(engine, file);
      t.is(loaded.gtidSet === '', kind === 'mysql-5.7');
      // The table may have been empty at the moment of the dump.
      const hasFloats = (await readFile(file, 'utf8')).includes('INSERT INTO `floats`');
      t.is(/w\.floats: .*rounded/.test(loaded.warnings.join()), hasFloats);
      const result = await replayFiles(engine, server.binlogFiles());
      t.true(result.totals.rowChanges > 0, 'the dump was taken before the end');
      t.deepEqual(await allDifferences(server, engine), [], `SEED=${seed}`);
      const again = await load(engine, file);
      t.true(again.wasLoaded);
      t.is((await replayFiles(engine, server.binlogFiles())).totals.rowChanges, 0);
      t.deepEqual(await allDifferences(server, engine), []);
    },
  );
}

for (const kind of kindsOf('mysql-5.7', 'mysql-9.7', 'mariadb')) {
  testSerialWith(kind, 'mariadb')(
    `${kind}: a dump that is cut anywhere is refused, or whole`,
    async (t) => {
      const server = await startServer(t, kind);
      await server.query(`CREATE DATABASE c; USE c; CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(40));
      INSERT INTO a VALUES (1, 'a;b\\'c'), (2, NULL); CREATE TABLE b (v BLOB) ENGINE=InnoDB;
      INSERT INTO b VALUES (x'00FF5C27'), (''); CREATE VIEW w AS SELECT id FROM a;
      CREATE TRIGGER tr BEFORE INSERT ON a FOR EACH ROW SET NEW.v = ';'`);
      const file = await dumpServer(t, server, [...consistent, '--databases', 'c']);
      const whole = await readFile(file);
      const end = whole.lastIndexOf('SQL_NOTES */;') + 'SQL_NOTES */;'.length;
      const cut = `${file}.cut`;
      const engine = await openScratchEngine(t);
      for (let length = 0; length < whole.length; length += 1 + Math.floor(whole.length / 60)) {
        if (length >= end) break;
        await writeFile(cut, whole.subarray(0, length));
        const error = await t.throwsAsync(load(engine, cut), { code: 'INVALID_REQUEST' });
        t.regex(error.message, /cut|does not/, `${length} bytes`);
        t.deepEqual(await listTables(engine), [], `${length} bytes`);
      }
      await writeFile(cut, whole.subarray(0, end));
      t.is((await load(engine, cut)).rows, 4);
      await sameRows(t, server, engine, 'SELECT id, v FROM c.a ORDER BY id');
      await sameRows(t, server, engine, 'SELECT hex(v) AS h FROM c.b ORDER BY h');
    },
  );
}

for (const kind of kindsOf('mariadb', 'mysql-5.7', 'mysql-9.7')) {
  testSerialWith(kind, 'mariadb')(
    `${kind}: a table that stopped the run is brought in again from a dump, and the run goes on`,
    async (t) => {
      const server = await startServer(t, kind);
      await server.query(`CREATE DATABASE r; USE r;
        CREATE TABLE t (id INT PRIMARY KEY, v INT); INSERT INTO t VALUES (1, 1), (2, 2);
        CREATE TABLE o (id INT PRIMARY KEY, v INT); INSERT INTO o VALUES (1, 1);
        ALTER TABLE t ADD u INT NOT NULL AUTO_INCREMENT UNIQUE;
        INSERT INTO t VALUES (3, 3, 33); UPDATE o SET v = 2; DELETE FROM t WHERE id = 1`);
      const dump = ['--single-transaction', '--source-data=2', '--databases', 'r'];
      const file = await dumpServer(t, server, [...dump, ...consistent]);
      await server.query(`INSERT INTO r.t VALUES (4, 4, 44); UPDATE r.o SET v = 3;
        CREATE TABLE r.u LIKE r.t; INSERT INTO r.u SELECT * FROM r.t;
        ALTER TABLE r.t ADD w INT; UPDATE r.t SET w = id`);
      await server.flushLogs();
      const files = server.binlogFiles();
      const engine = await openScratchEngine(t);
      const before = await t.throwsAsync(replayFiles(engine, files), { code: 'UNSUPPORTED' });
      t.regex(before.message, /ALTER TABLE t/);

      t.is((await load(engine, file, { only: ['r.t'] })).rows, 2);
      await replayFiles(engine, files);
      for (const table of ['t', 'o', 'u']) {
        await sameRows(t, server, engine, `SELECT * FROM r.${table} ORDER BY id`);
      }
      t.true((await load(engine, file, { only: ['r.t'] })).wasLoaded);
      await sameRows(t, server, engine, 'SELECT * FROM r.t ORDER BY id');
      const older = await t.throwsAsync(load(engine, file, { only: ['r.o'] }), {
        code: 'SOURCE_MISMATCH',
      });
      t.regex(older.message, /would be lost/);
    },
  );
}

testSerialWith('mariadb')(
  'what a dump does not hold for certain is refused, with the way out',
  async (t) => {
    const server = await startServer(t, 'mariadb');
    await server.query(`CREATE DATABASE x; USE x;
    CREATE TABLE ts (id INT PRIMARY KEY, at TIMESTAMP); INSERT INTO ts VALUES (1, '2026-01-01 00:00:00');
    CREATE TABLE m (v INT) ENGINE=MyISAM; INSERT INTO m VALUES (1);
    CREATE TABLE e (id INT PRIMARY KEY, v VARCHAR(9) CHARACTER SET utf8mb4); INSERT INTO e VALUES (1, '?')`);
    const cases: [string[], RegExp][] = [
      [[...consistent, '--skip-tz-utc', 'x', 'ts'], /time zone/],
      [[...consistent, 'x', 'm'], /primary key/],
      [[...consistent, '--default-character-set=utf8mb3', 'x', 'e'], /characters that it lacks/],
      [['--single-transaction', '--default-character-set=utf8mb4', 'x', 'e'], /which place/],
      [[...consistent, '--compact', '--databases', 'x', '--tables', 'e'], /./],
      [[...consistent, '--no-create-info', 'x', 'e'], /no CREATE TABLE/],
      [[...consistent, '--where=id<1', 'x', 'e'], /only rows with id<1/],
      [[...consistent, '--no-data', 'x', 'e'], /definitions and no rows/],
    ];
    const engine = await openScratchEngine(t);
    for (const [args, message] of cases) {
      const file = await dumpServer(t, server, args);
      const error = await t.throwsAsync(load(engine, file), { name: 'FlashError' }, args.join(' '));
      t.regex(error.message, message, args.join(' '));
      t.deepEqual(await listTables(engine), []);
    }
    const file = await dumpServer(t, server, [...consistent, '--databases', 'x']);
    const schema = { path: file, text: await readFile(file, 'utf8') };
    const error = await t.throwsAsync(replayFiles(engine, server.binlogFiles(), { schema }), {
      code: 'INVALID_REQUEST',
    });
    t.regex(error.message, /holds rows of x\./);
  },
);

testSerialWith('mariadb')(
  'renames before a dump leave its tables what and where they are',
  async (t) => {
    const server = await startServer(t, 'mariadb');
    await server.query(`CREATE DATABASE n; USE n;
    CREATE TABLE a (id INT PRIMARY KEY, v INT); INSERT INTO a VALUES (1, 1);
    CREATE TABLE b (id INT PRIMARY KEY, v INT); INSERT INTO b VALUES (2, 2)`);
    await server.flushLogs();
    const engine = await openScratchEngine(t);
    await replayFiles(engine, server.binlogFiles());
    await server.query(`USE n; RENAME TABLE a TO old, b TO a; INSERT INTO a VALUES (3, 3);
    TRUNCATE old; INSERT INTO old VALUES (9, 9); CREATE TABLE b (x INT PRIMARY KEY); DROP TABLE b`);
    const one = await dumpServer(t, server, [...consistent, 'n', 'a']);
    await server.query('INSERT INTO n.a VALUES (4, 4); INSERT INTO n.old VALUES (10, 10)');
    const both = await dumpServer(t, server, [...consistent, 'n', 'a', 'old']);
    await server.query('UPDATE n.a SET v = v + 1; UPDATE n.old SET v = v + 1');
    await server.flushLogs();
    const files = server.binlogFiles();

    await load(engine, one, { only: ['n.a'] });
    const error = await t.throwsAsync(replayFiles(engine, files), { code: 'UNSUPPORTED' });
    t.regex(error.message, /the rows of n\.old were those of n\.a/);
    await load(engine, both, { only: ['n.a', 'n.old'] });
    await replayFiles(engine, files);
    for (const table of ['a', 'old']) {
      await sameRows(t, server, engine, `SELECT * FROM n.${table} ORDER BY id`);
    }
    const left = await listTables(engine);
    t.deepEqual(
      left.map(({ table }) => table),
      ['a', 'old'],
    );
  },
);

async function startServer(t: ExecutionContext, kind: ServerKind): Promise<Server> {
  t.timeout(900_000);
  const gtids = ['--gtid-mode=ON', '--enforce-gtid-consistency=ON'];
  const server = await startServerOfKind(kind, { args: kind === 'mysql-9.7' ? gtids : [] });
  t.teardown(server.stop);
  return server;
}

async function load(engine: Engine, file: string, options: LoadOptions = {}): Promise<LoadResult> {
  return loadDump(await openDump(file, process.stdin, undefined), engine, options);
}

async function allDifferences(server: Server, engine: Engine): Promise<string[]> {
  const found: string[] = [];
  for (const table of await sourceTables(server, 'w')) {
    found.push(...(await tableDifferences(server, engine, { database: 'w', table })));
  }
  // A dump holds these rounded, which the load says; DOUBLE beside them is compared.
  return found.filter((text) => !/^floats: .*\] (?:f \(float\)|r \(double\)):/.test(text));
}

/** Dumps while a workload goes on; a TRUNCATE under way makes the tool fail, and then it begins anew. */
async function dumpMeanwhile(
  t: ExecutionContext,
  server: Server,
  args: readonly string[],
): Promise<string> {
  const wanted = workloadTables(server.kind === 'mariadb' ? 'mariadb' : 'mysql').length;
  while ((await sourceTables(server, 'w')).length < wanted) await setImmediate();
  for (;;) {
    const file = await dumpServer(t, server, args).catch((error: unknown) => {
      if (!/\b1412\b|definition has changed/.test(String(error))) throw error;
    });
    if (file !== undefined) return file;
  }
}
