import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { openRemoteEngine } from '../../src/engine/remote/index.js';
import { openShards } from '../../src/engine/shards/index.js';
import {
  countRows,
  FlashError,
  listTables,
  queryRows,
  type Engine,
  type WriteBatch,
} from '../../src/protocol/index.js';
import { startServe, type ServeProcess } from '../server/serve-process.js';
import { defineMultisetTests } from './batch-suite.js';
import { buildStream } from './change-builder.js';
import { applyBatch, createTable, keyedTable, throwsCode } from './engine-suite.js';
import { put, readRows, remove } from './rows.js';

let folder = '';
let servers: ServeProcess[] = [];
let opened: Engine | undefined;

test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'theflash-shards-'));
  servers = await Promise.all(['a', 'b'].map((name) => startServe(path.join(folder, name))));
  opened = await connect();
});

test.after.always(async () => {
  await opened?.close();
  await Promise.all(servers.map((server) => server.stop()));
  await rm(folder, { recursive: true, force: true });
});

const engine = (): Engine => {
  if (opened === undefined) throw new Error('the shards did not open');
  return opened;
};

async function connect(order: readonly ServeProcess[] = servers): Promise<Engine> {
  const timeouts = { reconnectMs: 500, resolveMs: 500 };
  const shards = await Promise.all(
    order.map(({ location }) => openRemoteEngine(location, { timeouts })),
  );
  try {
    return await openShards(shards);
  } catch (error) {
    await Promise.all(shards.map((shard) => shard.close()));
    throw error;
  }
}

const shardCounts = async (table: string): Promise<number[]> =>
  await Promise.all(
    (engine().shards ?? []).map((shard) => countRows(shard, { database: table, table: 't' })),
  );

defineMultisetTests(test, { engine });

test.serial('rows are spread by key, and read as one table', async (t) => {
  await createTable(engine(), 'spread');
  const schema = keyedTable('spread');
  const changes = Array.from({ length: 1000 }, (_, id) => put(id, `v${id}`));
  await applyBatch(engine(), schema, changes);
  await applyBatch(engine(), schema, [
    ...[put(1, 'x'), put(1, 'one'), remove(2), put(3, null)],
    ...Array.from({ length: 500 }, (_, id) => remove(id + 500)),
  ]);
  const counts = await shardCounts('spread');
  t.is(counts[0] !== undefined && counts[0] > 150 && counts[0] < 350, true, String(counts));
  t.is(await countRows(engine(), { database: 'spread', table: 't' }), 499);
  const rows = await readRows(engine(), 'spread');
  const expected = [...changes.keys()]
    .filter((id) => id < 500 && id !== 2)
    .map((id) => `${id} ${id === 1 ? 'one' : id === 3 ? 'null' : `v${id}`}`);
  t.deepEqual(rows, expected);
  const filtered = await queryRows(engine(), 'SELECT id FROM spread.t WHERE id IN (7, 8, 700)');
  t.deepEqual(filtered.map((row) => Number(row['id'])).sort(), [7, 8]);
  t.is((await queryRows(engine(), 'SELECT id FROM spread.t LIMIT 7')).length, 7);
  t.is((await queryRows(engine(), 'SELECT id FROM spread.t LIMIT 0')).length, 0);
  const tables = await listTables(engine());
  t.true(tables.some(({ database, bytes }) => database === 'spread' && bytes > 0));
  await engine().execute(
    "UPDATE spread.t SET v = 'u' WHERE id < 10; DELETE FROM spread.t WHERE id >= 10",
  );
  t.deepEqual(
    await readRows(engine(), 'spread'),
    [0, 1, 3, 4, 5, 6, 7, 8, 9].map((id) => `${id} u`),
  );
});

test.serial('SQL that would be wrong over shards is refused with the reason', async (t) => {
  await createTable(engine(), 'refused');
  const refused = [
    'SELECT count() FROM refused.t',
    'SELECT id FROM refused.t ORDER BY id',
    'SELECT id FROM refused.t ORDER BY id LIMIT 1',
    'SELECT id FROM refused.t LIMIT 1 OFFSET 1',
    'SELECT DISTINCT v FROM refused.t',
    'SELECT v, max(id) FROM refused.t GROUP BY v',
    'SELECT id, row_number() OVER () FROM refused.t',
    'SELECT a.id FROM refused.t AS a JOIN refused.t AS b ON a.id = b.id',
    'SELECT id FROM refused.t WHERE id IN (SELECT id FROM refused.t)',
    'SELECT id, (SELECT max(id) FROM refused.t) FROM refused.t',
    'SELECT id FROM refused.t UNION ALL SELECT id FROM refused.t',
    'SELECT number FROM numbers(3)',
    'SELECT 1; SELECT 2',
    "INSERT INTO refused.t VALUES (1, 'a')",
    'INSERT INTO refused.t SELECT * FROM refused.t',
    'CREATE TABLE refused.u ENGINE = MutableMergeTree ORDER BY id AS SELECT id FROM refused.t',
    'CREATE SNAPSHOT s OF refused.t',
    'DELETE FROM refused.t WHERE id IN (SELECT max(id) FROM refused.t)',
    'KILL QUERY WHERE 1',
  ];
  for (const sql of refused) {
    const error = await t.throwsAsync(
      () => queryRows(engine(), sql),
      { instanceOf: FlashError },
      sql,
    );
    t.is(error.code, 'UNSUPPORTED', `${sql}: ${error.message}`);
    t.regex(error.message, /^Over shards there is no/);
  }
  t.is((await queryRows(engine(), "SELECT 'count()' AS x")).length, 1);
  t.true((await queryRows(engine(), 'SHOW DATABASES')).length > 1);
});

test.serial(
  'a batch that one shard has and home has not is replayed, and applied once',
  async (t) => {
    await createTable(engine(), 'crash');
    await createTable(engine(), 'crash_counts', '');
    const keyed = keyedTable('crash');
    const counted = { ...keyedTable('crash_counts'), primaryKey: [] };
    const changes = Array.from({ length: 50 }, (_, id) => put(id, 'new'));
    const stageBoth = async (): Promise<WriteBatch> => {
      const batch = await engine().openBatch();
      const first = await batch.reserveVersions(100);
      await batch.append(keyed, buildStream(keyed, changes, first));
      await batch.append(counted, buildStream(counted, changes, first + 50n));
      return batch;
    };
    await applyBatch(engine(), keyed, [put(1, 'old')], { source: 'c', text: 'first' });
    const [first, home] = servers;
    if (first === undefined || home === undefined) throw new Error('there are two servers');

    const batch = await stageBoth();
    await home.stop('SIGKILL');
    const error = await t.throwsAsync(() => batch.commit('c', 'second'), {
      instanceOf: FlashError,
    });
    t.is(error.code, 'CONNECTION');
    await batch.close();
    await opened?.close();
    servers = [first, await startServe(path.join(folder, 'b'), { port: home.port })];
    opened = await connect();
    t.is(await engine().readCheckpoint('c'), 'first', 'it moves when all have the batch');
    t.true(((await shardCounts('crash'))[0] ?? 0) > 10, 'the first shard has it');
    const again = await stageBoth();
    await again.commit('c', 'second');
    await again.close();
    t.is(await engine().readCheckpoint('c'), 'second');
    t.deepEqual(
      await readRows(engine(), 'crash'),
      [...changes.keys()].map((id) => `${id} new`),
    );
    t.is((await readRows(engine(), 'crash_counts')).length, 50);
  },
);

test.serial('shards in another order, or others beside them, are refused', async (t) => {
  t.is(await codeOf(connect(servers.toReversed())), 'SOURCE_MISMATCH');
  t.is(await codeOf(connect(servers.slice(0, 1))), 'SOURCE_MISMATCH');
  const more = await startServe(path.join(folder, 'c'));
  try {
    t.is(await codeOf(connect([...servers, more])), 'SOURCE_MISMATCH');
  } finally {
    await more.stop();
  }
});

test.serial('inserts into a plain table go to the shards by turns', async (t) => {
  await engine().execute(
    'CREATE DATABASE turns; CREATE TABLE turns.t (id Int32) ENGINE = MergeTree ORDER BY id',
  );
  const stream = tableToIPC(tableFromArrays({ id: Int32Array.of(1, 2, 3) }), 'stream');
  for (let turn = 0; turn < 4; turn += 1) {
    t.is(await engine().insertRows({ database: 'turns', table: 't' }, stream), 3);
  }
  t.deepEqual(await shardCounts('turns'), [6, 6]);
  await throwsCode(
    t,
    () => engine().insertRows({ database: 'turns', table: 'no' }, stream),
    'NOT_FOUND',
  );
});

async function codeOf(promise: Promise<Engine>): Promise<string> {
  try {
    await (await promise).close();
    return 'no error';
  } catch (error) {
    return error instanceof FlashError ? error.code : String(error);
  }
}
