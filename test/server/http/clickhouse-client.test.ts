// Goal: @clickhouse/client, as npm ships it, reads and writes a served copy. Method: its own calls, plain
// and packed, on a real engine.
import { setTimeout as wait } from 'node:timers/promises';
import {
  ClickHouseError,
  ClickHouseLogLevel,
  createClient,
  type ClickHouseClient,
} from '@clickhouse/client';
import test from 'ava';
import { queryRows } from '../../../src/protocol/index.js';
import { startHttp, type HttpServer } from './http-server.js';

let server: HttpServer;
test.before(async () => {
  server = await startHttp();
  await server.engine.execute(`CREATE DATABASE db;
    CREATE TABLE db.t (k Int64, v String) ENGINE = MutableMergeTree ORDER BY k;
    INSERT INTO db.t VALUES (1, 'old'), (2, 'gone'); UPDATE db.t SET v = 'new' WHERE k = 1;
    DELETE FROM db.t WHERE k = 2`);
});
test.after.always(async () => {
  await server.stop();
});

for (const packs of [false, true]) {
  const name = packs ? 'packed' : 'plain';
  const connect = (): ClickHouseClient =>
    createClient({
      url: server.url,
      password: server.token,
      database: 'db',
      compression: { request: packs, response: packs },
      // What fails on purpose here is no matter for the output of the tests.
      log: { level: ClickHouseLogLevel.OFF },
    });

  test(`${name}: connects, lists tables, reads rows`, async (t) => {
    const client = connect();
    t.true((await client.ping({ select: true })).success);
    const tables = await client.query({ query: "SHOW TABLES LIKE 't'", format: 'JSONEachRow' });
    t.deepEqual(await tables.json(), [{ name: 't' }]);
    const rows = await client.query({ query: 'SELECT * FROM t ORDER BY k' });
    t.like(await rows.json(), { data: [{ k: 1, v: 'new' }], rows: 1 });
    await client.close();
  });

  test(`${name}: streams a million rows`, async (t) => {
    const client = connect();
    const query = 'SELECT number AS n FROM numbers(1000000)';
    const result = await client.query({ query, format: 'JSONEachRow' });
    let count = 0;
    let sum = 0;
    for await (const rows of result.stream<{ n: number }>()) {
      for (const row of rows) {
        count += 1;
        sum += row.json<{ n: number }>().n;
      }
    }
    t.deepEqual([count, sum], [1_000_000, 499_999_500_000]);
    await client.close();
  });

  test(`${name}: parameters keep their values`, async (t) => {
    const client = connect();
    const values = {
      s: "a\tb'\\\n{s:String}",
      a: ["x'y", 'z\\'],
      d: new Date(86_400_000),
      n: null,
      i: 7,
    };
    const result = await client.query({
      query:
        'SELECT {s:String} AS s, {a:Array(String)} AS a, {d:DateTime} AS d, {n:Nullable(Int8)} AS n, {i:UInt64} AS i',
      format: 'JSONEachRow',
      query_params: values,
    });
    t.deepEqual(await result.json(), [{ ...values, d: '1970-01-02 00:00:00' }]);
    await client.close();
  });

  test(`${name}: makes a table, inserts, and sees the newest rows`, async (t) => {
    const client = connect();
    const table = `w_${name}`;
    await client.command({
      query: `CREATE TABLE ${table} (k Int64, v String) ENGINE = MutableMergeTree ORDER BY k`,
    });
    const first = await client.insert({
      table,
      format: 'JSONEachRow',
      values: [
        { k: 1, v: "a'" },
        { k: 2, v: 'b' },
      ],
    });
    t.is(first.summary?.written_rows, '2');
    await client.insert({ table, format: 'JSONEachRow', values: [{ k: 2, v: 'B' }] });
    const rows = await client.query({
      query: `SELECT * FROM ${table} ORDER BY k`,
      format: 'JSONCompactEachRow',
    });
    t.deepEqual(await rows.json(), [
      [1, "a'"],
      [2, 'B'],
    ]);
    await client.close();
  });

  test(`${name}: errors are told with their code, in mid-stream too`, async (t) => {
    const client = connect();
    const error = await t.throwsAsync(client.query({ query: 'SELECT nosuch' }), {
      instanceOf: ClickHouseError,
    });
    t.deepEqual([error.code, error.type], ['47', 'UNKNOWN_IDENTIFIER']);
    const drain = async (): Promise<void> => {
      const late = await client.query({
        query: 'SELECT number, throwIf(number = 900000) FROM numbers(1000000)',
        format: 'JSONEachRow',
        clickhouse_settings: { max_block_size: '1000' },
      });
      for await (const rows of late.stream()) t.true(rows.length > 0);
    };
    // A client that is slow to read, or unpacks the answer after it has come, may see the broken
    // connection first.
    let told = '';
    for (let tries = 0; tries < (packs ? 1 : 10) && told !== '395'; tries += 1) {
      const stopped = await t.throwsAsync(drain(), { any: true });
      told = stopped instanceof ClickHouseError ? stopped.code : String(stopped);
      t.regex(told, /^395$|aborted/);
    }
    if (!packs) t.is(told, '395');
    const wrong = createClient({
      url: server.url,
      password: 'wrong',
      log: { level: ClickHouseLogLevel.OFF },
    });
    t.is(
      (await t.throwsAsync(wrong.query({ query: 'SELECT 1' }), { instanceOf: ClickHouseError }))
        .code,
      '516',
    );
    await Promise.all([client.close(), wrong.close()]);
  });

  test(`${name}: a query that is given up stops`, async (t) => {
    const client = connect();
    const controller = new AbortController();
    const text = `SELECT count() FROM system.numbers WHERE NOT ignore(number, '${name}')`;
    const query = client.query({ query: text, abort_signal: controller.signal });
    const running = async (): Promise<number> => {
      const sql = `SELECT count() AS n FROM system.processes WHERE query LIKE '%numbers%${name}%' AND query NOT LIKE '%processes%'`;
      const [row] = await queryRows(server.engine, sql);
      return Number(row?.['n']);
    };
    while ((await running()) === 0) await wait(5);
    controller.abort();
    await t.throwsAsync(query);
    while ((await running()) > 0) await wait(5);
    await client.close();
    t.pass();
  });
}
