import test from 'ava';
import { tableFromIPC, type Table } from 'apache-arrow';
import type { RemoteEngine } from '../../src/engine/remote/index.js';
import {
  arrowEndOfStream,
  FlashError,
  type ArrowScan,
  type Engine,
} from '../../src/protocol/index.js';
import type { PlanOkMessage } from '../../src/protocol/wire/index.js';
import { openTestEngine, serveEngine, type TestServer } from './test-server.js';

let local: { engine: Engine; remove: () => Promise<void> } | undefined;
let server: TestServer | undefined;
let remote: RemoteEngine | undefined;

test.before(async () => {
  local = await openTestEngine();
  server = await serveEngine(local.engine);
  remote = await server.connect();
  await remote.execute('CREATE DATABASE p');
});

test.after.always(async () => {
  await server?.stop();
  await local?.remove();
});

const engine = (): RemoteEngine => {
  if (remote === undefined) throw new Error('the server did not start');
  return remote;
};

/** Name, columns, key, and a SELECT of the rows. */
const tables: readonly (readonly [string, string, string, string])[] = [
  ['ints', 'id UInt64, v String', 'id', 'SELECT number, toString(number) FROM numbers(50000)'],
  [
    'sparse',
    'id Int64, v String',
    'id',
    "SELECT toInt64(number * number * number) - 1000000, '' FROM numbers(30000)",
  ],
  [
    'skewed',
    'tenant UInt32, id UInt64',
    'tenant, id',
    'SELECT if(number < 48000, 7, number), number FROM numbers(50000)',
  ],
  [
    'strings',
    'k String, v UInt8',
    'k',
    "SELECT concat('k''\\\\', char(number % 256), hex(sipHash64(number))), 1 FROM numbers(20000)",
  ],
  [
    'dates',
    "d Date32, t DateTime64(6, 'UTC'), v UInt8",
    'd, t',
    "SELECT toDate32('1990-01-01') + intDiv(number, 100), fromUnixTimestamp64Micro(toInt64(number * 1234567), 'UTC'), 1 FROM numbers(20000)",
  ],
  [
    'decimals',
    'd Decimal(65, 30), v UInt8',
    'd',
    'SELECT toDecimal256(number, 30) / 7, 1 FROM numbers(5000)',
  ],
  [
    'labels',
    'k LowCardinality(String), n UInt16',
    'k, n',
    "SELECT ['a', 'b', 'ü'][number % 3 + 1], number FROM numbers(9000)",
  ],
  ['empty', 'id UInt64, v String', 'id', "SELECT 1, '' WHERE 0"],
  ['single', 'id UInt64, v String', 'id', "SELECT 1, ''"],
  ['no_key', 'id UInt64, v String', 'tuple()', "SELECT number, '' FROM numbers(100)"],
];

for (const [name, columns, key, rows] of tables) {
  test.serial(`splits of ${name} cover it exactly, and are balanced`, async (t) => {
    await engine().execute(
      `CREATE TABLE p.${name} (${columns}) ENGINE = MutableMergeTree ORDER BY ${key.includes('(') ? key : `(${key})`};
       INSERT INTO p.${name} ${rows}`,
    );
    const whole = sorted(await read(await engine().query(`SELECT * FROM p.${name}`)));
    for (const count of [1, 3, 16]) {
      const plan = await planTable(name, count);
      const parts = [];
      for (const split of plan.splits) parts.push(await read(await engine().scan(split.ticket)));
      t.deepEqual(sorted(...parts), whole, `${count} splits`);
      t.is(plan.rows, whole.length);
      const sizes = parts.map((part) => part.numRows);
      if (whole.length < 1000 || count === 1) continue;
      t.is(sizes.length, count);
      t.true(Math.max(...sizes) <= 2 * Math.min(...sizes), `balanced: ${sizes.join(' ')}`);
    }
  });
}

test.serial('keys with NULL and NaN are in exactly one split', async (t) => {
  await engine().execute(
    `CREATE TABLE p.odd (k Nullable(Float64), v UInt32) ENGINE = MergeTree ORDER BY k SETTINGS allow_nullable_key = 1;
     INSERT INTO p.odd SELECT multiIf(number % 5 = 0, NULL, number % 5 = 1, nan, number % 5 = 2, -inf, number), number FROM numbers(5000)`,
  );
  const plan = await planTable('odd', 8);
  const parts = [];
  for (const split of plan.splits) parts.push(await read(await engine().scan(split.ticket)));
  t.deepEqual(sorted(...parts), sorted(await read(await engine().query('SELECT * FROM p.odd'))));
});

test.serial('a plan has columns, limit, order and the MySQL types', async (t) => {
  await engine().execute(
    `CREATE TABLE p.typed (id UInt32 COMMENT 'int unsigned', b String COMMENT 'blob', t Time64(2) COMMENT 'time(2)')
     ENGINE = MutableMergeTree ORDER BY id;
     INSERT INTO p.typed SELECT number, 'x', toTime64('01:00:00.25', 2) FROM numbers(100)`,
  );
  const plan = await engine().plan({
    database: 'p',
    table: 'typed',
    columns: ['t', 'b', 'id'],
    orderBy: [{ column: 'id', descending: true }],
    rowsMax: 3,
    splitsMin: 1,
    splitsMax: 1,
    splitBytes: 1 << 30,
  });
  const [split] = plan.splits;
  const table = await read(await engine().scan(split?.ticket ?? ''));
  t.deepEqual(
    table.schema.fields.map((field) => [field.name, String(field.type)]),
    [
      ['t', 'Int64'],
      ['b', 'Binary'],
      ['id', 'Uint32'],
    ],
  );
  t.deepEqual(
    [0, 1, 2].map((index) => Number(table.getChild('id')?.get(index))),
    [99, 98, 97],
  );
  t.is(table.get(0)?.['t'], 3_600_250_000n);
  const schema = tableFromIPC([Buffer.from(plan.schema, 'base64'), arrowEndOfStream]).schema;
  t.deepEqual(schema.names, ['t', 'b', 'id']);
});

test.serial(
  'tickets are re-readable; forged, foreign, expired and outdated ones are refused',
  async (t) => {
    await engine().execute(
      `CREATE TABLE p.ticket (id UInt64) ENGINE = MutableMergeTree ORDER BY id; INSERT INTO p.ticket VALUES (1)`,
    );
    const [split] = (await planTable('ticket', 1)).splits;
    const ticket = split?.ticket ?? '';
    const again = await Promise.all(
      [1, 2, 3].map(async () => (await read(await engine().scan(ticket))).numRows),
    );
    t.deepEqual(again, [1, 1, 1]);

    const [body = '', signature = ''] = ticket.split('.');
    const changed = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<
      string,
      unknown
    >;
    const forged = Buffer.from(JSON.stringify({ ...changed, sql: 'SELECT 1' })).toString(
      'base64url',
    );
    for (const bad of [
      `${forged}.${signature}`,
      `${body}.`,
      body,
      '',
      'x.y',
      `${body}.${signature}x`.slice(1),
    ]) {
      t.is(await scanCode(engine(), bad), 'TICKET', bad);
    }
    if (local === undefined) throw new Error('no engine');
    const other = await serveEngine(local.engine, { limits: { ticketLifetimeMs: 0 } });
    try {
      const elsewhere = await other.connect();
      t.is(await scanCode(elsewhere, ticket), 'TICKET');
      const [expired] = (await elsewhere.plan(planOf('ticket', 1))).splits;
      t.is(await scanCode(elsewhere, expired?.ticket ?? ''), 'EXPIRED');
    } finally {
      await other.stop();
    }
    await engine().execute('ALTER TABLE p.ticket ADD COLUMN more String');
    t.is(await scanCode(engine(), ticket), 'SCHEMA_CHANGED');
    t.is(await codeOf(planTable('no_such', 1)), 'NOT_FOUND');
  },
);

function planOf(table: string, splits: number): Parameters<RemoteEngine['plan']>[0] {
  return { database: 'p', table, splitsMin: splits, splitsMax: splits, splitBytes: 1 << 30 };
}

function planTable(table: string, splits: number): Promise<PlanOkMessage> {
  return engine().plan(planOf(table, splits));
}

async function scanCode(from: RemoteEngine, ticket: string): Promise<string> {
  return await codeOf(from.scan(ticket).then(read));
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'no error';
  } catch (error) {
    return error instanceof FlashError ? error.code : String(error);
  }
}

async function read(scan: ArrowScan): Promise<Table> {
  const messages: Uint8Array[] = [];
  for await (const message of scan) messages.push(message.bytes.slice());
  return tableFromIPC([...messages, arrowEndOfStream]);
}

function sorted(...parts: readonly Table[]): readonly string[] {
  const texts: string[] = [];
  for (const part of parts) {
    for (let index = 0; index < part.numRows; index += 1) {
      texts.push(JSON.stringify(part.get(index)?.toJSON(), (_, value: unknown) => plain(value)));
    }
  }
  return texts.sort();
}

/** JSON knows neither bigint nor NaN. */
function plain(value: unknown): unknown {
  return typeof value === 'bigint' || Number.isNaN(value) ? String(value) : value;
}
