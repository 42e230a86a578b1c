// Goal: what docs/operations.md says to be other than in ClickHouse is so, and nothing more of what INSERTs
// do. Method: each sentence, tried on a real engine.
import { setTimeout as wait } from 'node:timers/promises';
import test from 'ava';
import { run, send, startHttp, type HttpServer, type Reply } from './http-server.js';

let server: HttpServer;
test.before(async () => {
  server = await startHttp();
});
test.after.always(async () => {
  await server.stop();
});

const post = (sql: string, rest = ''): Promise<Reply> => send(server, `/?${rest}`, { body: sql });

test.serial('settings with a default of their own', async (t) => {
  const told = await run(
    server,
    `SELECT name || ' ' || value || ' ' || default FROM system.settings WHERE changed AND value != default
     AND match(name, '^(insert_null|input_|async_insert|final$|implicit|max_|join_|date_|cast_)') ORDER BY name`,
  );
  t.deepEqual(told.trim().split('\n'), [
    'async_insert 0 1',
    'final 1 0',
    'input_format_null_as_default 0 1',
    'insert_null_as_default 0 1',
    'max_query_size 16777216 262144',
  ]);
  t.is((await post('1 + 1')).headers['x-clickhouse-exception-code'], '62');
});

test('a setting that may not be set is passed over where it has its value', async (t) => {
  const settings = 'enable_analyzer=1&allow_experimental_analyzer=1&send_timeout=300&final=1';
  t.is((await post('SELECT 1', settings)).text, '1\n');
  t.is((await post('SET enable_analyzer = 1', 'session_id=held')).status, 200);
  for (const other of ['enable_analyzer=0', 'send_timeout=301', 'final=0']) {
    t.is((await post('SELECT 1', other)).headers['x-clickhouse-exception-code'], '452', other);
  }
});

test('a format is told of what gives rows', async (t) => {
  const formatOf = async (sql: string, rest?: string): Promise<unknown> =>
    (await post(sql, rest)).headers['x-clickhouse-format'];
  const none = ['DROP TABLE IF EXISTS nosuch', 'CREATE TABLE default.n (k Int8) ENGINE = Null'];
  for (const sql of [...none, 'INSERT INTO default.n VALUES (1)']) {
    t.is(await formatOf(sql), undefined, sql);
  }
  t.is(await formatOf('SET max_threads = 1', 'session_id=format'), undefined);
  for (const sql of ['SELECT 1 WHERE 0', 'SHOW TABLES FROM default LIKE $$nosuch$$', 'SELECT 1']) {
    t.is(await formatOf(sql, 'default_format=TSV'), 'TSV', sql);
  }
});

test.serial('NULL for a column that is not Nullable', async (t) => {
  await run(
    server,
    `CREATE TABLE default.d (k Int64, v String DEFAULT 'dflt', n Nullable(String) DEFAULT 'x')
     ENGINE = MutableMergeTree ORDER BY k`,
  );
  const isDefault = 'input_format_null_as_default=1';
  const cases: readonly (readonly [key: number, data: string, code: string | undefined])[] = [
    [1, 'FORMAT JSONEachRow {"k":1,"v":null,"n":null}', '117'],
    [2, 'VALUES (2, NULL, NULL)', '53'],
    [3, 'SELECT 3, NULL, NULL', '70'],
    [4, 'SELECT 4, materialize(NULL::Nullable(String)), NULL', '349'],
    [5, 'FORMAT TSV\n5\t\\N\t\\N\n', undefined],
    [6, 'FORMAT CSV\n6,\\N,\\N\n', undefined],
    [7, 'FORMAT CSV\n7,,\n', undefined],
  ];
  for (const [, data, code] of cases) {
    const reply = await post(`INSERT INTO default.d ${data}`);
    t.is(reply.headers['x-clickhouse-exception-code'], code, data);
  }
  await run(server, 'INSERT INTO default.d (k) VALUES (8)');
  const rows = await run(server, 'SELECT * FROM default.d ORDER BY k FORMAT CSV');
  t.is(rows, '5,"",\\N\n6,"\\N",\\N\n7,"dflt","x"\n8,"dflt","x"\n');
  for (const [key, data] of cases) {
    const reply = await post(`INSERT INTO default.d ${data}`, isDefault);
    if (data.startsWith('SELECT')) t.not(reply.status, 200, data);
    else {
      t.is(reply.status, 200, data);
      t.is(await run(server, `SELECT v FROM default.d WHERE k = ${key}`), 'dflt\n', data);
    }
  }
  const set = await post(
    'INSERT INTO default.d SELECT 9, NULL, 1 SETTINGS insert_null_as_default = 1',
  );
  t.is(set.headers['x-clickhouse-exception-code'], '36');
});

test('address and headers up to 128 KiB', async (t) => {
  const get = (length: number): Promise<Reply> =>
    send(server, `/?param_x=${'a'.repeat(length)}&query=SELECT+length({x:String})`);
  t.is((await get(125_000)).text, '125000\n');
  t.is((await get(132_000)).status, 431);
  t.is(await run(server, `SELECT length('${'a'.repeat(250_000)}')`), '250000\n');
});

test('a query has an id in the engine besides its query_id', async (t) => {
  const long = post(
    "SELECT count() FROM system.numbers WHERE NOT ignore('ended-by-id')",
    'query_id=mine',
  );
  const find =
    "SELECT query_id FROM system.processes WHERE query LIKE '%ended-by-id%' AND query NOT LIKE '%processes%'";
  let id = '';
  while (id === '') {
    await wait(5);
    id = (await run(server, find)).trim();
  }
  t.not(id, 'mine');
  await run(server, `KILL QUERY WHERE query_id = '${id}'`);
  const ended = await long;
  t.is(ended.headers['x-clickhouse-exception-code'], '394');
  t.is(ended.headers['x-clickhouse-query-id'], 'mine');
});
