import test from 'ava';
import { bindParameters, FlashError } from '../../src/protocol/index.js';

test('a parameter becomes a cast of its quoted text, a name a quoted name', (t) => {
  const sql =
    "SELECT {a:String}, { b : Nullable(Int8) } FROM {t:Identifier} WHERE e = {e:Enum8('}' = 1)}";
  t.is(
    bindParameters(sql, { a: "it's \\", b: null, t: 'or`der', e: '}' }),
    String.raw`SELECT CAST('it\'s \\', 'String'), CAST(NULL, 'Nullable(Int8)') FROM ` +
      "`or\\`der` WHERE e = CAST('}', 'Enum8(\\'}\\' = 1)')",
  );
});

test('a Map is cast inside of a tuple, as there is no cast of texts to it', (t) => {
  t.is(
    bindParameters('SELECT {m:Map(String, Int8)}', { m: "{'a':1}" }),
    String.raw`SELECT tupleElement(CAST('({\'a\':1},0)', 'Tuple(Map(String, Int8), UInt8)'), 1)`,
  );
});

test('names are words, with $ and beginning by a digit, too', (t) => {
  for (const name of ['a', '_', 'id$x', '$x', 'id$', 'a$$b', '$1', '13_', '$x$', 'foo$x$bar']) {
    const bound = bindParameters(`SELECT {${name}:Int8}`, { [name]: '1' });
    t.is(bound, "SELECT CAST('1', 'Int8')", name);
  }
  const both = bindParameters('SELECT {f$x$b:Int8}, {$x$:Int8}', { f$x$b: '1', $x$: '2' });
  t.is(both, "SELECT CAST('1', 'Int8'), CAST('2', 'Int8')");
  // To ClickHouse these are a heredoc, and a number.
  for (const text of ['{$x$:Int8} + {$x$:Int8}', '{1:Int8}']) t.is(bindParameters(text, {}), text);
});

test('comments, strings, names and heredocs hold no parameters', (t) => {
  const hidden = [
    "'{a:Int8}'",
    String.raw`'\'{a:Int8}'`,
    "'''{a:Int8}'",
    '"{a:Int8}"',
    '`{a:Int8}`',
    '-- {a:Int8}\n',
    '# {a:Int8}\n',
    '#!{a:Int8}\n',
    '// {a:Int8}\n',
    '/* {a:Int8} */',
    "/* ' {a:Int8} */",
    '$${a:Int8}$$',
    '$x$ $$ {a:Int8} $x$',
    "'{a:Int8} without an end",
    '/* {a:Int8} without an end',
    'FORMAT JSONEachRow {"a": 1}',
    'a$b{',
  ];
  for (const text of hidden) {
    t.is(bindParameters(`SELECT ${text}`, {}), `SELECT ${text}`, text);
    const both = `SELECT {a:Int8} ${text}`;
    t.is(bindParameters(both, { a: '1' }), `SELECT CAST('1', 'Int8') ${text}`, text);
  }
  t.is(bindParameters('a$b {a:Int8} c$b$', { a: '1' }), "a$b CAST('1', 'Int8') c$b$");
});

test('what does not fit is refused', (t) => {
  const refused: readonly [string, Record<string, string | null>][] = [
    ['SELECT {a:Int8}', {}],
    ['SELECT {a:Int8}', { a: '1', b: '2' }],
    ["SELECT '{a:Int8}'", { a: '1' }],
    ['SELECT {a:Int8}', { a: '128' }],
    ['SELECT {a:UInt64}', { a: '-1' }],
    ['SELECT {a:Nullable(UInt8)}', { a: '1 OR 1' }],
    ['SELECT {a:Identifier}', { a: '' }],
    ['SELECT {a:Identifier}', { a: null }],
    ['SELECT {constructor:String}', {}],
  ];
  for (const [sql, parameters] of refused) {
    const error = t.throws(() => bindParameters(sql, parameters), { instanceOf: FlashError }, sql);
    t.is(error.code, 'INVALID_REQUEST', sql);
  }
});
