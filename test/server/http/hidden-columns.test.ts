// Goal: a tool that asks which columns there are, and then reads or writes all of them, meets those alone that
// it may name. Method: each place where a served engine lists columns, with a mutable table and one without a key.
import test from 'ava';
import { queryRows } from '../../../src/protocol/index.js';
import { columnLists, columnTables, visibleColumns } from './column-lists.js';
import { run, startHttp, type HttpServer } from './http-server.js';

let server: HttpServer;
test.before(async () => {
  server = await startHttp();
  await server.engine.execute(columnTables);
});
test.after.always(async () => {
  await server.stop();
});

for (const [place, sql] of Object.entries(columnLists)) {
  test(`${place} lists no hidden column`, async (t) => {
    const text = await run(server, `SELECT * FROM (${sql}) WHERE t != 'listed' ORDER BY ALL`);
    t.is(text, visibleColumns);
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
