// Goal: the interface behaves as ClickHouse's: addresses, methods, parameters, headers, errors. Method:
// requests as bytes, to a real engine.
import { Agent, request } from 'node:http';
import { gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import test from 'ava';
import { run, send, startHttp, type HttpServer, type Reply } from './http-server.js';

let server: HttpServer;
test.before(async () => {
  server = await startHttp();
  await server.engine.execute(`CREATE DATABASE db;
    CREATE TABLE db.t (k Int64, v String) ENGINE = MutableMergeTree ORDER BY k;
    INSERT INTO db.t VALUES (1, 'old'), (2, 'gone'), (3, 'c'); UPDATE db.t SET v = 'new' WHERE k = 1;
    DELETE FROM db.t WHERE k = 2`);
});
test.after.always(async () => {
  await server.stop();
});

const query = (sql: string, rest = ''): string => `/?query=${encodeURIComponent(sql)}${rest}`;
const get = (sql: string, rest = ''): Promise<Reply> => send(server, query(sql, rest));

test('addresses that answer everybody', async (t) => {
  for (const path of ['/ping', '/replicas_status', '/']) {
    const reply = await send(server, path, { headers: { 'x-clickhouse-key': '' } });
    t.deepEqual([reply.status, reply.text], [200, 'Ok.\n'], path);
  }
  t.is((await send(server, '/nothing')).status, 404);
  const put = await send(server, '/', { method: 'PUT', body: 'SELECT 1' });
  t.deepEqual([put.status, put.headers.allow], [405, 'GET, HEAD, POST']);
});

test('a statement comes in the URL, in the body, or in both', async (t) => {
  t.is((await get('SELECT k, v FROM db.t ORDER BY k')).text, '1\tnew\n3\tc\n');
  t.is(await run(server, 'SELECT 1;'), '1\n');
  t.is(await run(server, ' + 1', query('SELECT 1')), '2\n');
  t.is((await send(server, query('SELECT 1'), { body: '' })).text, '1\n');
});

test('the format: of the statement, of the parameter, of the header, TabSeparated', async (t) => {
  const csv = await get('SELECT 1 AS a FORMAT CSVWithNames', '&default_format=JSON');
  t.is(csv.text, '"a"\n1\n');
  t.is(csv.headers['x-clickhouse-format'], 'CSVWithNames');
  t.is(csv.headers['content-type'], 'text/csv; charset=UTF-8; header=present');
  t.is((await get('SELECT 1 AS a', '&default_format=JSONEachRow')).text, '{"a":1}\n');
  const header = { headers: { 'x-clickhouse-format': 'Values' } };
  t.is((await send(server, query('SELECT 1'), header)).text, '(1)');
  const unknown = await get('SELECT 1', '&default_format=Nothing');
  t.is(unknown.headers['x-clickhouse-exception-code'], '73');
});

test('headers tell of the answer', async (t) => {
  const { headers } = await get('SELECT k FROM db.t', '&query_id=my-id&database=db');
  t.is(headers['x-clickhouse-query-id'], 'my-id');
  t.is(headers['x-clickhouse-server-display-name'], 'theflash');
  t.regex(String(headers['x-clickhouse-timezone']), /\w/);
  const summary = JSON.parse(String(headers['x-clickhouse-summary'])) as Record<string, string>;
  t.true(Number(summary['read_rows']) > 0 && Number(summary['elapsed_ns']) >= 0);
  t.is((await get('SELECT 1', '&query_id=%0d%0aX:y')).status, 400);
});

test('parameters of a statement are values, whatever is in them', async (t) => {
  const sql = 'SELECT {s:String} AS s, {a:Array(String)} AS a, {n:Nullable(Int8)} AS n';
  const values = `&param_s=${encodeURIComponent("it\\'s\\t{n:String}")}&param_n=%5CN&param_unused=1`;
  const list = `&param_a=${encodeURIComponent("['x\\'y']")}`;
  const reply = await get(`${sql} FORMAT JSONEachRow`, values + list);
  t.deepEqual(JSON.parse(reply.text), { s: "it's\t{n:String}", a: ["x'y"], n: null });
  const body = await send(server, '/?param_t=t&param_k=3', {
    body: "SELECT v, 'ä' FROM db.{t:Identifier} WHERE k = {k:Int64}",
  });
  t.is(body.text, 'c\tä\n');
  t.regex((await get('SELECT {x:Int8}')).text, /^Code: 456\./);
});

test('settings: those that a statement may set', async (t) => {
  const limited = await get('SELECT k FROM db.t', '&max_result_rows=1');
  t.deepEqual([limited.status, limited.headers['x-clickhouse-exception-code']], [500, '396']);
  const harmless =
    '&session_id=a&send_progress_in_http_headers=1&log_comment=x&wait_end_of_query=1';
  t.is((await get('SELECT 1', harmless)).text, '1\n');
  t.is((await get('SELECT 1', '&nosuchsetting=1')).status, 404);
  for (const setting of [
    ...['final=0', 'query_cache_tag=1', 'stream_like_engine_insert_queue=1', 'profile=1'],
  ]) {
    t.true([400, 404, 500].includes((await get('SELECT 1', `&${setting}`)).status), setting);
  }
  const slow = await get('SELECT sleepEachRow(1) FROM numbers(3)', '&max_execution_time=0.2');
  t.deepEqual([slow.status, slow.headers['x-clickhouse-exception-code']], [408, '159']);
});

test("errors have ClickHouse's shape, code and status", async (t) => {
  const cases: readonly (readonly [sql: string, status: number, code: number])[] = [
    ['SELEC 1', 400, 62],
    ['SELECT 1; SELECT 2', 400, 62],
    ['SELECT nosuch', 404, 47],
    ['SELECT * FROM db.nosuch', 404, 60],
    ['SELECT * FROM nosuch.t', 404, 81],
    ['SELECT throwIf(1)', 500, 395],
    ['DROP TABLE db.t', 500, 164],
    ["INSERT INTO db.t VALUES (1, 'x')", 500, 164],
  ];
  for (const [sql, status, code] of cases) {
    const reply = await get(sql);
    t.deepEqual(
      [reply.status, reply.headers['x-clickhouse-exception-code']],
      [status, `${code}`],
      sql,
    );
    t.regex(
      reply.text,
      new RegExp(
        `^Code: ${code}\\. DB::Exception: [^]*\\([A-Z_\\d]{3,}\\) \\(version [\\d.]+\\)\n$`,
      ),
    );
  }
  t.is(await run(server, 'SELECT count() FROM db.t'), '2\n');
});

test('answers are packed where the client asks for it, bodies unpacked', async (t) => {
  const ask = (encoding: string, on = 1): Promise<Reply> =>
    send(server, query('SELECT number FROM numbers(3)', `&enable_http_compression=${on}`), {
      headers: { 'accept-encoding': encoding },
    });
  t.is(gunzipSync((await ask('br;q=0, gzip')).bytes).toString(), '0\n1\n2\n');
  t.is(inflateSync((await ask('deflate')).bytes).toString(), '0\n1\n2\n');
  t.is((await ask('gzip', 0)).text, '0\n1\n2\n');
  t.is((await ask('gzip;q=0')).text, '0\n1\n2\n');
  const headers = { 'content-encoding': 'gzip' };
  t.is((await send(server, '/', { body: gzipSync('SELECT 5'), headers })).text, '5\n');
  t.is((await send(server, '/', { body: 'SELECT 5', headers })).status, 400);
  const other = { 'content-encoding': 'snappy' };
  t.is((await send(server, '/', { body: 'SELECT 5', headers: other })).status, 501);
});

test.serial('POST writes: INSERT in any format, DDL, UPDATE', async (t) => {
  await run(server, 'CREATE TABLE db.w (k Int64, v String) ENGINE = MutableMergeTree ORDER BY k');
  const reply = await send(server, query('INSERT INTO db.w FORMAT CSV'), {
    body: '1,"a"\n2,"b"\n',
  });
  const summary = JSON.parse(String(reply.headers['x-clickhouse-summary'])) as Record<
    string,
    string
  >;
  t.deepEqual([reply.status, reply.text, summary['written_rows']], [200, '', '2']);
  await run(server, '{"k":2,"v":"B"}', `${query('INSERT INTO w FORMAT JSONEachRow')}&database=db`);
  await run(server, "UPDATE db.w SET v = 'A' WHERE k = 1");
  t.is(await run(server, 'SELECT * FROM db.w ORDER BY k'), '1\tA\n2\tB\n');
  const lax = '&input_format_csv_delimiter=x&format_csv_delimiter=%7C';
  const delimited = query('INSERT INTO db.w FORMAT CSV', '&format_csv_delimiter=%7C');
  await run(server, '7|"seven"\n', delimited);
  t.is((await send(server, query('INSERT INTO db.w FORMAT CSV', lax), { body: '1' })).status, 404);
  const block = await send(
    server,
    query('INSERT INTO db.w FORMAT CSV', '&max_insert_block_size=1'),
    { body: '1,a' },
  );
  t.deepEqual([block.status, block.headers['x-clickhouse-exception-code']], [500, '452']);
  const read = await send(server, '/?readonly=1', { body: 'DROP TABLE db.w' });
  t.is(read.headers['x-clickhouse-exception-code'], '164');
  t.is(await run(server, 'SELECT v FROM db.w WHERE k = 7'), 'seven\n');
  await run(server, 'DROP TABLE db.w');
});

test('requests one after the other on a connection are served, the next as soon as one is answered', async (t) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set<number | undefined>();
  for (let count = 0; count < 200; count += 1) {
    const text = await new Promise<string>((resolve, reject) => {
      const headers = { 'x-clickhouse-key': server.token };
      const sent = request({ port: server.port, path: query('SELECT 1'), agent, headers });
      sent.on('response', (response) => {
        let got = '';
        response.setEncoding('utf8').on('data', (piece: string) => (got += piece));
        response.on('end', () => {
          resolve(got);
        });
      });
      sent.on('error', reject);
      sent.on('socket', (socket) => ports.add(socket.localPort));
      sent.end();
    });
    t.is(text, '1\n');
  }
  agent.destroy();
  t.true(ports.size <= 2, `${ports.size} connections`);
});
