// Goal: every format that the engine has leaves by a FORMAT clause as by the parameter default_format,
// and no error names what is inside of the server. Method: the engine's own list of formats, in every way
// to write their names.
import test from 'ava';
import { run, send, startHttp, type HttpServer, type Reply } from './http-server.js';

let server: HttpServer;
test.before(async () => {
  server = await startHttp();
});
test.after.always(async () => {
  await server.stop();
});

const get = (sql: string, format = 'TabSeparated'): Promise<Reply> =>
  send(server, `/?query=${encodeURIComponent(sql)}&default_format=${format}`);

/**
 * Times that a statement took differ, how often a slow one told its progress, and the mark between
 * Avro's blocks: 16 bytes, other ones each second.
 */
function comparable({ status, bytes, headers }: Reply): unknown {
  let text = bytes.toString('latin1').replace(/(elapsed(?:_ns)?(?:": "?|":"|>))[\d.]+/g, '$1…');
  if (text.startsWith('Obj\x01')) text = text.replaceAll(text.slice(-16), '…');
  text = text.replace(/^\{"progress":.*\n/gm, '');
  // A schema that is made for an answer has a name of its own.
  return [status, headers['content-type'], text.replace(/tmp\w+\.proto/, '')];
}

test('each by a clause as by the parameter', async (t) => {
  const list = await run(server, 'SELECT name FROM system.formats WHERE is_output ORDER BY name');
  const names = list.trim().split('\n');
  t.true(names.includes('Null') && names.includes('Values') && names.length > 60);
  // Several columns; what some formats of one column, of pictures and of metrics ask for.
  const selects = [
    "SELECT 1 AS a, 'x' AS b",
    'SELECT number AS v FROM numbers(3)',
    'SELECT toUInt8(1) AS r, toUInt8(2) AS g, toUInt8(3) AS b',
    "SELECT 'm' AS name, 1 AS value",
    'SELECT (1., 2.)::Point AS p',
  ];
  const answered = new Set<string>();
  for (const name of names) {
    for (const select of selects) {
      const expected = await get(select, name);
      if (expected.status === 200) answered.add(name);
      for (const written of [name, name.toUpperCase(), `\`${name}\``, `"${name}"`]) {
        const reply = await get(`${select} FORMAT ${written}`, 'CSV');
        t.deepEqual(comparable(reply), comparable(expected), `${select} FORMAT ${written}`);
        t.false(reply.text.includes('.theflash'), reply.text);
      }
    }
  }
  // A schema registry, and a template that statements can't set.
  const silent = names.filter((name) => !answered.has(name));
  t.deepEqual(silent, ['AvroConfluent', 'Template']);
});

test('of every statement that gives rows, beside other clauses', async (t) => {
  const cases = [
    'SELECT 1 FORMAT Values',
    'SELECT 1 FORMAT Values;',
    'SELECT 1 format values -- the end',
    'SELECT 1 /**/FORMAT/**/Values/**/',
    'SELECT 1 FORMAT Values SETTINGS max_threads = 1',
    'SELECT 1 SETTINGS max_threads = 1 FORMAT Values',
    '(SELECT 1) FORMAT Values',
    'SELECT 1 UNION ALL SELECT 1 WHERE 0 FORMAT Values',
    'WITH 1 AS format SELECT format FORMAT Values',
    'SELECT 1 AS `values` FORMAT `Values`',
    'EXISTS system.one FORMAT Values',
  ];
  for (const sql of cases) {
    const reply = await get(sql);
    t.deepEqual([reply.status, reply.text], [200, '(1)'], sql);
    t.is(String(reply.headers['x-clickhouse-format']).toLowerCase(), 'values', sql);
    t.is(reply.headers['content-type'], 'text/plain; charset=UTF-8');
  }
  for (const sql of ['SHOW DATABASES', 'DESCRIBE system.one', 'EXPLAIN SELECT 1', 'SELECT 1']) {
    const reply = await get(`${sql} FORMAT Null`);
    t.deepEqual(
      [reply.status, reply.text, reply.headers['x-clickhouse-format']],
      [200, '', 'Null'],
      sql,
    );
  }
  t.is((await get('SELECT NULL')).text, '\\N\n');
  t.is((await get('SELECT 1 AS `format`, 2 AS `null`')).text, '1\t2\n');
});

test('a name that is none is told so', async (t) => {
  const refused: readonly (readonly [sql: string, status: number, code: string])[] = [
    ['SELECT 1 FORMAT Nothing', 404, '73'],
    ["SELECT 1 FORMAT `a' b`", 404, '73'],
    ["SELECT 1 FORMAT 'CSV'", 400, '62'],
    ['SELECT 1 FORMAT', 400, '62'],
    ['SELECT 1 FORMAT Null FORMAT CSV', 400, '62'],
    ['SELECT 1 FORMAT CSV, JSON', 400, '62'],
    ['SELECT 1 FORMAT Regexp', 500, '399'],
    ['SELECT 1 AS `1` FORMAT Protobuf', 400, '36'],
    ['SELECT 1 AS `a b` FORMAT Protobuf', 400, '434'],
    ["SELECT CAST('b c' AS Enum8('b c' = 1)) AS e FORMAT ProtobufList", 400, '434'],
  ];
  for (const [sql, status, code] of refused) {
    const reply = await send(server, '/', { body: sql });
    t.deepEqual([reply.status, reply.headers['x-clickhouse-exception-code']], [status, code], sql);
    t.notRegex(reply.text, /\.theflash|OUTFILE|pipes/);
  }
});
