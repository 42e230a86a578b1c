// Goal: parameters of type Map, alone and inside of other types, have the values that ClickHouse gives
// them. Method: the same value written as an expression in SQL, or read by the engine's own parser of TSV
// (which ClickHouse reads parameters with); and objects of @clickhouse/client.
import { ClickHouseLogLevel, createClient, TupleParam } from '@clickhouse/client';
import test from 'ava';
import { run, send, startHttp, type HttpServer, type Reply } from './http-server.js';

let server: HttpServer;
test.before(async () => {
  server = await startHttp();
});
test.after.always(async () => {
  await server.stop();
});

/** Type, text of the parameter, and the same value as an expression. */
const cases: readonly (readonly [type: string, text: string, expression: string])[] = [
  ['Map(String, Int8)', "{'q':1}", "map('q', 1)"],
  ['Map(String,Int8)', "{'q':1,'r':-128}", "map('q', 1, 'r', -128)"],
  ['Map(String, Int8)', '{}', 'map()'],
  ['Map(String, UInt64)', "{'':18446744073709551615}", "map('', 18446744073709551615)"],
  ['Map(UInt8, String)', "{7:'x',8:''}", "map(7, 'x', 8, '')"],
  ['Map(String, Float64)', "{'a':0.1,'b':-inf}", "map('a', 0.1, 'b', -inf)"],
  ['Map(String, Nullable(String))', "{'a':NULL,'b':'NULL'}", "map('a', NULL, 'b', 'NULL')"],
  [
    'Map(String, String)',
    `{'it\\'s':'\\\\ \\t\\n"é😀{m:Int8}'}`,
    `map('it\\'s', '\\\\ \\t\\n"é😀{m:Int8}')`,
  ],
  ['Map(String, String)', `{')':'}),(','(':'--'}`, `map(')', '}),(', '(', '--')`],
  [
    'Map(Date, Decimal(38, 10))',
    "{'2024-02-29':-1.0000000001}",
    "map('2024-02-29', '-1.0000000001')",
  ],
  ['Map(String, Array(Int8))', "{'a':[1,2],'b':[]}", "map('a', [1, 2], 'b', [])"],
  ['Map(String, Map(String, Int8))', "{'a':{'b':1},'c':{}}", "map('a', map('b', 1), 'c', map())"],
  ['Map(String, Tuple(Int8, String))', "{'a':(1,'x')}", "map('a', (1, 'x'))"],
  ['Array(Map(String, Int8))', "[{'a':1},{}]", "[map('a', 1), map()]"],
  ['Tuple(Int8, Map(String, Int8))', "(1,{'a':2})", "(1, map('a', 2))"],
  ['Tuple(x Map(String, Int8))', "({'a':2})", "tuple(map('a', 2))"],
  [
    "Map(Enum8('a' = 1), UUID)",
    "{'a':'61f0c404-5cb3-11e7-907b-a6006ad3dba0'}",
    "map('a', '61f0c404-5cb3-11e7-907b-a6006ad3dba0')",
  ],
  ['Map(LowCardinality(String), Bool)', "{'a':true}", "map('a', true)"],
];

const select = (type: string, text: string): Promise<Reply> =>
  send(server, `/?param_m=${encodeURIComponent(text)}`, {
    body: `SELECT {m:${type}} AS m, toTypeName(m) FORMAT TSV`,
  });

test('the values are those of the same expression', async (t) => {
  for (const [type, text, expression] of cases) {
    const quoted = type.replaceAll("'", "\\'");
    const expected = await run(
      server,
      `SELECT CAST(${expression}, '${quoted}') AS m, toTypeName(m) FORMAT TSV`,
    );
    const reply = await select(type, text);
    t.deepEqual([reply.status, reply.text], [200, expected], `${type} ${text}`);
    const parsed = await run(
      server,
      `SELECT m, toTypeName(m) FROM format(TSV, 'm ${quoted}', '${text.replace(/['\\]/g, '\\$&')}') FORMAT TSV`,
    );
    t.is(reply.text, parsed);
  }
});

test('a text that is no Map is refused', async (t) => {
  const texts = [
    '',
    '{',
    "{'a':1",
    "{'a':1},",
    "{'a':1},{'b':2}",
    "{'a':1}) x",
    "{'a':'b'}",
    '[1]',
    '\\N',
    "{'a':1}),({'a':1}",
    "{'a':1},0",
    "{'a':1},0)",
  ];
  for (const text of texts) {
    const reply = await select('Map(String, Int8)', text);
    t.true(reply.status >= 400, `${text}: ${reply.text}`);
  }
});

test('@clickhouse/client sends objects and Maps', async (t) => {
  const client = createClient({
    url: server.url,
    password: server.token,
    log: { level: ClickHouseLogLevel.OFF },
  });
  const text = 'a\'b\\c\n\t{}"';
  const result = await client.query({
    query: `SELECT {o:Map(String, Int8)} AS o, {s:Map(String, String)} AS s, {n:Map(UInt8, Array(String))} AS n,
      {l:Array(Map(String, String))} AS l, {t:Tuple(Int8, Map(String, Int8))} AS t
      WHERE mapContains({o:Map(String, Int8)}, 'q')`,
    format: 'JSONEachRow',
    query_params: {
      o: { q: 1 },
      s: { [text]: text },
      n: new Map([[7, [text]]]),
      l: [{ a: text }, {}],
      t: new TupleParam([1, { q: 2 }]),
    },
  });
  t.deepEqual(await result.json(), [
    { o: { q: 1 }, s: { [text]: text }, n: { 7: [text] }, l: [{ a: text }, {}], t: [1, { q: 2 }] },
  ]);
  await client.close();
});

test.serial('an INSERT takes them, too', async (t) => {
  await run(
    server,
    `CREATE TABLE default.m (k Int64, m Map(String, Int8)) ENGINE = MutableMergeTree ORDER BY k`,
  );
  const values = `/?param_m=${encodeURIComponent("{'a':1}")}`;
  await run(server, 'INSERT INTO default.m VALUES (1, {m:Map(String, Int8)})', values);
  await run(server, 'INSERT INTO default.m SELECT 2, {m:Map(String, Int8)}', values);
  t.is(await run(server, 'SELECT * FROM default.m ORDER BY k'), "1\t{'a':1}\n2\t{'a':1}\n");
});
