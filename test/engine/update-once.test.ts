import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { openEmbeddedEngine } from '../../src/engine/index.js';
import { queryRows, type Engine } from '../../src/protocol/index.js';

let folder = '';
let engine: Engine;
const rows = 400_000;

// Types that a conditional could treat in a way of its own.
const columns = [
  'a Int64',
  'b String',
  'c LowCardinality(Nullable(String))',
  'd Map(String, UInt8)',
  'e Array(Nullable(Decimal(20, 3)))',
  'f Tuple(x UInt8, y FixedString(3))',
  "g DateTime64(3, 'UTC')",
];
const values = `number, toString(number), if(number % 3 = 0, NULL, 'x'), map('n', number % 5),
  [NULL, number / 8], (number % 7, 'abc'), toDateTime64(number, 3, 'UTC')`;

test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'theflash-update-'));
  engine = await openEmbeddedEngine(folder);
  await engine.execute('CREATE DATABASE d');
});

test.after.always(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

for (const [name, key] of [
  ['keyed', 'a'],
  ['keyless', 'tuple()'],
] as const) {
  const table = `d.${name}`;

  const state = async (): Promise<Record<string, unknown> | undefined> => {
    const [row] = await queryRows(
      engine,
      `SELECT toUInt32(count()) AS n, toUInt32(uniqExact(b)) AS distinct_b, toUInt32(uniqExact(a)) AS distinct_a,
        toUInt32(countIf(a >= 1000000000)) AS moved FROM ${table}`,
    );
    return row;
  };

  test.serial(`${name}: an UPDATE whose WHERE gives other rows each time loses none`, async (t) => {
    await engine.execute(
      `CREATE TABLE ${table} (${columns.join(', ')}) ENGINE = MutableMergeTree ORDER BY ${key};
       INSERT INTO ${table} SELECT ${values} FROM numbers(${rows})`,
    );
    const whole = { n: rows, distinct_b: rows, distinct_a: rows };
    for (let times = 1; times <= 3; times += 1) {
      await engine.execute(
        `UPDATE ${table} SET a = a + 1000000000 WHERE a IN (SELECT a FROM ${table} WHERE a < 1000000000 LIMIT 10000)
         SETTINGS max_threads = 4`,
      );
      t.deepEqual(await state(), { ...whole, moved: times * 10_000 });
    }
    await engine.execute(`UPDATE ${table} SET a = a + 5000000000 WHERE rand() % 2 = 0`);
    const { n, distinct_a, distinct_b } = (await state()) ?? {};
    t.deepEqual({ n, distinct_a, distinct_b }, whole);
  });

  test.serial(
    `${name}: every column of a row that moves is as it was, or as it was set`,
    async (t) => {
      const others = columns.map((column) => column.split(' ')[0] ?? '').slice(1);
      const sum = async (of: string): Promise<unknown> => {
        const [row] = await queryRows(
          engine,
          `SELECT hex(groupBitXor(sipHash64(${of}))) AS h FROM ${table}`,
        );
        return row?.['h'];
      };
      const before = await sum(others.join(', '));
      await engine.execute(`UPDATE ${table} SET a = -a - 1 WHERE a % 2 = 0`);
      t.is(await sum(others.join(', ')), before);
      const set = `b = concat(b, '!'), c = NULL, d = map('k', 1), e = [1.5], f = (1, 'xyz'), g = g + 1`;
      const becomes = `concat(b, '!'), CAST(NULL AS LowCardinality(Nullable(String))), CAST(map('k', 1) AS Map(String, UInt8)),
      CAST([1.5] AS Array(Nullable(Decimal(20, 3)))), CAST((1, 'xyz') AS Tuple(x UInt8, y FixedString(3))), g + 1`;
      const wanted = await sum(`a * 3, ${becomes}`);
      await engine.execute(`UPDATE ${table} SET a = a * 3, ${set} WHERE true`);
      t.is(await sum(['a', ...others].join(', ')), wanted);
    },
  );

  test.serial(
    `${name}: a DELETE whose WHERE gives other rows each time takes what it names once`,
    async (t) => {
      const before = Number((await state())?.['n']);
      await engine.execute(
        `DELETE FROM ${table} WHERE b IN (SELECT b FROM ${table} LIMIT 1000) SETTINGS max_threads = 4`,
      );
      t.is(Number((await state())?.['n']), before - 1000);
    },
  );
}
