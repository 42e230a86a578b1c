// Goal: files of a form are tables for their query alone, in every format and place of the query, and open
// nothing that a query could not read. Method: forms of Node's own FormData and of curl; the same rows
// from a table of the engine, or written by it.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import test from 'ava';
import { run, send, startHttp, type HttpServer } from './http-server.js';

let server: HttpServer;
test.before(async () => {
  server = await startHttp();
  await server.engine.execute(`
    CREATE TABLE default.m (k Int64, v String) ENGINE = MutableMergeTree ORDER BY k;
    INSERT INTO default.m VALUES (1, 'old'), (2, 'two'); UPDATE default.m SET v = 'new' WHERE k = 1;
    CREATE TABLE default.w (k Int64, v String) ENGINE = MutableMergeTree ORDER BY k`);
});
test.after.always(async () => {
  await server.stop();
});

type Files = Readonly<Record<string, string | Buffer>>;

async function ask(
  sql: string,
  files: Files,
  described: Readonly<Record<string, string>>,
): Promise<[code: number, text: string]> {
  const form = new FormData();
  for (const [name, data] of Object.entries(files)) {
    form.set(name, new Blob([new Uint8Array(Buffer.from(data))]), `${name}.bin`);
  }
  const query = new URLSearchParams({ query: sql, ...described }).toString();
  const reply = await fetch(`${server.url}/?${query}`, {
    method: 'POST',
    body: form,
    headers: { 'x-clickhouse-key': server.token },
  });
  return [Number(reply.headers.get('x-clickhouse-exception-code') ?? 0), await reply.text()];
}

const e = { e: '1\tone\n3\tthree\n' };
const structure = { e_structure: 'k Int64, v String' };

test('a table stands wherever a query reads one', async (t) => {
  const cases: readonly (readonly [sql: string, expected: string])[] = [
    ['SELECT * FROM e', '1\tone\n3\tthree\n'],
    [' /* a */ select count() -- b\n from `e` FORMAT CSV', '2\n'],
    ['SELECT m.v, e.v FROM m JOIN e USING (k)', 'new\tone\n'],
    ['SELECT v FROM m WHERE k IN (SELECT k FROM e)', 'new\n'],
    ['SELECT k FROM m WHERE (k, v) NOT IN e ORDER BY k', '1\n2\n'],
    ['SELECT (SELECT max(k) FROM e)', '3\n'],
    ['SELECT * FROM (SELECT k FROM e UNION ALL SELECT -k FROM e) ORDER BY k', '-3\n-1\n1\n3\n'],
    ['WITH x AS (SELECT k FROM e) SELECT sum(k) FROM x', '4\n'],
    [
      'WITH RECURSIVE r AS (SELECT min(k) AS n FROM e UNION ALL SELECT n + 1 FROM r WHERE n < 4) SELECT sum(n) FROM r',
      '10\n',
    ],
  ];
  for (const [sql, expected] of cases) t.deepEqual(await ask(sql, e, structure), [0, expected]);
  // A table of its name in the database is hidden, for this query alone.
  t.deepEqual(await ask('SELECT * FROM m', { m: '9\n' }, { m_types: 'Int8' }), [0, '9\n']);
  t.is(await run(server, 'SELECT v FROM m WHERE k = 1'), 'new\n');
  t.is((await send(server, '/', { body: 'SELECT * FROM e' })).status, 404);
});

test('several tables, of types alone, of any format and bytes', async (t) => {
  const types = "Tuple(Int8, String), Enum8('a,(' = 1), Nullable(Int8)";
  t.deepEqual(
    await ask(
      'SELECT _1.2, _2, _3, f.x FROM e, f',
      { e: "(1,'x')\ta,(\t\\N\n", f: '{"x":7}' },
      {
        e_types: types,
        f_structure: 'x Int8',
        f_format: 'JSONEachRow',
      },
    ),
    [0, 'x\ta,(\t\\N\t7\n'],
  );
  t.deepEqual(await ask('SELECT count() FROM e', { e: '' }, { e_structure: 'a Int8' }), [0, '0\n']);
  const sql =
    "SELECT number AS n, char(number % 256, 39, 92, 0, 10, 255) AS b, '\\\\\\'' AS q FROM numbers(5000)";
  const sum = 'count(), sum(n), sum(cityHash64(n, b, q))';
  const expected = await run(server, `SELECT ${sum} FROM (${sql})`);
  for (const format of ['Native', 'RowBinary', 'ArrowStream', 'Parquet', 'TSV', 'Avro']) {
    const { bytes } = await send(server, `/?default_format=${format}`, { body: sql });
    const described = { e_structure: 'n UInt64, b String, q String', e_format: format };
    t.deepEqual(await ask(`SELECT ${sum} FROM e`, { e: bytes }, described), [0, expected], format);
  }
});

test('curl sends files, and values and settings beside them', async (t) => {
  const fields = ['e=@-;filename=x', 'e_format=CSV', 'e_structure=k Int64', 'max_threads=2'];
  const sql = "query=SELECT sum(k) + {n:Int8}, getSetting('max_threads') FROM e";
  const child = promisify(execFile)('curl', [
    ...['-sS', '-H', `X-ClickHouse-Key: ${server.token}`, server.url],
    ...[...fields, sql, 'param_n=1'].flatMap((field) => ['-F', field]),
  ]);
  child.child.stdin?.end('4\n5\n');
  t.is((await child).stdout, '10\t2\n');
});

test('INSERT … SELECT and CREATE TABLE … AS SELECT read them', async (t) => {
  const sql = 'INSERT INTO w SELECT k + 100, upper(v) FROM e';
  t.deepEqual(await ask(sql, e, structure), [0, '']);
  t.is(await run(server, 'SELECT * FROM w ORDER BY k'), '101\tONE\n103\tTHREE\n');
  const create =
    "CREATE TABLE c (`as select` Int64 COMMENT ' as select ') ENGINE = MergeTree ORDER BY ()";
  t.deepEqual(await ask(`${create} /* as select */ AS SELECT k FROM e`, e, structure), [0, '']);
  t.is(await run(server, 'SELECT * FROM c ORDER BY ALL'), '1\n3\n');
});

test('what is no table, and what has no place for one, is refused', async (t) => {
  t.is((await ask('SELECT * FROM e', e, {}))[0], 36);
  const head = await ask(
    'SELECT * FROM e',
    { e: 'k\n' },
    { e_types: 'Int8', e_format: 'CSVWithNames' },
  );
  t.regex(head[1], /36.*no rows/);
  t.is((await ask('SELECT * FROM e', e, { e_structure: ' ' }))[0], 36);
  t.is((await ask('SELECT * FROM e', e, { ...structure, e_format: "CSV, 'x'" }))[0], 36);
  t.is((await ask('SELECT * FROM e', e, { ...structure, e_format: 'NoSuch' }))[0], 73);
  t.not((await ask('SELECT * FROM e', { e: 'x\n' }, { e_structure: 'k Int8' }))[0], 0);
  for (const sql of [
    'DROP TABLE m',
    'CREATE VIEW v AS SELECT * FROM e',
    'SET max_threads = 1',
    '(SELECT 1)',
    '',
  ]) {
    t.is((await ask(sql, e, structure))[0], 48, sql);
  }
  t.is((await ask('SELECT 1', { e: Buffer.alloc(17 * 2 ** 20) }, structure))[0], 307);
  const outside = [
    { e_structure: "k Int64, v String DEFAULT file('/etc/passwd')" },
    { e_structure: "k Int64') UNION ALL SELECT * FROM file('/etc/passwd'" },
    { ...structure, e_format: 'file' },
    { ...structure, e_format: 'Values' },
  ];
  for (const described of outside) {
    const [code, text] = await ask('SELECT * FROM e', e, described);
    t.true(code !== 0 && !text.includes('root:'), text);
  }
  const name = 'e` AS (SELECT 1), `x';
  t.deepEqual(
    await ask('SELECT count() FROM system.one', { [name]: '1' }, { [`${name}_types`]: 'Int8' }),
    [0, '1\n'],
  );
});
