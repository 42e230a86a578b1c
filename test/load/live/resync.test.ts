// Goal: a table that is taken anew from a running server, while the rest of the copy stays where it is, ends in
// the server's rows. Method: real servers that work meanwhile; expected values are their SELECT.
import { listTables, queryRows, type FlashError } from '../../../src/protocol/index.js';
import type { ServerLoadOptions } from '../../../src/load/index.js';
import { testSerialWith } from '../../servers/test-with.js';
import { kindsOf } from '../../short-run.js';
import { openScratchEngine } from '../../writer/recorded-log.js';
import {
  allDifferences,
  follow,
  load,
  makeBank,
  startServer,
  startTransfers,
} from './live-load.js';

const include = ['w.*'];

for (const kind of kindsOf('mariadb', 'mysql-5.7', 'mysql-9.7')) {
  testSerialWith(kind)(
    `${kind}: tables taken anew while transfers go on, with DDL of them before and after`,
    async (t) => {
      const server = await startServer(t, kind);
      await makeBank(server);
      const engine = await openScratchEngine(t);
      await load(server, engine, { include });
      const work = startTransfers(server);
      t.teardown(work.stop);
      // All this is before the place of the new rows, and after that of the rest.
      await server.query(`ALTER TABLE w.one ADD n INT NOT NULL DEFAULT 7; ALTER TABLE w.one DROP COLUMN n;
        ALTER TABLE w.one ADD k VARCHAR(9) DEFAULT 'x' FIRST; TRUNCATE TABLE w.line;
        DROP TABLE w.digit; CREATE TABLE w.digit (d VARCHAR(3) PRIMARY KEY); INSERT INTO w.digit VALUES ('a');
        CREATE TABLE w.later (id INT PRIMARY KEY); INSERT INTO w.later VALUES (1);
        RENAME TABLE w.later TO w.latest`);
      const notes: string[] = [];
      const onNote = (line: string): number => notes.push(line);
      const resync = ['w.one', 'w.line', 'w.digit', 'w.latest'];
      const { rows, tables } = await load(server, engine, { include, resync, onNote });
      t.log(notes.join(' '), rows);
      t.deepEqual([...tables].sort(), [...resync].sort());
      const [seen] = await queryRows(engine, 'SELECT count() AS c FROM w.one');
      t.true(Number(seen?.['c']) > 0);
      await server.query(`ALTER TABLE w.one ADD m INT DEFAULT 5; ALTER TABLE w.line ADD z INT DEFAULT 1;
        INSERT INTO w.digit VALUES ('b'); INSERT INTO w.latest VALUES (2)`);
      await work.stop();
      const { totals } = await follow(server, engine, { include });
      t.true(totals.rowChanges > 0);
      t.deepEqual(await allDifferences(server, engine), []);
      // Again, with nothing between; and the filter of the copy is as it was.
      await load(server, engine, { include, resync: ['w.line'] });
      await server.query('INSERT INTO w.line (a) VALUES (1), (1)');
      await follow(server, engine, { include });
      t.deepEqual(await allDifferences(server, engine), []);
    },
  );
}

for (const kind of kindsOf('mysql-9.7', 'mysql-5.7', 'mariadb')) {
  testSerialWith(kind)(
    `${kind}: a statement that stops the run names --resync, which is the way on`,
    async (t) => {
      const server = await startServer(t, kind);
      await server.query(`CREATE DATABASE w; USE w; CREATE TABLE p (id INT PRIMARY KEY);
        CREATE TABLE c (id INT PRIMARY KEY, p INT, t TIME, FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE);
        CREATE TABLE o (id INT PRIMARY KEY); INSERT INTO p VALUES (1), (2), (3); INSERT INTO o VALUES (1);
        INSERT INTO c VALUES (1, 1, '10:00:00'), (2, 2, '11:00:00'), (3, 3, NULL)`);
      const engine = await openScratchEngine(t);
      await load(server, engine, {});
      await server.query(`ALTER TABLE w.c MODIFY t VARCHAR(20); DELETE FROM w.p WHERE id = 1;
        INSERT INTO w.o VALUES (2)`);
      const stop = await t.throwsAsync<FlashError>(follow(server, engine));
      const hint = String(stop.hint);
      t.regex(hint, /theflash write --binlog mysql:\/\/root@127\.0\.0\.1:\d+\/ --resync w\.c/);
      const resync = [...hint.matchAll(/--resync (\S+[^\s.])/g)].map(([, name = '']) => name);
      t.deepEqual(resync, ['w.c', 'w.p']);
      const half = await t.throwsAsync<FlashError>(load(server, engine, { resync: ['w.c'] }), {
        code: 'INVALID_REQUEST',
        message: /bind w\.c to w\.p/,
      });
      t.regex(String(half.hint), /--resync 'w\.c' --resync 'w\.p'/);
      await t.throwsAsync(follow(server, engine), { message: stop.message });
      await load(server, engine, { resync });
      await server.query('DELETE FROM w.p WHERE id = 2; INSERT INTO w.o VALUES (3)');
      await follow(server, engine);
      t.deepEqual(await allDifferences(server, engine), []);
    },
  );
}

for (const kind of kindsOf('mysql-5.7', 'mysql-9.7', 'mariadb')) {
  testSerialWith(kind)(`${kind}: a table that was left out comes in by --resync`, async (t) => {
    const server = await startServer(t, kind);
    await makeBank(server);
    const engine = await openScratchEngine(t);
    const exclude = ['w.two', 'w.line'];
    await load(server, engine, { include, exclude });
    await server.query('UPDATE w.two SET v = v + 1; INSERT INTO w.line (a) VALUES (1), (2)');
    await follow(server, engine, { include, exclude });
    const later = { include, exclude: ['w.line'], rename: ['w.two=w.second'] };
    const refused = await t.throwsAsync<FlashError>(follow(server, engine, later), {
      code: 'SOURCE_MISMATCH',
      message: /made without w\.two/,
    });
    t.regex(
      String(refused.hint),
      /--exclude 'w\.two'.*theflash write --binlog \S+ --resync w\.two/,
    );
    // All that the filter lets in has to come in.
    const other = load(server, engine, { include, resync: ['w.two'] });
    await t.throwsAsync(other, { code: 'SOURCE_MISMATCH', message: /made without w\.line/ });
    await server.query('UPDATE w.two SET v = v - 3 WHERE id < 700');
    await load(server, engine, { ...later, resync: ['w.two'] });
    await server.query('DELETE FROM w.two WHERE id = 7; INSERT INTO w.line (a) VALUES (3)');
    await follow(server, engine, later);
    const [copied] = await queryRows(engine, 'SELECT count() AS c, sum(v) AS v FROM w.second');
    const [wanted] = await server.query('SELECT COUNT(*) AS c, SUM(v) AS v FROM w.two');
    t.deepEqual(
      [String(copied?.['c']), String(copied?.['v'])],
      [String(wanted?.['c']), wanted?.['v']],
    );
  });
}

for (const kind of kindsOf('mariadb', 'mysql-5.7', 'mysql-9.7')) {
  testSerialWith(kind)(
    `${kind}: what can't be taken anew is refused, and nothing changes`,
    async (t) => {
      const server = await startServer(t, kind);
      await makeBank(server);
      const engine = await openScratchEngine(t);
      const refused = async (
        options: ServerLoadOptions,
        code: string,
        text: RegExp,
        source = server,
      ): Promise<void> => {
        const error = await t.throwsAsync<FlashError>(load(source, engine, options), { code });
        t.regex(`${error.message} ${error.hint ?? ''}`, text);
      };
      await refused({ resync: ['w.one'] }, 'INVALID_REQUEST', /holds no copy/);
      await load(server, engine, { include });
      await server.query('UPDATE w.one SET v = v + 1 WHERE id = 1');
      await follow(server, engine, { include });
      const before = JSON.stringify(await listTables(engine));
      await refused(
        { include, resync: ['w.none'] },
        'INVALID_REQUEST',
        /--resync w\.none: the source has no/,
      );
      const without = { include, exclude: ['w.one'], resync: ['w.one'] };
      await refused(
        without,
        'INVALID_REQUEST',
        /--resync w\.one: --include or --exclude leave it out/,
      );
      await server.query('CREATE TABLE w.fresh (id INT PRIMARY KEY)');
      const place = { include, rename: ['w.fresh=w.two'], resync: ['w.fresh'] };
      await refused(place, 'INVALID_REQUEST', /would be w\.two in the engine, which is w\.two of/);
      const other = await startServer(t, kind);
      await makeBank(other);
      await refused({ include, resync: ['w.one'] }, 'SOURCE_MISMATCH', /./, other);
      t.is(JSON.stringify(await listTables(engine)), before);
      await follow(server, engine, { include });
      t.deepEqual(await allDifferences(server, engine), []);
    },
  );
}
