// Goal: beside users, who has the token is shown no hidden column either, and all else as ever. Method: the lists of
// columns of hidden-columns.test.ts, and each system table, on an engine that knows a role.
import test from 'ava';
import { columnLists, columnTables, visibleColumns } from './column-lists.js';
import { run, startHttp, type HttpServer } from './http-server.js';

let server: HttpServer;
test.before(async () => {
  server = await startHttp({}, [{ role: 'reader', kind: 'read', database: 'db', table: '*' }]);
  await server.engine.execute(columnTables);
  await server.engine.execute("INSERT INTO db.t VALUES (1, 'a')");
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

test('the other system tables are read, also beside the columns', async (t) => {
  for (const name of ['parts', 'functions', 'events', 'processes', 'constraints', 'tables']) {
    const some = `SELECT count() > 0 FROM (SELECT 1 FROM system.${name} LIMIT 1)`;
    t.is(await run(server, some), '1\n', name);
    const beside = `${some} WHERE (SELECT count() FROM system.columns) > 0`;
    t.is(await run(server, beside), '1\n', name);
  }
  // `models` tries to start a program, which it may not: for minutes.
  const list = "SELECT name FROM system.tables WHERE database = 'system' AND name != 'models'";
  const names = (await run(server, list)).trim().split('\n');
  const failed: string[] = [];
  for (const name of names) {
    await run(server, `SELECT 1 FROM system.${name} LIMIT 1`).catch((error: unknown) => {
      if (String(error).includes('_table')) failed.push(name);
    });
  }
  // It alone has no column _table, by which the filter tells the tables apart.
  t.deepEqual(failed, ['iceberg_files']);
});
