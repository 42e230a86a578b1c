import test from 'ava';
import { tableFromIPC, type Table } from 'apache-arrow';
import type { RemoteEngine } from '../../src/engine/remote/index.js';
import { arrowEndOfStream, FlashError, tableRows, type Engine } from '../../src/protocol/index.js';
import type { Aggregate } from '../../src/protocol/wire/index.js';
import { openTestEngine, serveEngine, type TestServer } from './test-server.js';

let local: { engine: Engine; remove: () => Promise<void> } | undefined;
let server: TestServer | undefined;
let remote: RemoteEngine | undefined;

test.before(async () => {
  local = await openTestEngine();
  server = await serveEngine(local.engine);
  remote = await server.connect();
  await remote.execute(
    `CREATE DATABASE a;
     CREATE TABLE a.t (
       id UInt64, g LowCardinality(Nullable(String)), i8 Nullable(Int8), big UInt64, low Int64,
       price Decimal(12, 2), wide Decimal(65, 30), f Nullable(Float64), s Nullable(String),
       b String COMMENT 'blob', at Nullable(DateTime64(3, 'UTC')),
       span Time64(0) COMMENT 'time', vec Array(Float32)
     ) ENGINE = MutableMergeTree ORDER BY id;
     INSERT INTO a.t SELECT number, ['x', 'y', NULL][number % 3 + 1], if(number % 4 = 0, NULL, number % 100 - 50),
       18446744073709551615, -9223372036854775808, toDecimal64(-toInt64(number), 2) / 100, toDecimal256('99999999999999999999999999999999999', 30),
       multiIf(number % 50 = 0, NULL, number % 50 = 1, nan, number % 50 = 2, -inf, number / 8),
       if(number % 7 = 0, NULL, concat('ü', toString(number))), unhex('ff00'),
       if(number % 9 = 0, NULL, fromUnixTimestamp64Milli(toInt64(1700000000000 + number))),
       toTime64('-10:00:00', 0), [1] FROM numbers(6000)`,
  );
});

test.after.always(async () => {
  await server?.stop();
  await local?.remove();
});

const engine = (): RemoteEngine => {
  if (remote === undefined) throw new Error('the server did not start');
  return remote;
};

async function aggregate(wanted: Aggregate, splits = 1, filter = true): Promise<readonly Table[]> {
  const plan = await engine().plan({
    ...{ database: 'a', table: 't', splitsMin: splits, splitsMax: splits, splitBytes: 1 << 30 },
    aggregate: wanted,
    ...(filter ? {} : { filter: { op: 'false' } as const }),
  });
  const tables: Table[] = [];
  for (const { ticket } of plan.splits) {
    const messages: Uint8Array[] = [];
    for await (const { bytes } of await engine().scan(ticket)) messages.push(bytes.slice());
    tables.push(tableFromIPC([...messages, arrowEndOfStream]));
    checkSchema(tables.at(-1), plan.schema);
  }
  return tables;
}

/** The schema of the plan is that of every split. */
function checkSchema(table: Table | undefined, schema: string): void {
  const planned = tableFromIPC([Buffer.from(schema, 'base64'), arrowEndOfStream]).schema;
  if (String(planned) !== String(table?.schema)) throw new Error(`${String(planned)} planned`);
}

const all: Aggregate = {
  groupBy: [],
  functions: [
    { function: 'countRows', as: 'rows' },
    { function: 'count', column: 'i8', as: 'i8s' },
    { function: 'min', column: 'i8', as: 'i8_min' },
    { function: 'sum', column: 'i8', as: 'i8_sum' },
    { function: 'sum', column: 'big', as: 'big_sum' },
    { function: 'sum', column: 'low', as: 'low_sum' },
    { function: 'sum', column: 'price', as: 'price_sum' },
    { function: 'max', column: 'price', as: 'price' },
    { function: 'sum', column: 'wide', as: 'wide_sum' },
    { function: 'max', column: 'f', as: 'f_max' },
    { function: 'min', column: 'f', as: 'f_min' },
    { function: 'max', column: 's', as: 's_max' },
    { function: 'max', column: 'b', as: 'b_max' },
    { function: 'min', column: 'at', as: 'at_min' },
    { function: 'min', column: 'span', as: 'span_min' },
  ],
};

test.serial('values and types are those of SQL, and sums do not wrap', async (t) => {
  const [table] = await aggregate(all);
  const types = Object.fromEntries(
    (table?.schema.fields ?? []).map((field) => [field.name, String(field.type)]),
  );
  t.like(types, {
    ...{ rows: 'Int64', i8s: 'Int64', i8_min: 'Int8', f_max: 'Float64', s_max: 'Utf8' },
    ...{ b_max: 'Binary', span_min: 'Int64' },
  });
  const decimal = (name: string): string => String(readDecimal(table?.getChild(name)?.get(0)));
  t.is(decimal('big_sum'), String(18446744073709551615n * 6000n));
  t.is(decimal('low_sum'), String(-9223372036854775808n * 6000n));
  t.is(decimal('price_sum'), String((-5999n * 6000n) / 2n));
  t.is(decimal('wide_sum'), String(99999999999999999999999999999999999n * 6000n * 10n ** 30n));
  const [row] = tableRows(table ?? tableFromIPC([]));
  t.is(row?.['rows'], 6000n);
  t.is(row?.['i8s'], 4500n);
  t.is(row?.['i8_min'], -49);
  t.is(row?.['f_max'], Number.NaN);
  t.is(row?.['f_min'], Number.NEGATIVE_INFINITY);
  t.is(row?.['s_max'], 'ü999');
  t.deepEqual(row?.['b_max'], Uint8Array.of(255, 0));
  t.is(row?.['at_min'], 1_700_000_000_001);
  t.is(row?.['span_min'], -36_000_000_000n);
  t.is(decimal('price'), '0');
});

test.serial(
  'without rows, counts are 0 and all else is NULL; without rows, no groups',
  async (t) => {
    const [table] = await aggregate(all, 1, false);
    for (const [name, value] of Object.entries(tableRows(table ?? tableFromIPC([]))[0] ?? {})) {
      t.is(value, name === 'rows' || name === 'i8s' ? 0n : null, name);
    }
    const [groups] = await aggregate({ ...all, groupBy: ['g'] }, 1, false);
    t.is(groups?.numRows, 0);
  },
);

test.serial('without groups there is one split, however many are asked for', async (t) => {
  const tables = await aggregate(all, 5);
  t.is(tables.length, 1);
  t.is(tableRows(tables[0] ?? tableFromIPC([]))[0]?.['rows'], 6000n);
});

test.serial('groups of the splits add up to those of the table', async (t) => {
  const wanted: Aggregate = {
    groupBy: ['g', 'b', 'span'],
    functions: [
      { function: 'countRows', as: 'rows' },
      { function: 'sum', column: 'id', as: 'ids' },
      { function: 'min', column: 'id', as: 'first' },
    ],
  };
  const combined = new Map<string, [bigint, bigint, bigint]>();
  const tables = await aggregate(wanted, 5);
  t.is(tables.length, 5);
  for (const row of tables.flatMap(tableRows)) {
    t.is(row['span'], -36_000_000_000n);
    const [rows, ids, first] = combined.get(String(row['g'])) ?? [0n, 0n, 1n << 63n];
    const least = BigInt(String(row['first']));
    combined.set(String(row['g']), [
      rows + BigInt(String(row['rows'])),
      ids + BigInt(String(row['ids'])),
      least < first ? least : first,
    ]);
  }
  t.deepEqual([...combined].sort(), [
    ['null', [2000n, 6_001_000n, 2n]],
    ['x', [2000n, 5_997_000n, 0n]],
    ['y', [2000n, 5_999_000n, 1n]],
  ]);
});

test.serial('what has no meaning is refused', async (t) => {
  const refused: readonly [string, Aggregate][] = [
    ['nothing', { groupBy: [], functions: [] }],
    ['column', { groupBy: ['no_such'], functions: [] }],
    ['names', { groupBy: ['g'], functions: [{ function: 'countRows', as: 'g' }] }],
    ['sum of text', { groupBy: [], functions: [{ function: 'sum', column: 's', as: 'x' }] }],
    ['max of list', { groupBy: [], functions: [{ function: 'max', column: 'vec', as: 'x' }] }],
  ];
  for (const [name, wanted] of refused) {
    const error = await t.throwsAsync(() => aggregate(wanted), { instanceOf: FlashError }, name);
    t.is(error.code, 'INVALID_REQUEST', name);
  }
  const mixed = engine().plan({
    ...{ database: 'a', table: 't', splitsMin: 1, splitsMax: 1, splitBytes: 1, rowsMax: 3 },
    aggregate: all,
  });
  await t.throwsAsync(() => mixed, { instanceOf: FlashError, message: /aggregate/ });
});

/** apache-arrow's own text of a decimal256 is wrong. Words of 32 bits, the lowest first. */
function readDecimal(words: unknown): bigint {
  if (!(words instanceof Uint32Array)) throw new Error('no decimal');
  const whole = words.reduceRight((sum, word) => (sum << 32n) | BigInt(word), 0n);
  return BigInt.asIntN(words.length * 32, whole);
}
