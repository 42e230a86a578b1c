// Foreign keys that no DDL in the log tells, and servers that log what foreign keys do, or do not.
import { queryRows } from '../../../src/protocol/index.js';
import { summarize, summaryLines } from '../../../src/writer/index.js';
import { startMariadb, startMysql97, type Server } from '../../servers/index.js';
import { testSerialWith } from '../../servers/test-with.js';
import { openScratchEngine, record, replayFiles } from '../recorded-log.js';
import { runIn, sameTables } from './recorded-keys.js';

const ddl = `CREATE TABLE p (id INT PRIMARY KEY);
  CREATE TABLE c (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES p (id) ON DELETE CASCADE)`;
const fullMetadata = { args: ['--binlog-row-metadata=FULL'] };

async function changeRows(server: Server, sql: string): Promise<string[]> {
  return record(server, async () => {
    await server.query(sql);
  });
}

testSerialWith('mariadb')('unknown foreign keys are told, until --schema gives them', async (t) => {
  const server = await startMariadb(fullMetadata);
  t.teardown(server.stop);
  await runIn(server, ddl);
  const before = await changeRows(
    server,
    'INSERT INTO d.p VALUES (1),(2),(3); INSERT INTO d.c VALUES (1,1),(2,2),(3,3)',
  );
  const engine = await openScratchEngine(t);
  const warnings: string[] = [];
  const onWarning = (line: string): void => {
    warnings.push(line);
  };
  const first = await replayFiles(engine, before, { onWarning });
  t.deepEqual(first.unknownForeignKeys, ['d.c', 'd.p']);
  t.deepEqual(warnings, []);
  t.regex(
    summaryLines(summarize(first, 1), 'e').join('\n'),
    /Foreign keys of d\.c, d\.p are not known/,
  );
  await replayFiles(engine, before, { onWarning });
  t.regex(warnings.join(), /Foreign keys of d\.c, d\.p are not known.*--schema/);

  const schema = { path: 'dump.sql', text: `CREATE DATABASE d; USE d; ${ddl};` };
  const told = await replayFiles(engine, before, { schema });
  t.false(told.hasMoved);
  t.deepEqual(told.unknownForeignKeys, []);
  await changeRows(server, 'DELETE FROM d.p WHERE id = 1');
  const all = server.binlogFiles();
  const last = await replayFiles(engine, all.slice(all.indexOf(before[0] ?? '')));
  t.deepEqual(last.unknownForeignKeys, []);
  await sameTables(t, server, engine, ['p', 'c']);
});

testSerialWith('mysql-9.7')(
  'MySQL 9.7 logs what foreign keys do: nothing is unknown',
  async (t) => {
    const server = await startMysql97(fullMetadata);
    t.teardown(server.stop);
    await runIn(server, ddl);
    const files = await changeRows(
      server,
      'INSERT INTO d.p VALUES (1),(2); INSERT INTO d.c VALUES (1,1),(2,2); DELETE FROM d.p WHERE id = 1',
    );
    const engine = await openScratchEngine(t);
    const result = await replayFiles(engine, files);
    t.deepEqual(result.unknownForeignKeys, []);
    await sameTables(t, server, engine, ['p', 'c']);
  },
);

testSerialWith('mysql-9.7')('MySQL 9.7 with innodb_native_foreign_keys does not', async (t) => {
  const server = await startMysql97({
    args: ['--binlog-row-metadata=FULL', '--innodb-native-foreign-keys=ON'],
  });
  t.teardown(server.stop);
  const known = await record(server, () =>
    runIn(
      server,
      `${ddl}; INSERT INTO p VALUES (1),(2); INSERT INTO c VALUES (1,1),(2,2); DELETE FROM p WHERE id = 1`,
    ),
  );
  const engine = await openScratchEngine(t);
  await replayFiles(engine, known);
  await sameTables(t, server, engine, ['p', 'c']);
  t.is((await queryRows(engine, 'SELECT * FROM d.c')).length, 1);
  const unknown = await changeRows(server, 'INSERT INTO d.p VALUES (5)');
  await engine.close();
  const other = await openScratchEngine(t);
  t.deepEqual((await replayFiles(other, unknown)).unknownForeignKeys, ['d.p']);
});
