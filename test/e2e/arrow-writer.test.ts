// Goal: the record batches that ClickHouse's own Arrow writer makes (ch-patches/base) are those of
// Arrow's library, which is slower by half. Method: each value type, in stored columns and in
// expressions, with NULLs, over several batches, cut and empty; pyarrow reads both and compares.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { arrowEndOfStream, type Engine } from '../../src/protocol/index.js';
import { throwsCode } from '../engine/engine-suite.js';
import { temporaryFolder } from './cli.js';
import { pythonWithPyarrow } from './pyarrow.js';
import { openEmbeddedEngine } from '../engine/open-engine.js';

/** Column name, and its values as an expression of `n`. */
const columns: readonly [string, string][] = [
  ...[8, 16, 32, 64].map((bits): [string, string] => [`i${bits}`, `toInt${bits}(n * -77)`]),
  ...[8, 16, 32, 64].map((bits): [string, string] => [`u${bits}`, `toUInt${bits}(n * 77)`]),
  ...['Int128', 'UInt128', 'Int256', 'UInt256'].map((type): [string, string] => [
    type,
    `to${type}(n) * 1000000007`,
  ]),
  ['f32', 'toFloat32(if(n % 5 = 0, nan, n / 7))'],
  ['f64', 'if(n % 7 = 0, -inf, n / 3)'],
  ['truth', 'toBool(n % 2)'],
  ['text', "if(n % 3 = 0, '', concat('ü', toString(n)))"],
  ['fixed', 'toFixedString(toString(n % 1000), 8)'],
  ['word', 'toLowCardinality(toString(n % 10))'],
  ['word_null', "CAST(if(n % 5 = 0, NULL, toString(n % 9)), 'LowCardinality(Nullable(String))')"],
  ['int_null', 'if(n % 3 = 0, NULL, toInt32(n))'],
  ['text_null', 'if(n % 4 = 0, NULL, toString(n))'],
  ['float_null', 'if(n % 9 = 1, NULL, n / 3)'],
  ['truth_null', 'if(n % 3 = 1, NULL, toBool(n % 2))'],
  ['only_null', "CAST(NULL, 'Nullable(Int32)')"],
  ['never_null', "CAST(n, 'Nullable(UInt64)')"],
  ['d9', 'toDecimal32(n % 1000, 3)'],
  ['d18', 'toDecimal64(n, 4) / 3'],
  ['d38', 'toDecimal128(n, 10) / 7'],
  ['d76', 'toDecimal256(n, 30) / 7'],
  ['d76_null', 'if(n % 2 = 0, NULL, toDecimal256(n, 2))'],
  ['day', 'toDate(n % 30000)'],
  ['day32', "toDate32('1950-01-01') + toInt32(n % 30000)"],
  ['seconds', "toDateTime(n * 1000, 'UTC')"],
  ['zoned', "toDateTime(n * 1000, 'America/New_York')"],
  ...[0, 3, 4, 6, 9].map((digits): [string, string] => [
    `at${digits}`,
    `toDateTime64('2020-01-01 00:00:00', ${digits}, 'UTC') + toIntervalSecond(n)`,
  ]),
  ['at_null', "if(n % 3 = 0, NULL, toDateTime64('1960-01-01 00:00:00.123456', 6, 'UTC'))"],
  ...[0, 3, 6].map((digits): [string, string] => [
    `span${digits}`,
    `toTime64('10:00:00.25', ${digits})`,
  ]),
  ['uuid', "toUUID(concat('00000000-0000-0000-0000-', leftPad(toString(n), 12, '0')))"],
  ['ip4', 'toIPv4(toUInt32(n))'],
  ['ip6', "toIPv6('2001:db8::1')"],
  ['choice', "CAST(n % 3 + 1, 'Enum8(''a'' = 1, ''b'' = 2, ''ü'' = 3)')"],
  ['choice_null', "CAST(if(n % 2 = 0, NULL, 'a'), 'Nullable(Enum16(''a'' = 1000))')"],
  ['list', 'range(n % 5)'],
  ['list_null', 'if(n % 3 = 0, [], [NULL, toString(n)])'],
  ['lists', '[range(n % 3), []]'],
  ['pairs', "map('a', n, 'b', n + 1)"],
  ['tuple', "CAST(tuple(n, 'x'), 'Tuple(a UInt64, b String)')"],
  ['tuples', "[tuple(n, 'q')]"],
];

/** Rows and shapes that a writer may get wrong, as what stands after the columns. */
const sources: readonly [string, string][] = [
  [
    'several batches',
    'FROM (SELECT number AS n FROM numbers(20000)) SETTINGS max_block_size = 7000',
  ],
  ['filtered', 'FROM (SELECT number AS n FROM numbers(20000)) WHERE n % 3 = 1'],
  ['cut', 'FROM (SELECT number AS n FROM numbers(20000)) LIMIT 1001, 5000'],
  ['empty', 'FROM (SELECT number AS n FROM numbers(10)) WHERE n > 99'],
  ['one row', 'FROM (SELECT number AS n FROM numbers(1))'],
];

test.serial('each type is as the Arrow library writes it', async (t) => {
  const folder = temporaryFolder(t);
  const engine = await openEmbeddedEngine(path.join(folder, 'engine'), { create: true });
  try {
    const items = columns.map(([name, value]) => `${value} AS ${name}`).join(', ');
    const queries = sources.map(([name, source]): [string, string] => [
      name,
      `SELECT ${items} ${source}`,
    ]);
    await engine.execute(
      `CREATE DATABASE w; CREATE TABLE w.stored ENGINE = MergeTree ORDER BY n
         SETTINGS ratio_of_defaults_for_sparse_serialization = 0.5 AS
       SELECT number AS n, if(n % 50 = 0, n, 0) AS often_0, if(n % 40 = 0, toString(n), '') AS often_empty,
         if(n % 30 = 0, toInt32(n), NULL) AS often_null, toDecimal256(if(n % 60 = 0, n, 0), 10) AS often_0_76,
         ${items} FROM numbers(50000)`,
    );
    queries.push(['stored', 'SELECT * FROM w.stored WHERE n % 7 = 3 ORDER BY n']);
    queries.push(['stored, sparse', 'SELECT n, often_0, often_empty FROM w.stored ORDER BY n']);
    const python = pythonWithPyarrow();
    if ('reason' in python) {
      t.log(`skipped: ${python.reason}`);
      t.pass();
      return;
    }
    const files = await Promise.all(
      queries.map(async ([name, sql]) => await writeBoth(engine, sql, path.join(folder, name))),
    );
    const script = path.join(import.meta.dirname, 'compare_arrow.py');
    const args = [script, ...files.flat()];
    t.is(execFileSync(python.python, args, { encoding: 'utf8' }), '');
  } finally {
    await engine.close();
  }
});

test.serial('a value that has no form in Arrow is an error, and no bytes of memory', async (t) => {
  const folder = temporaryFolder(t);
  const engine = await openEmbeddedEngine(path.join(folder, 'engine'), { create: true });
  try {
    const read = async (): Promise<void> => {
      for await (const message of await engine.query('SELECT sumState(number) FROM numbers(9)'))
        t.is(message.rows, 0);
    };
    const error = await throwsCode(t, read, 'ENGINE');
    t.regex(error.message, /AggregateFunction/);
  } finally {
    await engine.close();
  }
});

async function writeBoth(engine: Engine, sql: string, name: string): Promise<[string, string]> {
  const files: [string, string] = [`${name}.own`, `${name}.library`];
  for (const [index, file] of files.entries()) {
    const parts: Uint8Array[] = [];
    const setting = `output_format_arrow_use_native_writer = ${1 - index}, max_threads = 1`;
    const joined = sql.includes(' SETTINGS ') ? `${sql}, ${setting}` : `${sql} SETTINGS ${setting}`;
    for await (const { bytes } of await engine.query(joined)) parts.push(bytes.slice());
    writeFileSync(file, Buffer.concat([...parts, arrowEndOfStream]));
  }
  return files;
}
