// Goal: a tool that asks which columns there are, and then reads or writes all of them, meets those alone that
// it may name. Method: each place where a served engine lists columns, with a mutable table and one without a key.
import test from 'ava';
import { queryRows } from '../../../src/protocol/index.js';
import { run, startHttp, type HttpServer } from './http-server.js';

let server: HttpServer;
test.before(async () => {
  server = await startHttp();
  await server.engine.execute(`CREATE DATABASE db;
    CREATE TABLE db.t (k Int64, v String) ENGINE = MutableMergeTree ORDER BY k;
    CREATE TABLE db.bag (v String) ENGINE = MutableMergeTree ORDER BY tuple();
    CREATE VIEW db.listed AS SELECT table, name FROM system.columns WHERE database = 'db'`);
});
test.after.always(async () => {
  await server.stop();
});

const places = {
  'system.columns': "SELECT table AS t, name AS c FROM system.columns WHERE database = 'db'",
  'other letters': 'SELECT table AS t, name AS c FROM `system` . "columns" WHERE database = \'db\'',
  'a WITH': `WITH x AS (SELECT * FROM system.columns)
    SELECT table AS t, name AS c FROM x WHERE database = 'db'`,
  'a join': `SELECT y.table AS t, y.name AS c FROM system.tables AS x JOIN system.columns AS y
    ON x.database = y.database AND x.name = y.table WHERE x.database = 'db'`,
  information_schema: `SELECT table_name AS t, column_name AS c FROM information_schema.columns
    WHERE table_schema = 'db'`,
  capitals: `SELECT TABLE_NAME AS t, COLUMN_NAME AS c FROM INFORMATION_SCHEMA.COLUMNS
    WHERE TABLE_SCHEMA = 'db'`,
};

for (const [place, sql] of Object.entries(places)) {
  test(`${place} lists no hidden column`, async (t) => {
    const text = await run(server, `SELECT * FROM (${sql}) WHERE t != 'listed' ORDER BY ALL`);
    t.is(text, 'bag\tv\nt\tk\nt\tv\n');
  });
}

test('the key of a table without one has no columns', async (t) => {
  const sql = `SELECT table_name, column_name FROM information_schema.key_column_usage
    WHERE table_schema = 'db' ORDER BY ALL`;
  t.is(await run(server, sql), 't\tk\n');
});

test('the engine itself goes on seeing them, and a statement can not bring them back', async (t) => {
  const sql = "SELECT count() AS c FROM system.columns WHERE startsWith(name, '_INTERNAL_')";
  t.is(await run(server, sql), '0\n');
  t.is(String((await queryRows(server.engine, sql))[0]?.['c']), '6');
  const setting = "SETTINGS query_cache_tag = ''";
  await t.throwsAsync(run(server, `${sql} ${setting}`), { message: /query_cache_tag/ });
  // What runs next has the engine's own view, and writes as ever.
  await run(server, "INSERT INTO db.t VALUES (1, 'a'), (1, 'b')");
  t.is(await run(server, 'SELECT * FROM db.t'), '1\tb\n');
});
