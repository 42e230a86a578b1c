// Goal: a plan of changes gives each change in exactly one split, in the types of readers, and says
// why where it can't. Method: two snapshots, whose rows are the truth.
import test from 'ava';
import { tableFromIPC, type Table } from 'apache-arrow';
import type { RemoteEngine } from '../../src/engine/remote/index.js';
import {
  arrowEndOfStream,
  FlashError,
  type ErrorCode,
  tableRows,
  type ArrowScan,
  type Engine,
} from '../../src/protocol/index.js';
import type { PlanMessage } from '../../src/protocol/wire/index.js';
import { keep } from '../engine/change-feed.js';
import { openTestEngine, serveEngine, type TestServer } from './test-server.js';

let local: { engine: Engine; remove: () => Promise<void> } | undefined;
let server: TestServer | undefined;
let remote: RemoteEngine | undefined;

test.before(async () => {
  local = await openTestEngine();
  server = await serveEngine(local.engine);
  remote = await server.connect();
  await remote.execute('CREATE DATABASE c');
});

test.after.always(async () => {
  await server?.stop();
  await local?.remove();
});

const engine = (): RemoteEngine => {
  if (remote === undefined) throw new Error('the server did not start');
  return remote;
};

const planOf = (table: string, changesAfter: bigint, splits = 1): PlanMessage => ({
  ...{ type: 'PLAN', database: 'c', table, changesAfter },
  ...{ splitsMin: splits, splitsMax: splits, splitBytes: 1 << 30 },
});

async function read(scan: ArrowScan): Promise<Table> {
  const messages: Uint8Array[] = [];
  for await (const message of scan) messages.push(message.bytes.slice());
  return tableFromIPC([...messages, arrowEndOfStream]);
}

async function readPlan(message: Omit<PlanMessage, 'type'>): Promise<readonly Table[]> {
  const { splits } = await engine().plan(message);
  const parts: Table[] = [];
  for (const { ticket } of splits) parts.push(await read(await engine().scan(ticket)));
  return parts;
}

test.serial('each change is in exactly one split', async (t) => {
  const table = { database: 'c', table: 'many' };
  await engine().execute(
    `CREATE TABLE c.many (a UInt32, b String, v Int64) ENGINE = MutableMergeTree ORDER BY (a, b);
     INSERT INTO c.many SELECT number % 100, toString(number), 0 FROM numbers(20000)`,
  );
  const { complete } = await keep(engine(), 'many0', table);
  await engine().execute(
    `UPDATE c.many SET v = 1 WHERE a % 10 = 3; DELETE FROM c.many WHERE a % 10 = 4;
     UPDATE c.many SET a = a + 100 WHERE a = 50; INSERT INTO c.many VALUES (4, '4', 9)`,
  );
  // 2000 updated; 2000 deleted, one of which came back; 200 left their key for another one.
  for (const splits of [1, 5]) {
    const parts = await readPlan(planOf('many', complete, splits));
    t.is(parts.length, splits);
    const rows = parts.flatMap((part) => tableRows(part));
    const count = (type: string): number =>
      rows.filter((row) => row['_change_type'] === type).length;
    t.deepEqual([count('upsert'), count('delete')], [2000 + 200 + 1, 1999 + 200]);
    const keys = rows.map((row) => `${String(row['a'])} ${String(row['b'])}`);
    t.is(new Set(keys).size, keys.length);
  }
  const all = await readPlan(planOf('many', 0n, 3));
  t.is(all.flatMap((part) => tableRows(part)).length, 18001);
});

test.serial('changes have the types of readers; deleted rows have their key alone', async (t) => {
  const table = { database: 'c', table: 'typed' };
  await engine().execute(
    `CREATE TABLE c.typed (k Time64(2) COMMENT 'time(2)', b String COMMENT 'blob', t Time64(2) COMMENT 'time(2)',
       e LowCardinality(String) COMMENT 'enum(''x'')', d Decimal(9, 2), l Array(Float32), m Map(String, Int8))
     ENGINE = MutableMergeTree ORDER BY k;
     INSERT INTO c.typed VALUES (toTime64('00:00:01', 2), 'x', toTime64('01:00:00.25', 2), 'x', 1.5, [1], {'a': 1})`,
  );
  const { complete } = await keep(engine(), 'typed0', table);
  const shown = [
    ...['k Int64', 'b Binary', 't Int64', 'e Utf8', 'd Decimal[9e+2]', 'l List<Float32>'],
    ...['m Map<{key:Utf8,value:Int8}>', '_change_type Utf8', '_commit_version Int64'],
  ];
  await engine().execute("UPDATE c.typed SET b = 'y' WHERE true");
  const [upserts] = await readPlan(planOf('typed', complete));
  t.deepEqual(
    upserts?.schema.fields.map(({ name, type }) =>
      `${name} ${String(type)}`.replace(/Map<.*/, 'Map'),
    ),
    shown.map((field) => field.replace(/Map<.*/, 'Map')),
  );
  t.like(upserts?.get(0)?.toJSON(), { k: 1_000_000n, t: 3_600_250_000n, e: 'x' });
  await engine().execute('DELETE FROM c.typed WHERE true');
  const columns = ['_change_type', 'k', 'b', 't', 'e', 'd', 'l'];
  const [deletes] = await readPlan({ ...planOf('typed', complete), columns });
  const row = deletes?.get(0)?.toJSON();
  t.like(row, { _change_type: 'delete', k: 1_000_000n, b: null, t: null, e: null, d: null });
  t.is(String(row?.['l']), '[]');
});

test.serial('what can not be told is refused, with the reason and what can be had', async (t) => {
  const table = { database: 'c', table: 'cut' };
  await engine().execute(
    `CREATE TABLE c.cut (id Int64) ENGINE = MutableMergeTree ORDER BY id; INSERT INTO c.cut VALUES (1);
     CREATE TABLE c.bag (id Int64) ENGINE = MutableMergeTree ORDER BY tuple();
     CREATE TABLE c.plain (id Int64) ENGINE = MergeTree ORDER BY id;
     CREATE TABLE c.taken (id Int64, _change_type Int8) ENGINE = MutableMergeTree ORDER BY id;
     CREATE VIEW c.view AS SELECT * FROM c.cut`,
  );
  const first = await keep(engine(), 'cut0', table);
  const plan = planOf('cut', first.complete);
  t.is((await readPlan({ ...plan, changesOf: first.uuid }))[0]?.numRows, 0);
  const other = '11111111-1111-1111-1111-111111111111';
  const refusals: readonly (readonly [Omit<PlanMessage, 'type'>, ErrorCode, RegExp])[] = [
    [planOf('cut', first.complete - 1n), 'EXPIRED', /no snapshot of it is as old/],
    [{ ...plan, changesOf: other }, 'EXPIRED', /another table than then/],
    [planOf('cut', first.complete + 1000n), 'INVALID_REQUEST', /yet to come/],
    [planOf('bag', 0n), 'INVALID_REQUEST', /primary key/],
    [planOf('plain', 0n), 'INVALID_REQUEST', /no mutable table/],
    [planOf('taken', 0n), 'INVALID_REQUEST', /has a column _change_type/],
    [planOf('view', 0n), 'INVALID_REQUEST', /no changes/],
    [{ ...plan, rowsMax: 5 }, 'INVALID_REQUEST', /without filter, order and limit/],
    [{ ...plan, columns: ['nothing'] }, 'INVALID_REQUEST', /no column nothing/],
  ];
  for (const [message, code, reason] of refusals) {
    const error = await t.throwsAsync(engine().plan(message), { instanceOf: FlashError });
    t.is(error.code, code, error.message);
    t.regex(error.message, reason);
  }
  await engine().execute('TRUNCATE TABLE c.cut');
  const cut = await t.throwsAsync(engine().plan(plan), { instanceOf: FlashError });
  t.is(cut.code, 'EXPIRED');
  const { since } = await keep(engine(), 'cut1', table);
  t.regex(
    cut.message,
    new RegExp(
      `changes of c.cut after version ${first.complete} .*TRUNCATE TABLE c.cut.*after version ${since}`,
    ),
  );
  t.regex(cut.hint ?? '', /Begin anew with all rows/);
});
