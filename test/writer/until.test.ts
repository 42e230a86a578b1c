import { loadDump } from '../../src/load/index.js';
import { queryRows, type FlashError } from '../../src/protocol/index.js';
import { openDump } from '../../src/source/index.js';
import { dumpServer } from '../load/dump-server.js';
import { startServerOfKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { openScratchEngine, replayFiles, sameRows } from './recorded-log.js';

const whole = { beginning: undefined };

testSerialWith('mysql-5.7')('a place that is after the copy lets nothing more in', async (t) => {
  const server = await startServerOfKind('mysql-5.7');
  t.teardown(server.stop);
  await server.query('CREATE DATABASE u; CREATE TABLE u.t (id INT PRIMARY KEY)');
  for (const id of [1, 2, 3]) {
    await server.query(`INSERT INTO u.t VALUES (${id})`);
    await server.flushLogs();
  }
  const files = server.binlogFiles();
  const engine = await openScratchEngine(t);
  const ids = async (): Promise<unknown[]> =>
    (await queryRows(engine, 'SELECT id FROM u.t ORDER BY id')).map((row) => row['id']);
  await replayFiles(engine, files, {
    ...whole,
    until: { position: { file: 'binlog.000002', offset: 4 } },
  });
  t.deepEqual(await ids(), [1]);
  for (const file of ['binlog.000001', 'binlog.000002']) {
    await replayFiles(engine, files, { ...whole, until: { position: { file, offset: 4 } } });
    t.deepEqual(await ids(), [1], file);
  }
  await replayFiles(engine, files, whole);
  t.deepEqual(await ids(), [1, 2, 3]);
});

testSerialWith('mysql-5.7', 'mariadb')(
  'a table that is made like one that is left out is brought in as the hint says',
  async (t) => {
    const server = await startServerOfKind('mysql-5.7');
    t.teardown(server.stop);
    await server.query(`CREATE DATABASE u; USE u; CREATE TABLE tpl (id INT PRIMARY KEY, v INT);
      CREATE TABLE a LIKE tpl; INSERT INTO a VALUES (1, 1)`);
    await server.flushLogs();
    const engine = await openScratchEngine(t);
    const options = { ...whole, exclude: ['u.tpl'] };
    const stop = await t.throwsAsync<FlashError>(
      replayFiles(engine, server.binlogFiles(), options),
    );
    t.regex(String(stop.hint), /u a > t\.sql && theflash write --dump t\.sql --only u\.a/);
    const file = await dumpServer(t, server, ['--single-transaction', '--source-data=2', 'u', 'a']);
    await server.query('INSERT INTO u.a VALUES (2, 2)');
    await server.flushLogs();
    const dump = await openDump(file, process.stdin, undefined);
    await loadDump(dump, engine, { only: ['u.a'], exclude: ['u.tpl'] });
    await replayFiles(engine, server.binlogFiles(), options);
    await sameRows(t, server, engine, 'SELECT * FROM u.a ORDER BY id');
  },
);
