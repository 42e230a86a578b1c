// Goal: definitions that differ are told, and a table that changes its form while it is compared is compared in the
// new one. Method: real servers; an ALTER between the parts of a comparison.
import { openTableServer } from '../../src/source/index.js';
import { verifyServer } from '../../src/verify/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { kindsOf } from '../short-run.js';
import { openScratchEngine } from '../writer/recorded-log.js';
import {
  findings,
  replayNow,
  startCopy,
  startSource,
  urlOf,
  verify,
  verifyWaitMs,
  waitForTables,
} from './working-copy.js';

for (const kind of kindsOf('mysql-5.7', 'mysql-9.7', 'mariadb')) {
  testSerialWith(kind)(
    `${kind}: tables of one side and columns that differ are told`,
    async (t) => {
      const server = await startSource(t, kind);
      await server.query(`CREATE DATABASE w; USE w; CREATE TABLE a (id INT PRIMARY KEY, v INT);
      CREATE TABLE b (id INT PRIMARY KEY, v INT); CREATE TABLE c (id INT PRIMARY KEY, v INT);
      CREATE TABLE d (id INT PRIMARY KEY); CREATE TABLE e (a INT, b INT, PRIMARY KEY (a, b));
      INSERT INTO d VALUES (1)`);
      const engine = await openScratchEngine(t);
      await replayNow(server, engine);
      // What a statement without a trace in the log does.
      await server.query(`SET SESSION sql_log_bin = 0; DROP TABLE w.b; CREATE TABLE w.f (id INT PRIMARY KEY);
      ALTER TABLE w.c MODIFY v BIGINT; ALTER TABLE w.e DROP PRIMARY KEY, ADD PRIMARY KEY (b)`);
      await engine.execute('DROP TABLE w.a SYNC');
      const { tables } = await verify(server, engine);
      t.deepEqual(
        tables.map(({ table, definition }) => `${table}: ${definition ?? 'the same'}`),
        [
          'w.a: the copy has no such table',
          'w.b: the source has no such table, or the user does not see it',
          'w.c: column 2 is v Nullable(Int64) by the source, and v Nullable(Int32) in the copy',
          'w.d: the same',
          'w.e: the key is (b) by the source, and (a, b) in the copy',
          'w.f: the copy has no such table',
        ],
      );
    },
  );
}

for (const kind of kindsOf('mariadb', 'mysql-5.7', 'mysql-9.7')) {
  testSerialWith(kind)(`${kind}: a table that changes its form is compared anew`, async (t) => {
    const server = await startSource(t, kind);
    await server.query(`CREATE DATABASE w; USE w; CREATE TABLE a (id INT PRIMARY KEY, v INT);
      CREATE TABLE b (id INT PRIMARY KEY, v INT); INSERT INTO a VALUES (1, 1), (2, 2); INSERT INTO b VALUES (1, 1)`);
    const engine = await openScratchEngine(t);
    const copy = await startCopy(server, engine, ['w.*']);
    t.teardown(copy.stop);
    await waitForTables(engine, 2);
    const notes: string[] = [];
    const tables = await openTableServer(urlOf(server));
    t.teardown(() => {
      tables.close();
    });
    let snapshots = 0;
    const altering = {
      ...tables,
      openSnapshot: async (count: number, locked: readonly string[]) => {
        snapshots += 1;
        // The second table is read in another snapshot than the first one, and sees the change.
        if (snapshots === 2) {
          await server.query(
            `ALTER TABLE w.a ADD n INT NOT NULL DEFAULT 7; INSERT INTO w.a VALUES (3, 3, 3);
             ALTER TABLE w.b MODIFY v BIGINT; INSERT INTO w.b VALUES (2, 99999999999)`,
          );
        }
        return tables.openSnapshot(count, locked);
      },
    };
    const result = await verifyServer(altering, engine, {
      ...{ threads: 1, snapshotMaxMs: 1, waitMs: verifyWaitMs },
      onNote: (line) => notes.push(line),
    });
    t.deepEqual(findings(result), []);
    t.regex(notes.join(' '), /w\.a.*: changed while compared, and begun anew/);
    t.is(result.tables.length, 2);
    t.is((await verify(server, engine)).tables.find(({ table }) => table === 'w.b')?.rows, 2);
    await copy.stop();
  });
}
