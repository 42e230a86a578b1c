// Goal: the changes between two snapshots bring the one to the other, however writes and snapshots
// come between each other, over crashes too; and what takes rows without a mark of it cuts the
// changes off. Method: the snapshots' own rows, read by SELECT, are the truth.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Engine } from '../../src/protocol/index.js';
import { chooseSeed, createRandom, type Random } from '../workload/random.js';
import { buildStream, type Change } from './change-builder.js';
import { applyChanges, keep, newestVersion, readKept, readState } from './change-feed.js';
import { commitPlaces, crashChild, fillFolder, runChild, sqlChild } from './crash.js';
import { EngineProcess } from './engine-process.js';
import { createTable, keyedTable, throwsCode } from './engine-suite.js';
import { openEmbeddedEngine } from './open-engine.js';
import { put, remove } from './rows.js';

const table = { database: 'keyed', table: 't' };

async function makeFolder(t: ExecutionContext): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), 'theflash-changes-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  return path.join(root, 'data');
}

const randomChange = (random: Random): Change => {
  const id = random.int(0, 40);
  return random.chance(30) ? remove(id) : put(id, String(random.int(0, 1e9)));
};

/** A batch that is open for a while, with several reservations, and may be given up. */
async function writeBatch(engine: Engine, random: Random): Promise<void> {
  const batch = await engine.openBatch();
  try {
    for (let part = random.int(1, 3); part > 0; part -= 1) {
      const changes = Array.from({ length: random.int(1, 5) }, () => randomChange(random));
      const first = await batch.reserveVersions(changes.length + random.int(0, 3));
      await batch.append(keyedTable('keyed'), buildStream(keyedTable('keyed'), changes, first));
    }
    if (random.chance(75)) await batch.commit('test', 'x');
  } finally {
    await batch.close();
  }
}

function writeSql(random: Random): string {
  const [id, other, v] = [random.int(0, 40), random.int(0, 40), random.int(0, 1e9)];
  return random.pick([
    `INSERT INTO keyed.t VALUES (${id}, '${v}')`,
    `INSERT INTO keyed.t SELECT number * 3, toString(${v} + number) FROM numbers(${random.int(1, 12)})`,
    `UPDATE keyed.t SET v = '${v}' WHERE id % 5 = ${id % 5}`,
    `UPDATE keyed.t SET id = ${other} WHERE id = ${id}`,
    `DELETE FROM keyed.t WHERE id = ${id}`,
    `IMPORT INTO keyed.t (id, v, _INTERNAL_DELMARK) SELECT id + ${random.int(0, 1)}, '${v}', id % 2 FROM keyed.t`,
    `INSERT INTO multiset.t VALUES (${id}, '${v}'), (${id}, '${v}')`,
    `UPDATE multiset.t SET v = '${v}' WHERE id = ${id}`,
    'OPTIMIZE TABLE keyed.t FINAL',
  ]);
}

test.serial(
  'changes are whole, however writes and snapshots come between each other',
  async (t) => {
    t.timeout(600_000);
    const seed = chooseSeed();
    t.log(`SEED=${seed}`);
    const random = createRandom(seed);
    const folder = await makeFolder(t);
    await fillFolder(folder);
    const engine = await openEmbeddedEngine(folder);
    t.teardown(() => engine.close());
    let writing = true;
    const write = async (): Promise<void> => {
      for (let step = 0; step < 25; step += 1) {
        await (random.chance(40) ? writeBatch(engine, random) : engine.execute(writeSql(random)));
      }
    };
    const names = ['s0'];
    await keep(engine, 's0', table);
    const snap = async (): Promise<void> => {
      while (writing) {
        const name = `s${names.length}`;
        names.push(name);
        const { complete } = await keep(engine, name, table);
        t.true((await newestVersion(engine, name, table)) <= complete, `${name}, SEED=${seed}`);
      }
    };
    const snapping = snap();
    await Promise.all([write(), write(), write()]);
    writing = false;
    await snapping;
    names.push('last');
    await keep(engine, 'last', table);
    const state = await readState(engine, 's0', table);
    let after = (await readKept(engine, 's0')).complete;
    let changes = 0;
    for (const name of names.slice(1)) {
      changes += await applyChanges(engine, state, after, name, table);
      const truth = await readState(engine, name, table);
      t.deepEqual([...state].sort(), [...truth].sort(), `${name}, SEED=${seed}`);
      after = (await readKept(engine, name)).complete;
    }
    t.log(`${names.length} snapshots, ${changes} changes`);
    t.true(changes > 20);
  },
);

for (const [place, isApplied] of commitPlaces) {
  test.serial(`killed ${place}: the changes go on`, async (t) => {
    const folder = await makeFolder(t);
    await fillFolder(folder);
    const before = await openEmbeddedEngine(folder);
    const { complete, uuid } = await keep(before, 'before', table);
    const state = await readState(before, 'before', table);
    await before.close();
    t.is(await runChild(crashChild, folder, { THEFLASH_FAILPOINT: place }), 'SIGKILL');
    const engine = await openEmbeddedEngine(folder);
    t.teardown(() => engine.close());
    await engine.execute("INSERT INTO keyed.t VALUES (4, 'later')");
    const kept = await keep(engine, 'after', table);
    t.true((await newestVersion(engine, 'after', table)) <= kept.complete);
    t.like(kept, { uuid, since: complete, reason: '' });
    await applyChanges(engine, state, complete, 'after', table);
    t.deepEqual([...state].sort(), [...(await readState(engine, 'after', table))].sort());
    t.deepEqual([...state.keys()].sort(), isApplied ? ['1', '3', '4'] : ['1', '2', '4']);
  });
}

/** Each with whether the changes from before it can still be told. */
const statements: readonly (readonly [string, boolean])[] = [
  ['INSERT INTO keyed.t VALUES (9, NULL)', true],
  ['DELETE FROM keyed.t WHERE id = 9', true],
  ['UPDATE keyed.t SET id = 10 WHERE id = 1', true],
  ['OPTIMIZE TABLE keyed.t FINAL', true],
  ["ALTER TABLE keyed.t COMMENT COLUMN v 'text', MODIFY COMMENT 'table'", true],
  ['ALTER TABLE keyed.t ADD INDEX i v TYPE minmax', true],
  ['RENAME TABLE keyed.t TO keyed.u; RENAME TABLE keyed.u TO keyed.t', true],
  ['DETACH TABLE keyed.t; ATTACH TABLE keyed.t', true],
  ['TRUNCATE TABLE multiset.t', true],
  ['TRUNCATE TABLE IF EXISTS keyed.none', true],
  ['ALTER TABLE keyed.plain ADD COLUMN w Int8', true],
  ['TRUNCATE keyed.plain', true],
  ['CREATE TABLE keyed.w (id Int64) ENGINE = MutableMergeTree ORDER BY id', true],
  ["IMPORT INTO keyed.t (id, v, _INTERNAL_DELMARK) VALUES (1, 'x', 1), (3, 'y', 0)", true],
  ['OPTIMIZE TABLE keyed.t ELIMINATE', false],
  ['OPTIMIZE TABLE keyed.t FINAL CLEANUP', false],
  ['TRUNCATE TABLE keyed.t', false],
  ['TRUNCATE keyed.t', false],
  ['TRUNCATE TABLE IF EXISTS keyed.t', false],
  ['TRUNCATE ALL TABLES FROM keyed', false],
  ['ALTER TABLE keyed.t ADD COLUMN w Int32 DEFAULT 5', false],
  ["ALTER TABLE keyed.t COMMENT COLUMN v 'text', CLEAR COLUMN v", false],
  ['ALTER TABLE keyed.t (MODIFY COLUMN v Nullable(FixedString(3)))', false],
  ['ALTER TABLE keyed.t DROP PARTITION ALL', false],
  ['ALTER TABLE keyed.t MODIFY SETTING merge_with_ttl_timeout = 5', false],
  [
    'IMPORT INTO keyed.t (id, v, _INTERNAL_VERSION, _INTERNAL_DELMARK) VALUES (7, NULL, 1, 0)',
    false,
  ],
];

test.serial(
  'what takes or changes rows without a mark cuts the changes off, for good',
  async (t) => {
    t.timeout(300_000);
    const folder = await makeFolder(t);
    await fillFolder(folder);
    let engine = await openEmbeddedEngine(folder);
    t.teardown(() => engine.close());
    await engine.execute('CREATE TABLE keyed.plain (id Int64) ENGINE = MergeTree ORDER BY id');
    let index = 0;
    const next = (): string => `s${(index += 1)}`;
    for (const [sql, goesOn] of statements) {
      await createTable(engine, 'keyed');
      await engine.execute('CREATE TABLE keyed.plain (id Int64) ENGINE = MergeTree ORDER BY id');
      await engine.execute("INSERT INTO keyed.t VALUES (1, 'a'), (2, 'b')");
      const before = await keep(engine, next(), table);
      t.is(before.since, before.complete);
      await engine.execute(sql);
      const after = await keep(engine, next(), table);
      t.is(after.uuid, before.uuid, sql);
      t.is(after.since <= before.complete, goesOn, `${sql}: ${after.since} ${before.complete}`);
      t.true(after.complete >= after.since, sql);
      if (!goesOn) t.not(after.reason, '', sql);
      if (index % 10 === 0) {
        await engine.close();
        engine = await openEmbeddedEngine(folder);
        t.like(await keep(engine, next(), table), { since: after.since, reason: after.reason });
      }
    }
  },
);

test.serial('a table that takes the name has changes of its own', async (t) => {
  const folder = await makeFolder(t);
  await fillFolder(folder);
  const engine = await openEmbeddedEngine(folder);
  t.teardown(() => engine.close());
  const swaps = [
    'DROP TABLE keyed.t; CREATE TABLE keyed.t (id Int64, v Nullable(String)) ENGINE = MutableMergeTree ORDER BY id',
    'CREATE OR REPLACE TABLE keyed.t (id Int64, v Nullable(String)) ENGINE = MutableMergeTree ORDER BY id',
    "CREATE OR REPLACE TABLE keyed.t (id Int64, v Nullable(String)) ENGINE = MutableMergeTree ORDER BY id AS SELECT toInt64(1) AS id, toNullable('a') AS v",
    'CREATE TABLE keyed.u AS keyed.t; EXCHANGE TABLES keyed.t AND keyed.u',
  ];
  let before = await keep(engine, 'first', table);
  for (const [index, sql] of swaps.entries()) {
    await engine.execute(sql);
    const after = await keep(engine, `swap${index}`, table);
    t.not(after.uuid, before.uuid, sql);
    t.true(after.since > before.complete, sql);
    t.true((await newestVersion(engine, after.name, table)) <= after.complete, sql);
    before = after;
  }
});

test.serial('it is cut off durably before the rows go', async (t) => {
  const folder = await makeFolder(t);
  await fillFolder(folder);
  const before = await openEmbeddedEngine(folder);
  const { complete } = await keep(before, 'before', table);
  await before.close();
  const env = { THEFLASH_FAILPOINT: 'after-change-feed' };
  t.is(await runChild(sqlChild, folder, env, 'TRUNCATE TABLE keyed.t'), 'SIGKILL');
  const engine = await openEmbeddedEngine(folder);
  t.teardown(() => engine.close());
  const after = await keep(engine, 'after', table);
  t.true(after.since > complete);
  t.is(after.reason, 'TRUNCATE TABLE keyed.t');
  t.is((await readState(engine, 'after', table)).size, 2);
});

test.serial('a RESTORE cuts all changes off', async (t) => {
  const folder = await makeFolder(t);
  await fillFolder(folder);
  const engine = await openEmbeddedEngine(folder);
  t.teardown(() => engine.close());
  const before = await keep(engine, 'before', table);
  const backup = path.join(path.dirname(folder), 'backup');
  await engine.execute(`BACKUP TABLE keyed.t TO File('${backup}')`);
  t.is((await keep(engine, 'saved', table)).since, before.since);
  await engine.execute(`RESTORE TABLE keyed.t AS keyed.again FROM File('${backup}')`);
  const after = await keep(engine, 'after', table);
  t.true(after.since > before.complete);
  t.is(after.uuid, before.uuid);
});

test.serial('a batch takes no versions but its own', async (t) => {
  const folder = await makeFolder(t);
  await fillFolder(folder);
  const engine = await openEmbeddedEngine(folder);
  t.teardown(() => engine.close());
  const schema = keyedTable('keyed');
  const batch = await engine.openBatch();
  const stream = buildStream(schema, [put(1, 'late')], 1n);
  await batch.append(schema, stream);
  const error = await throwsCode(t, () => batch.commit('test', 'x'), 'INVALID_REQUEST');
  t.regex(error.message, /version 1, which was not reserved for the batch/);
  await batch.close();
});

test.serial('the tables that can lose marks, and others, have no changes', async (t) => {
  const folder = await makeFolder(t);
  await fillFolder(folder);
  const engine = await EngineProcess.open(folder, { allowExternal: true });
  t.teardown(() => engine.kill());
  await engine.execute(
    `CREATE TABLE keyed.plain (id Int64) ENGINE = MergeTree ORDER BY id;
     CREATE TABLE keyed.lossy (id Int64) ENGINE = MutableMergeTree ORDER BY id
       SETTINGS enable_replacing_merge_with_cleanup_for_min_age_to_force_merge = 1;
     CREATE SNAPSHOT s OF keyed.plain, keyed.lossy`,
  );
  t.deepEqual(
    await engine.rows('SELECT toString(arrayJoin(changes).uuid) AS uuid FROM theflash.snapshots'),
    Array.from({ length: 2 }, () => ({ uuid: '00000000-0000-0000-0000-000000000000' })),
  );
});
