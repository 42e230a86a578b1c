import { setMaxListeners } from 'node:events';
import test from 'ava';
import { tableFromIPC, type Table } from 'apache-arrow';
import type { RemoteEngine } from '../../src/engine/remote/index.js';
import {
  arrowEndOfStream,
  createSnapshot,
  dropSnapshot,
  extendSnapshot,
  FlashError,
  listSnapshots,
  tableRows,
  type ArrowScan,
  type Engine,
} from '../../src/protocol/index.js';
import type { PlanOkMessage } from '../../src/protocol/wire/index.js';
import { requestEngine } from '../../src/server/request-engine.js';
import { RawClient } from './raw-client.js';
import { openTestEngine, serveEngine, until, type TestServer } from './test-server.js';

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

test.serial('a plan of one split says what is stored, one of several what is seen', async (t) => {
  await engine().execute(
    `CREATE TABLE p.stored (id UInt32, v UInt8) ENGINE = MutableMergeTree ORDER BY id;
     SYSTEM STOP MERGES p.stored;
     INSERT INTO p.stored SELECT number, 0 FROM numbers(1000);
     INSERT INTO p.stored SELECT number, 1 FROM numbers(500)`,
  );
  t.is((await planTable('stored', 1)).rows, 1500);
  t.is((await planTable('stored', 4)).rows, 1000);
  await engine().execute('CREATE VIEW p.view_of_stored AS SELECT * FROM p.stored');
  const plan = await planTable('view_of_stored', 4);
  t.is(plan.rows, 0);
  const [split] = plan.splits;
  t.is((await read(await engine().scan(split?.ticket ?? ''))).numRows, 1000);
});

test.serial('rows of NaN keys that were deleted stay so in every split and filter', async (t) => {
  await engine().execute(
    `CREATE TABLE p.nan (t UInt8, k Float64, v Int32) ENGINE = MutableMergeTree ORDER BY (t, k);
     INSERT INTO p.nan VALUES (1, nan, 1), (1, 0, 2), (1, inf, 3), (1, nan, 4), (1, -1, 5)`,
  );
  await engine().execute('DELETE FROM p.nan WHERE isNaN(k)');
  const number = { type: 'float', value: '0' } as const;
  const isNoNumberBelow = { op: '>=', left: { column: 'k' }, right: { literal: number } } as const;
  for (const filter of [undefined, isNoNumberBelow]) {
    const message = { ...planOf('nan', 5), columns: ['v'] };
    const plan = await engine().plan(filter === undefined ? message : { ...message, filter });
    const values: unknown[] = [];
    for (const { ticket } of plan.splits) {
      const part = await read(await engine().scan(ticket));
      for (const row of tableRows(part)) values.push(row['v']);
    }
    t.deepEqual(values.sort(), filter === undefined ? [2, 3, 5] : [2, 3]);
  }
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
    t.is(await scanCode(engine(), ticket), 'no error', 'the snapshot has the old columns');
    t.is(await codeOf(planTable('no_such', 1)), 'NOT_FOUND');
  },
);

test.serial('all splits and re-reads of a plan see its rows, whatever is written', async (t) => {
  await engine().execute(
    `CREATE TABLE p.moving (id UInt64, v UInt64) ENGINE = MutableMergeTree ORDER BY id;
     INSERT INTO p.moving SELECT number, 1 FROM numbers(20000)`,
  );
  const plan = await planTable('moving', 8);
  const changes = [
    'UPDATE p.moving SET v = v + 1 WHERE id % 3 = 0',
    'DELETE FROM p.moving WHERE id % 5 = 0',
    'INSERT INTO p.moving SELECT 20000 + number, 7 FROM numbers(5000)',
    'OPTIMIZE TABLE p.moving FINAL',
    'TRUNCATE TABLE p.moving',
    'DROP TABLE p.moving',
  ];
  for (const change of changes) {
    await engine().execute(change);
    let rows = 0;
    let sum = 0n;
    for (const { ticket } of plan.splits) {
      const part = await read(await engine().scan(ticket));
      rows += part.numRows;
      for (const row of tableRows(part))
        sum += BigInt(String(row['id'])) * BigInt(String(row['v']));
    }
    t.is(rows, 20_000, change);
    t.is(sum, 199_990_000n, change);
  }
  if (plan.snapshot === undefined) throw new Error('the plan names no snapshot');
  await dropSnapshot(engine(), plan.snapshot);
  t.is(await scanCode(engine(), plan.splits[0]?.ticket ?? ''), 'EXPIRED');
});

test.serial('a named snapshot is shared by the plans of several tables', async (t) => {
  await engine().execute(
    `CREATE TABLE p.a (id UInt64) ENGINE = MutableMergeTree ORDER BY id;
     CREATE TABLE p.b (id UInt64) ENGINE = MutableMergeTree ORDER BY id;
     INSERT INTO p.a VALUES (1), (2); INSERT INTO p.b VALUES (1), (2)`,
  );
  const tables = [
    { database: 'p', table: 'a' },
    { database: 'p', table: 'b' },
  ];
  const made = await createSnapshot(engine(), { name: 'pair', tables, expiresInMs: 60_000 });
  await engine().execute(
    'DELETE FROM p.a WHERE id = 1; INSERT INTO p.b VALUES (3); DROP TABLE p.a',
  );
  for (const { table } of tables) {
    const plan = await engine().plan({ ...planOf(table, 2), snapshot: 'pair' });
    t.is(plan.snapshot, 'pair');
    t.true(plan.expiresAtMs <= made.expiresAtMs);
    let rows = 0;
    for (const { ticket } of plan.splits) rows += (await read(await engine().scan(ticket))).numRows;
    t.is(rows, 2, table);
  }
  t.is(await codeOf(engine().plan({ ...planOf('ints', 1), snapshot: 'pair' })), 'NOT_FOUND');
  t.is(await codeOf(engine().plan({ ...planOf('b', 1), snapshot: 'nobody' })), 'NOT_FOUND');
  const late = await engine().plan({ ...planOf('b', 1), snapshot: 'pair' });
  await extendSnapshot(engine(), 'pair', 1);
  while ((await listSnapshots(engine())).some(({ name }) => name === 'pair')) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  t.is(await scanCode(engine(), late.splits[0]?.ticket ?? ''), 'EXPIRED');
  t.is(await codeOf(engine().plan({ ...planOf('b', 1), snapshot: 'pair' })), 'NOT_FOUND');
});

test.serial('a plan that fails, and a server that stops, leave no snapshot', async (t) => {
  if (local === undefined) throw new Error('no engine');
  const known = (await listSnapshots(local.engine)).length;
  t.is(await codeOf(engine().plan({ ...planOf('b', 1), columns: ['no_such'] })), 'INVALID_REQUEST');
  t.is((await listSnapshots(local.engine)).length, known);
  const other = await serveEngine(local.engine);
  const elsewhere = await other.connect();
  await elsewhere.plan(planOf('b', 2));
  t.is((await listSnapshots(local.engine)).length, known + 1);
  await other.stop();
  t.is((await listSnapshots(local.engine)).length, known);
});

test.serial(
  'plans of clients that went away make no snapshots, and keep nobody waiting',
  async (t) => {
    if (local === undefined) throw new Error('no engine');
    const { engine: real } = local;
    let made = 0;
    const counted: Engine = {
      ...requestEngine(real, manyListeners(), undefined),
      execute: async (sql, options) => {
        if (sql.startsWith('CREATE SNAPSHOT')) made += 1;
        await real.execute(sql, options);
      },
    };
    const other = await serveEngine(counted);
    try {
      const clients = await Promise.all(
        Array.from({ length: 100 }, () => RawClient.hello(other.server.port)),
      );
      const known = (await listSnapshots(real)).length;
      for (const client of clients) client.send({ type: 'PLAN', ...planOf('ints', 4) }, 1);
      await until(() => made > 0);
      for (const client of clients) client.socket.destroy();
      await until(() => other.server.counts().connections === 0);
      t.true(made < 50, `${made} of 100 were made`);
      t.is((await listSnapshots(real)).length, known);
    } finally {
      await other.stop();
    }
  },
);

test.serial('a view is read in one split, without a snapshot', async (t) => {
  await engine().execute('CREATE VIEW p.seen AS SELECT id FROM p.b');
  const plan = await planTable('seen', 4);
  t.is(plan.snapshot, undefined);
  t.is(plan.splits.length, 1);
  const ticket = plan.splits[0]?.ticket ?? '';
  t.is((await read(await engine().scan(ticket))).numRows, 3);
  await engine().execute('DROP VIEW p.seen; CREATE VIEW p.seen AS SELECT 1 AS other');
  t.is(await scanCode(engine(), ticket), 'SCHEMA_CHANGED');
});

/** A signal that never fires, for any number of statements at once. */
function manyListeners(): AbortSignal {
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  return signal;
}

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
