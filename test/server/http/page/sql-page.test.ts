// Goal: the SQL box reads and never writes, shows what the engine gives, and its downloads are whole files. Method: pages
// of real answers, whose links are followed and whose files other readers open.
import { tableFromIPC, type Table } from 'apache-arrow';
import test from 'ava';
import { readParquet } from 'parquet-wasm/node';
import { readFirstRows } from '../../../../src/server/http/page/result-rows.js';
import { until } from '../../test-server.js';
import { run, send, type HttpServer, type Reply } from '../http-server.js';
import { browserHeaders, startPage } from './page-server.js';

let server: HttpServer;
test.before(async () => {
  server = await startPage();
  await run(server, 'CREATE DATABASE db');
  await run(
    server,
    'CREATE TABLE db.t (k Int64, v Nullable(String)) ENGINE = MutableMergeTree ORDER BY k',
  );
  await run(
    server,
    String.raw`INSERT INTO db.t VALUES (1, 'a\tb\n"c"\\N'), (2, NULL), (-9223372036854775808, '<&>')`,
  );
});
test.after.always(async () => {
  await server.stop();
});

const ask = (sql: string): Promise<Reply> =>
  send(server, `/sql?query=${encodeURIComponent(sql)}`, { headers: browserHeaders(server) });

/** The texts of a page's cells, as a browser reads them. */
function cellsOf(text: string): string[] {
  return [...text.matchAll(/<td[^>]*>([^]*?)<\/td>/g)].map(([, cell = '']) =>
    cell
      .replace(/<[^>]*>/g, '')
      .replace(/&#(\d+);/g, (_whole, code: string) => String.fromCharCode(Number(code))),
  );
}

test('all values as they are', async (t) => {
  const { status, text } = await ask(
    'SELECT k, v, [1, 2] AS list, toDecimal128(k, 20) / 3 FROM db.t ORDER BY k;',
  );
  t.is(status, 200);
  const expected = JSON.parse(
    await run(
      server,
      'SELECT toString(k), v, toString([1, 2]), toString(toDecimal128(k, 20) / 3) FROM db.t ORDER BY k FORMAT JSONCompact',
    ),
  ) as { data: (string | null)[][] };
  t.is(expected.data.length, 3);
  t.deepEqual(
    cellsOf(text),
    expected.data.flat().map((value) => value ?? 'NULL'),
  );
  t.regex(text, /<th scope="col" class="number">k<\/th><th scope="col">v<\/th>/);
  t.regex(text, />\s*3 rows, /);
});

test('the first thousand rows, and long values in part', async (t) => {
  const many = await ask('SELECT number FROM numbers(10000000)');
  t.deepEqual(
    cellsOf(many.text),
    Array.from({ length: 1000 }, (_, index) => String(index)),
  );
  t.regex(many.text, /the first 1000 rows; there are more/);
  t.regex((await ask('SELECT number FROM numbers(1000)')).text, />\s*1000 rows, /);
  const long = await ask("SELECT repeat('x', 5000)");
  t.is(cellsOf(long.text)[0], `${'x'.repeat(1000)}… (5000 letters)`);
  const wide = await ask("SELECT repeat('y', 100000) FROM numbers(100)");
  t.regex(wide.text, /the first 20 rows: more do not fit on a page/);
  const huge = await ask(
    "SELECT concat(repeat('z', 1000000), repeat('z', 1000000), repeat('z', 1000000))",
  );
  t.regex(huge.text, /the first 0 rows: more do not fit/);
  t.regex((await ask('SELECT 1 WHERE 0')).text, /There are no rows/);
  // What was not read of the answers runs no longer.
  await until(() => server.served.server.counts().scans === 0);
});

test('nothing is changed', async (t) => {
  for (const sql of [
    "INSERT INTO db.t VALUES (5, 'x')",
    'DELETE FROM db.t WHERE 1',
    'DROP TABLE db.t',
    'SELECT 1 SETTINGS readonly = 0',
    "KILL QUERY WHERE query_id = 'x'",
    'CREATE SNAPSHOT mine OF db.t',
  ]) {
    const { status, text } = await ask(sql);
    t.true(status >= 400, `${sql}: ${status}`);
    t.regex(text, /<pre class="box bad" role="alert">Code: \d+\. DB::Exception/);
    t.true(
      text.includes('name="query"') && text.includes(sql.slice(0, 12)),
      'the statement is still in the box',
    );
  }
  t.is(await run(server, 'SELECT count() FROM db.t'), '3\n');
  t.is(await run(server, 'SELECT count() FROM theflash.snapshots'), '0\n');
});

test('downloads are the whole result, by the way of all queries', async (t) => {
  const sql = 'SELECT k, v FROM db.t ORDER BY k; -- "quoted" & more';
  const { text } = await ask(sql);
  const links = new Map(
    [...text.matchAll(/<a href="([^"]*)" download="([^"]*)">/g)].map(([, link = '', file = '']) => [
      file,
      link.replaceAll('&#38;', '&'),
    ]),
  );
  t.deepEqual([...links.keys()], ['result.arrow', 'result.parquet', 'result.csv']);
  const get = async (file: string): Promise<Reply> => {
    const { pathname, search } = new URL(links.get(file) ?? '', 'http://localhost/sql');
    const reply = await send(server, pathname + search, { headers: browserHeaders(server) });
    t.is(reply.status, 200);
    return reply;
  };
  const expected = [
    { k: -9223372036854775808n, v: '<&>' },
    { k: 1n, v: 'a\tb\n"c"\\N' },
    { k: 2n, v: null },
  ];
  const decoder = new TextDecoder();
  const rowsOf = (table: Table): unknown[] =>
    table.toArray().map((row: unknown) => {
      const { k, v } = row as { k: bigint; v: string | Uint8Array | null };
      return { k, v: v instanceof Uint8Array ? decoder.decode(v) : v };
    });
  t.deepEqual(rowsOf(tableFromIPC((await get('result.arrow')).bytes)), expected);
  const parquet = readParquet((await get('result.parquet')).bytes).intoIPCStream();
  t.deepEqual(rowsOf(tableFromIPC(parquet)), expected);
  const csv = await get('result.csv');
  t.is(csv.text, '"k","v"\n-9223372036854775808,"<&>"\n1,"a\tb\n""c""\\N"\n2,\\N\n');
  t.is(csv.headers['x-content-type-options'], 'nosniff');
});

test('a statement with a format of its own is given as a download', async (t) => {
  const { text } = await ask('SELECT 1 AS x FORMAT JSONEachRow');
  const [, link = ''] = /FORMAT of its own, JSONEachRow:\s*<a href="([^"]*)"/.exec(text) ?? [];
  const { pathname, search } = new URL(link, 'http://localhost/sql');
  t.is(
    (await send(server, pathname + search, { headers: browserHeaders(server) })).text,
    '{"x":1}\n',
  );
});

test('rows are cut where bytes end, wherever that is', async (t) => {
  const whole = Buffer.from('a\tb\nString\tString\n1\tä\n2\t\\N\n3\tx\\ty\n');
  for (let pieceBytes = 1; pieceBytes <= whole.length; pieceBytes += 1) {
    for (let bytesMax = 20; bytesMax <= whole.length + 1; bytesMax += 1) {
      let at = 0;
      const read = (buffer: Uint8Array): Promise<number> => {
        const piece = whole.subarray(at, at + Math.min(pieceBytes, buffer.length));
        buffer.set(piece);
        at += piece.length;
        return Promise.resolve(piece.length);
      };
      const { rows, isWhole } = await readFirstRows({ read }, { rowsMax: 3, bytesMax });
      t.is(isWhole, bytesMax > whole.length);
      t.deepEqual(
        rows,
        [
          ['1', 'ä'],
          ['2', null],
          ['3', 'x\ty'],
        ].slice(0, rows.length),
      );
      t.is(rows.length, whole.subarray(0, bytesMax).toString('latin1').split('\n').length - 3);
    }
  }
});
