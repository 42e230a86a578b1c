// Goal: the tables of a running server are copied as of one place in its logs, value by value, and the
// stream goes on from there. Method: real servers that work meanwhile; expected values are their SELECT.
import { setImmediate } from 'node:timers/promises';
import type { ServerLoadOptions } from '../../../src/load/index.js';
import { listTables, queryRows, type FlashError } from '../../../src/protocol/index.js';
import { sourceTables } from '../../e2e/compare/index.js';
import type { ServerKind } from '../../servers/index.js';
import { testSerialWith } from '../../servers/test-with.js';
import { kindsOf } from '../../short-run.js';
import { chooseSeed, runWorkload, workloadTables } from '../../workload/index.js';
import { openScratchEngine } from '../../writer/recorded-log.js';
import {
  accounts,
  allDifferences,
  follow,
  load,
  makeBank,
  startServer,
  startTransfers,
} from './live-load.js';

const kinds: readonly ServerKind[] = ['mysql-5.7', 'mysql-9.7', 'mariadb'];

for (const kind of kindsOf('mysql-9.7', 'mysql-5.7', 'mariadb')) {
  testSerialWith(kind)(`${kind}: every type is as SELECT shows it`, async (t) => {
    const server = await startServer(t, kind);
    const seed = chooseSeed();
    t.log(`SEED=${seed}`);
    await runWorkload(server, { seed, database: 'w', rowChanges: 4_000 });
    const engine = await openScratchEngine(t);
    const notes: string[] = [];
    const result = await load(server, engine, { onNote: (line) => notes.push(line) });
    t.true(result.rows > 500);
    t.log(notes.join(' '));
    t.deepEqual(await allDifferences(server, engine), [], `SEED=${seed}`);
    t.deepEqual(result.beginning, {
      kind: 'baseline',
      position: result.position,
      gtidSet: result.gtidSet,
    });
    await follow(server, engine);
    t.deepEqual(await allDifferences(server, engine), [], `SEED=${seed}`);
  });
}

for (const kind of kindsOf('mysql-5.7', 'mysql-9.7', 'mariadb')) {
  testSerialWith(kind)(
    `${kind}: loaded while tables change, and then the stream, end in the server's tables`,
    async (t) => {
      const server = await startServer(t, kind);
      const seed = chooseSeed();
      t.log(`SEED=${seed}`);
      const working = runWorkload(server, { seed, database: 'w', rowChanges: 12_000 });
      const wanted = workloadTables(kind === 'mariadb' ? 'mariadb' : 'mysql').length;
      while ((await sourceTables(server, 'w')).length < wanted) await setImmediate();
      const engine = await openScratchEngine(t);
      const notes: string[] = [];
      const result = await load(server, engine, { onNote: (line) => notes.push(line) });
      t.log(notes.join(' '));
      await working;
      const { totals } = await follow(server, engine);
      t.true(notes.length > 1 || totals.rowChanges > 0, 'tables changed meanwhile');
      t.true(result.rows > 0);
      t.deepEqual(await allDifferences(server, engine), [], `SEED=${seed}`);
    },
  );
}

for (const kind of kinds) {
  testSerialWith(kind)(
    `${kind}: transfers, a table without a key and a cascade, with and without rights to lock`,
    async (t) => {
      const server = await startServer(t, kind);
      await makeBank(server);
      for (const login of kind === 'mariadb' ? ['reload', 'plain'] : ['reload', 'lock']) {
        const engine = await openScratchEngine(t);
        const work = startTransfers(server);
        t.teardown(work.stop);
        const notes: string[] = [];
        const loading = { login, include: ['w.*'], onNote: (line: string) => notes.push(line) };
        const result = await load(server, engine, loading);
        t.log(login, notes.join(' '));
        t.true(result.rows >= 3 * accounts);
        // As of one place: no money is under way, and each transfer has its line.
        const [seen] = await queryRows(
          engine,
          `SELECT (SELECT sum(v) FROM w.one) + (SELECT sum(v) FROM w.two) AS money,
            (SELECT count() FROM w.line) - (SELECT sum(n) FROM w.total) AS lines`,
        );
        t.deepEqual([Number(seen?.['money']), Number(seen?.['lines'])], [2 * accounts * 100, 0]);
        await work.stop();
        const { totals } = await follow(server, engine, { include: ['w.*'] });
        t.true(totals.rowChanges > 0, 'transfers went on during the load');
        t.deepEqual(await allDifferences(server, engine), [], login);
        await engine.close();
      }
    },
  );
}

for (const kind of kindsOf('mariadb', 'mysql-5.7', 'mysql-9.7')) {
  testSerialWith(kind)(
    `${kind}: a table that changes while it is read makes the load begin anew`,
    async (t) => {
      const server = await startServer(t, kind);
      await server.query(`CREATE DATABASE w; USE w; CREATE TABLE t (id INT PRIMARY KEY, v INT);
        INSERT INTO t VALUES (1, 1), (2, 2); CREATE TABLE u (id INT PRIMARY KEY, v INT);
        INSERT INTO u VALUES (7, 7)`);
      const changes: [string, RegExp][] = [
        // Another table under the name, with an old enough definition for the snapshot.
        ['RENAME TABLE w.t TO w.t2, w.u TO w.t, w.t2 TO w.u', /w\.t by "RENAME/],
        ['ALTER TABLE w.t ADD n INT NOT NULL DEFAULT 3', /w\.t by "ALTER|has another definition/],
        ['TRUNCATE TABLE w.u', /w\.u by "TRUNCATE|has another definition/],
        ['CREATE TABLE w.n (id INT PRIMARY KEY)', /w\.n was made or dropped/],
        ['DROP TABLE w.n', /w\.n was made or dropped/],
        ['DROP DATABASE w; CREATE DATABASE w; CREATE TABLE w.t (id INT PRIMARY KEY)', /w\./],
      ];
      for (const [sql, why] of changes) {
        const engine = await openScratchEngine(t);
        const notes: string[] = [];
        const after = afterSnapshot(1, () => server.query(sql));
        const result = await load(server, engine, { onNote: (line) => notes.push(line), after });
        t.regex(notes.find((note) => note.includes('begins anew')) ?? '', why, sql);
        t.false(result.interrupted);
        t.deepEqual(await allDifferences(server, engine), [], sql);
        await follow(server, engine);
        t.deepEqual(await allDifferences(server, engine), [], sql);
        await engine.close();
      }
      // What does not concern the tables does not.
      const engine = await openScratchEngine(t);
      const notes: string[] = [];
      const others = afterSnapshot(1, () =>
        server.query(`CREATE TABLE IF NOT EXISTS w.t (id INT PRIMARY KEY); CREATE TABLE w.x_no (i INT);
          DROP TABLE w.x_no; CREATE DATABASE other; CREATE TABLE other.t (id INT); DROP DATABASE other`),
      );
      await load(server, engine, {
        onNote: (line) => notes.push(line),
        after: others,
        include: ['w.t'],
      });
      t.notRegex(notes.join(), /begins anew/);
      await engine.close();

      const never = await openScratchEngine(t);
      const always = afterSnapshot(99, () => server.query('ALTER TABLE w.t ENGINE=InnoDB'));
      const error = await t.throwsAsync<FlashError>(load(server, never, { after: always }), {
        code: 'BUSY',
      });
      t.regex(error.message, /each of 4 tries.*w\.t/);
      t.deepEqual(await listTables(never), []);
    },
  );
}

for (const kind of kindsOf('mysql-5.7', 'mysql-9.7', 'mariadb')) {
  testSerialWith(kind)(
    `${kind}: what can't be loaded is refused with the way out, and nothing is left`,
    async (t) => {
      const server = await startServer(t, kind);
      await makeBank(server);
      await server.query(`CREATE TABLE w.m (id INT PRIMARY KEY) ENGINE=MyISAM;
        CREATE USER 'blind'@'%'; CREATE USER 'part'@'%'; CREATE VIEW w.view AS SELECT 1 AS x;
        GRANT SELECT ON w.one TO 'part'@'%'; GRANT INSERT, LOCK TABLES ON w.* TO 'part'@'%'`);
      const right = kind === 'mariadb' ? 'BINLOG MONITOR' : 'REPLICATION CLIENT';
      await server.query(`GRANT REPLICATION SLAVE, ${right} ON *.* TO 'blind'@'%', 'part'@'%'`);
      const engine = await openScratchEngine(t);
      const refused = async (
        options: ServerLoadOptions & { login?: string },
        code: string,
        text: RegExp,
      ): Promise<void> => {
        const error = await t.throwsAsync<FlashError>(load(server, engine, options), { code });
        t.regex(`${error.message} ${error.hint ?? ''}`, text);
        t.deepEqual(await listTables(engine), []);
      };
      await refused({}, 'UNSUPPORTED', /w\.m \(MyISAM\).*ALTER TABLE `w`\.`m` ENGINE=InnoDB/);
      await refused({ login: 'blind' }, 'AUTH', /sees no table.*GRANT SELECT ON \*\.\*/);
      const two = ['w.one', 'w.two'];
      await refused({ login: 'part', include: two }, 'AUTH', /GRANT (?:SELECT|LOCK)/);
      await refused({ include: ['w.nope'] }, 'NOT_FOUND', /no table that fits --include w\.nope/);
      const both = { include: two, rename: ['w.one=w.two'] };
      await refused(both, 'INVALID_REQUEST', /would both be w\.two/);
      const notes: string[] = [];
      const onNote = (line: string): number => notes.push(line);
      await load(server, engine, { exclude: ['w.m'], rename: ['w.*=c.*'], onNote });
      t.regex(notes.join(), /no rows: views w\.view/);
      const [copied] = await queryRows(engine, 'SELECT count() AS c FROM c.child');
      t.is(Number(copied?.['c']), accounts);
      await follow(server, engine, { exclude: ['w.m'], rename: ['w.*=c.*'] });
      await t.throwsAsync(follow(server, engine), { code: 'SOURCE_MISMATCH' });
    },
  );
}

testSerialWith('mariadb')('many small tables, some empty, go together', async (t) => {
  const server = await startServer(t, 'mariadb');
  const many = 120;
  const sql = Array.from({ length: many }, (_, i) => {
    const rows = i % 3 === 0 ? '' : `; INSERT INTO w.t${i} VALUES (${i}, '0000-00-00')`;
    return `CREATE TABLE w.t${i} (id INT PRIMARY KEY, d DATE)${rows}`;
  });
  await server.query(`SET sql_mode = ''; CREATE DATABASE w; ${sql.join('; ')}`);
  const engine = await openScratchEngine(t);
  const { tables, rows, zeroDates } = await load(server, engine);
  t.deepEqual([tables.length, rows, zeroDates], [many, 80, 80]);
  t.is((await listTables(engine)).length, many);
  for (const i of [0, 1, 49, 50, 98, many - 1]) {
    const rowsOf = await queryRows(engine, `SELECT id FROM w.t${i}`);
    t.deepEqual(rowsOf, i % 3 === 0 ? [] : [{ id: i }]);
  }
});

/** Does something right after each of the first snapshots. */
function afterSnapshot(times: number, work: () => Promise<unknown>): () => Promise<void> {
  let left = times;
  return async () => {
    left -= 1;
    if (left >= 0) await work();
  };
}
