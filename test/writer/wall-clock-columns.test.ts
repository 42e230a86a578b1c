import path from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { arrowEndOfStream, queryRows, type Engine } from '../../src/protocol/index.js';
import { startMysql57 } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { openScratchEngine, record, replayFiles, sameRows } from './recorded-log.js';

const rowsSql = 'SELECT id, hour(at) AS h, minute(at) AS m, year(at) AS y FROM old.t ORDER BY id';

testSerialWith('mysql-5.7')('the DATETIMEs of an older copy become wall clocks', async (t) => {
  const server = await startMysql57();
  t.teardown(server.stop);
  const first = await record(server, async () => {
    await server.query(`CREATE DATABASE old; USE old;
      CREATE TABLE t (id INT, at DATETIME(3), ts TIMESTAMP(3) NULL, PRIMARY KEY (at, id));
      CREATE TABLE n (id INT PRIMARY KEY, at DATETIME NULL);
      INSERT INTO t VALUES (1,'2026-03-29 02:30:00.123','2026-03-29 02:30:00.123');
      INSERT INTO n VALUES (1,'1000-01-01 00:00:00'),(2,NULL)`);
  });
  const second = await record(server, async () => {
    await server.query(`USE old; UPDATE t SET ts = '2026-01-01 00:00:00.5';
      INSERT INTO t VALUES (2,'9999-12-31 23:59:59.999',NULL); DELETE FROM n WHERE id = 2`);
  });
  const engine = await openScratchEngine(t);
  await replayFiles(engine, first);
  // As the version before left them; the engine's own table of the user's is not the writer's to change.
  await engine.execute(`ALTER TABLE old.t MODIFY COLUMN at DateTime64(3, 'UTC');
    ALTER TABLE old.n MODIFY COLUMN at Nullable(DateTime64(0, 'UTC'));
    CREATE TABLE old.own (at DateTime64(0, 'UTC') COMMENT 'datetime') ENGINE = MergeTree ORDER BY at`);
  t.deepEqual(await zones(engine, 'SELECT at, ts FROM old.t'), ['UTC', 'UTC']);

  t.true(second.length > 0);
  await replayFiles(engine, server.binlogFiles());
  t.deepEqual(await zones(engine, 'SELECT at, ts FROM old.t'), [undefined, 'UTC']);
  t.deepEqual(await zones(engine, 'SELECT at FROM old.n'), [undefined]);
  t.deepEqual(await zones(engine, 'SELECT at FROM old.own'), ['UTC']);
  t.deepEqual(await queryRows(engine, 'SELECT count() AS n FROM system.mutations'), [{ n: 0n }]);
  await sameRows(t, server, engine, rowsSql);
  await sameRows(t, server, engine, 'SELECT id FROM old.n ORDER BY id');
  await sameRows(t, server, engine, "SELECT id FROM old.t WHERE at = '2026-03-29 02:30:00.123'");
});

testSerialWith('mysql-5.7')('a table that was made with the older type is adopted', async (t) => {
  const server = await startMysql57();
  t.teardown(server.stop);
  await server.query(`CREATE DATABASE old; USE old;
    CREATE TABLE t (id INT PRIMARY KEY, at DATETIME(3)); INSERT INTO t VALUES (1,'2026-01-01')`);
  const files = await record(server, async () => {
    await server.query("INSERT INTO old.t VALUES (2,'2026-01-02 00:00:00.5')");
  });
  const [created] = await server.query('SHOW CREATE TABLE old.t');
  const engine = await openScratchEngine(t);
  await engine.execute(`CREATE DATABASE old;
    CREATE TABLE old.t (id Int32, at Nullable(DateTime64(3, 'UTC')) COMMENT 'datetime(3)')
      ENGINE = MutableMergeTree ORDER BY id;
    INSERT INTO old.t VALUES (1, '2026-01-01 00:00:00')`);
  await replayFiles(engine, files, {
    beginning: { kind: 'baseline', at: { file: path.basename(files[0] ?? ''), offset: 4 } },
    schema: {
      path: 'dump.sql',
      text: `CREATE DATABASE old; USE old; ${String(created?.['Create Table'])};`,
    },
  });
  t.deepEqual(await zones(engine, 'SELECT at FROM old.t'), [undefined]);
  await sameRows(t, server, engine, 'SELECT id FROM old.t ORDER BY id');
});

/** The zones of a result's timestamps. */
async function zones(engine: Engine, sql: string): Promise<(string | undefined)[]> {
  const messages: Uint8Array[] = [];
  for await (const { bytes } of await engine.query(sql)) messages.push(bytes.slice());
  const { schema } = tableFromIPC([...messages, arrowEndOfStream]);
  return schema.fields.map(({ type }) => /Timestamp<\w+(?:, (.+))?>/.exec(String(type))?.[1]);
}
