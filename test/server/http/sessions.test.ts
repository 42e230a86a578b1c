// Goal: a session holds what SET and USE gave it, and nothing else; KILL QUERY ends a request by the id that
// its client gave. Method: requests to a real engine, which tells the settings itself.
import { setTimeout as wait } from 'node:timers/promises';
import test from 'ava';
import { waitUntil } from '../../until.js';
import { Sessions, readSessionChange } from '../../../src/server/http/sessions.js';
import { run, send, startHttp, type HttpServer, type Reply } from './http-server.js';

let server: HttpServer;
test.before(async () => {
  server = await startHttp();
  await server.engine.execute(
    'CREATE DATABASE db; CREATE TABLE db.t (k Int64) ENGINE = MutableMergeTree ORDER BY k',
  );
});
test.after.always(async () => {
  await server.stop();
});

const post = (body: string, rest: string): Promise<Reply> => send(server, `/?${rest}`, { body });
const codeOf = async (body: string, rest: string): Promise<unknown> =>
  (await post(body, rest)).headers['x-clickhouse-exception-code'];

test('settings and the database last in their session alone', async (t) => {
  t.is(
    (await post("SET max_threads = 3, date_time_output_format = 'iso'", 'session_id=a')).status,
    200,
  );
  const sql = "SELECT getSetting('max_threads'), toDateTime(0, 'UTC'), currentDatabase()";
  t.is((await post(sql, 'session_id=a')).text, '3\t1970-01-01T00:00:00Z\tdefault\n');
  t.is((await post(sql, 'session_id=a&max_threads=2')).text, '2\t1970-01-01T00:00:00Z\tdefault\n');
  t.regex((await post(sql, 'session_id=b')).text, /1970-01-01 00:00:00\tdefault\n$/);
  t.is((await post('USE db', 'session_id=a')).status, 200);
  t.is((await post('SELECT currentDatabase()', 'session_id=a')).text, 'db\n');
  t.is((await post('SELECT currentDatabase()', 'session_id=a&database=default')).text, 'default\n');
  t.is((await post('SELECT 1', 'session_id=a&close_session=1')).text, '1\n');
  t.is((await post('SELECT currentDatabase()', 'session_id=a')).text, 'default\n');
});

test('a session takes one request at a time', async (t) => {
  const long = "SELECT count() FROM system.numbers WHERE NOT ignore('held')";
  const held = post(long, 'session_id=one&query_id=held-one');
  while (!(await run(server, 'SELECT query FROM system.processes')).includes("ignore(\\'held")) {
    await wait(5);
  }
  t.is(await codeOf('SELECT 1', 'session_id=one'), '373');
  t.is((await post('SELECT 1', 'session_id=another')).text, '1\n');
  await run(server, "KILL QUERY WHERE query_id = 'held-one'");
  t.is((await held).headers['x-clickhouse-exception-code'], '394');
  // Each answer, whole, failed or cut, is followed by the next request at once.
  const ends = [
    ['SELECT 1', undefined],
    ['SELECT x', '47'],
    ['SELECT throwIf(number = 300000), number FROM numbers(1000000)', undefined],
    ['SET max_threads = 1', undefined],
  ] as const;
  for (const [sql, code] of [...ends, ...ends]) {
    t.is(await codeOf(sql, 'session_id=one').catch(() => undefined), code, sql);
  }
});

test('a query id is free once its answer is there', async (t) => {
  for (let round = 0; round < 50; round += 1) {
    t.is((await post('SELECT 1', 'query_id=again')).text, '1\n');
  }
  const held = post(
    'SELECT sleepEachRow(0.1) FROM numbers(6000)',
    'query_id=again&max_block_size=1',
  );
  const running = "SELECT count() FROM system.processes WHERE query LIKE '%numbers(6000)%'";
  await waitUntil('it runs', async () => (await post(running, '')).text === '2\n');
  t.is(await codeOf('SELECT 1', 'query_id=again'), '216');
  t.is((await post("KILL QUERY WHERE query_id = 'again'", '')).status, 200);
  await held.catch(() => undefined);
  t.is((await post('SELECT 1', 'query_id=again')).text, '1\n');
});

test('what may not be set, or cannot be held, is refused', async (t) => {
  t.is(await codeOf('SET final = 0', 'session_id=c'), '452');
  t.is(await codeOf("SET format_schema = '/etc/passwd'", 'session_id=c'), '452');
  t.is(await codeOf('USE nosuch', 'session_id=c'), '81');
  t.is(await codeOf('SET max_threads = 1', ''), '36');
  t.is(await codeOf('CREATE TEMPORARY TABLE x (k Int8)', 'session_id=c'), '36');
  t.is(await codeOf('SELECT 1', 'session_id=never&session_check=1'), '372');
  t.is(await codeOf('SELECT 1', 'session_id=c&session_timeout=7200'), '36');
  // Beside a write it would reach statements of ch.so: an error, and nothing is written.
  t.is((await post('SET max_threads = 1', 'session_id=c')).status, 200);
  t.is(await codeOf('INSERT INTO db.t VALUES (1)', 'session_id=c'), '452');
  t.is(await run(server, 'SELECT count() FROM db.t'), '0\n');
  // What has its value already changes nothing.
  t.is(
    await codeOf(
      'INSERT INTO db.t VALUES (2)',
      'join_use_nulls=0&allow_suspicious_low_cardinality_types=1',
    ),
    undefined,
  );
  t.is(await codeOf('INSERT INTO db.t VALUES (3)', 'join_use_nulls=1'), '452');
  t.is(await run(server, 'SELECT k FROM db.t'), '2\n');
});

test('what tools set for each of their statements may come beside a write', async (t) => {
  // mysql_ch_replicator; dbt.
  t.is(await codeOf('SET final = 1;', 'session_id=tool'), undefined);
  t.is(await codeOf('SET allow_nondeterministic_mutations = 1', 'session_id=tool'), undefined);
  const waits = 'session_id=tool&mutations_sync=3&alter_sync=3&insert_distributed_sync=1';
  const table = 'CREATE TABLE db.u (k Int64) ENGINE = MergeTree ORDER BY k';
  t.is(await codeOf(`${table} SETTINGS replicated_deduplication_window = 0`, waits), undefined);
  t.is(await codeOf('INSERT INTO db.u SELECT number FROM numbers(3)', waits), undefined);
  const some = 'DELETE FROM db.u WHERE (k) IN (SELECT k FROM db.u WHERE k > 0)';
  t.is(await codeOf(some, waits), undefined);
  t.is(await codeOf('ALTER TABLE db.u ADD COLUMN v String', waits), undefined);
  t.is(await run(server, 'SELECT * FROM db.u'), '0\t\n');
});

test('SET is read as a list of values, or left to the engine', (t) => {
  const settings = (text: string): unknown => [...(readSessionChange(text)?.settings ?? [])];
  t.deepEqual(settings("SET a = 1, b='it''s\\\\' ;"), [
    ['a', '1'],
    ['b', "it's\\"],
  ]);
  t.deepEqual(readSessionChange('use `a b`'), { database: 'a b' });
  for (const text of [
    'SET ROLE x',
    'SET a = 1 b = 2',
    'SET a = (SELECT 1)',
    "SET a = 'x",
    'SET a',
  ]) {
    t.is(readSessionChange(text), undefined, text);
  }
});

test('sessions end in time', (t) => {
  const sessions = new Sessions();
  const first = sessions.open('s', -1, false);
  first.session.settings.set('a', '1');
  first.leave();
  const second = sessions.open('s', 1000, false);
  t.is(second.session.settings.size, 0);
  // A turn that is left already gives nobody else's up.
  first.leave();
  t.throws(() => sessions.open('s', 1000, false), { message: /locked/ });
  t.throws(() => sessions.open('other', 1000, true), { message: /not found/ });
});

test('a client ends its statement by its own query_id, from another connection', async (t) => {
  const sql = "SELECT count() FROM system.numbers WHERE NOT ignore('killed-by-id')";
  const long = post(sql, 'query_id=mine');
  const running =
    "SELECT count() FROM system.processes WHERE query LIKE '%killed-by-id%' AND query NOT LIKE '%processes%'";
  while ((await run(server, running)) === '0\n') await wait(5);
  t.is(await codeOf('SELECT 1', 'query_id=mine'), '216');
  t.is(await run(server, "KILL QUERY WHERE query_id = 'other'"), '');
  t.is(await run(server, running), '1\n');
  t.is(await run(server, "KILL QUERY WHERE query_id = 'mine' SYNC"), '');
  t.is((await long).headers['x-clickhouse-exception-code'], '394');
  while ((await run(server, running)) === '1\n') await wait(5);
  t.is((await post('SELECT 1', 'query_id=mine')).text, '1\n');
});
