// Goal: what works past the versions of mutable tables is refused by the SQL layer itself, before the
// engine is asked; what only looks like it goes on. Method: every template of the fuzzer, and every
// command of ALTER TABLE that the engine's documentation lists.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { FlashError, queryRows, type Engine } from '../../src/protocol/index.js';
import { plainOf } from './disguise/disguise.js';
import { refusedTemplates } from './disguise/templates.js';
import { openEmbeddedEngine } from './open-engine.js';

let folder = '';
let engine: Engine;

test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'theflash-refused-'));
  engine = await openEmbeddedEngine(folder);
  await engine.execute(`CREATE DATABASE db;
    CREATE TABLE db.t (k Int64, v String, d Date) ENGINE = MutableMergeTree ORDER BY k;
    CREATE TABLE db.u (k Int64, v String) ENGINE = MutableMergeTree ORDER BY tuple();
    CREATE TABLE db.p (k Int64, v String) ENGINE = MergeTree ORDER BY k;
    INSERT INTO db.t (k, v) VALUES (1, 'old'), (2, 'old'); UPDATE db.t SET v = 'new' WHERE k = 1;
    DELETE FROM db.t WHERE k = 2`);
});
test.after.always(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

const run = async (sql: string): Promise<string[]> =>
  (await queryRows(engine, sql)).map((row) => Object.values(row).map(String).join(' '));

for (const template of refusedTemplates) {
  test.serial(`refused: ${plainOf(template)}`, async (t) => {
    const sql = plainOf(template).replaceAll('{db}', 'db');
    const error = await t.throwsAsync(run(sql), { instanceOf: FlashError });
    // Functions that reach out are refused by the grants of the engine as well.
    t.true(['INVALID_REQUEST', 'DENIED'].includes(error.code), `${error.code}: ${error.message}`);
    t.deepEqual(await run('SELECT k, v FROM db.t ORDER BY k'), ['1 new']);
  });
}

// Source: ClickHouse 26.7, docs/en/sql-reference/statements/alter.
const commands: readonly (readonly [command: string, allowed: boolean])[] = [
  ['ADD COLUMN x Int8 DEFAULT 3', true],
  ['MODIFY COLUMN x Int16', true],
  ['ALTER COLUMN x TYPE Int32', true],
  ["COMMENT COLUMN x 'text'", true],
  ['RENAME COLUMN x TO y', true],
  ['CLEAR COLUMN y', true],
  ['DROP COLUMN y', true],
  ["MODIFY COMMENT 'text'", true],
  ['MODIFY SETTING merge_with_ttl_timeout = 100', true],
  ['RESET SETTING merge_with_ttl_timeout', true],
  ['ADD INDEX i v TYPE minmax', true],
  ['MATERIALIZE INDEX i', true],
  ['CLEAR INDEX i', true],
  ['DROP INDEX i', true],
  ['ADD CONSTRAINT c CHECK k > 0', true],
  ['DROP CONSTRAINT c', true],
  ['DROP CONSTRAINT _INTERNAL_VERSIONED', false],
  ['ADD COLUMN _INTERNAL_X Int8', false],
  ['RENAME COLUMN v TO `_INTERNAL_X`', false],
  ['MATERIALIZE COLUMN v', false],
  ['MODIFY COLUMN d Date TTL d + INTERVAL 1 DAY', false],
  ['MODIFY TTL d + INTERVAL 1 DAY', false],
  ['REMOVE TTL', false],
  ['MATERIALIZE TTL', false],
  ['MODIFY ORDER BY (k, v)', false],
  ['MODIFY SAMPLE BY k', false],
  ['REMOVE SAMPLE BY', false],
  ['ADD PROJECTION p (SELECT k)', false],
  ['DROP PROJECTION p', false],
  ['MATERIALIZE PROJECTION p', false],
  ['CLEAR PROJECTION p', false],
  ['ADD STATISTICS v TYPE uniq', false],
  ["UPDATE v = 'x' WHERE 1", false],
  ['DELETE WHERE 1', false],
  ['APPLY DELETED MASK', false],
  ["DETACH PARTITION ID 'all'", false],
  ["DETACH PART 'all_1_1_0'", false],
  ["DROP PART 'all_1_1_0'", false],
  ["DROP DETACHED PART 'all_1_1_0'", false],
  ["ATTACH PARTITION ID 'all'", false],
  ["ATTACH PART 'all_1_1_0'", false],
  ["ATTACH PARTITION ID 'all' FROM db.u", false],
  ["REPLACE PARTITION ID 'all' FROM db.u", false],
  ["MOVE PARTITION ID 'all' TO TABLE db.u", false],
  ["MOVE PARTITION ID 'all' TO DISK 'x'", false],
  ["FETCH PARTITION ID 'all' FROM '/x'", false],
  ["UPDATE v = 'x' IN PARTITION ID 'all' WHERE 1", false],
  ['MODIFY QUERY SELECT 1', false],
];

for (const [command, allowed] of commands) {
  test.serial(`ALTER TABLE … ${command} is ${allowed ? 'carried out' : 'refused'}`, async (t) => {
    const altered = engine.execute(`ALTER TABLE db.t ${command}`);
    if (allowed) {
      await t.notThrowsAsync(altered);
    } else {
      const error = await t.throwsAsync(altered, { instanceOf: FlashError });
      t.is(error.code, 'INVALID_REQUEST');
      t.is(error.place.engineCode, undefined, 'by the SQL layer');
    }
    t.deepEqual(await run('SELECT k, v FROM db.t ORDER BY k'), ['1 new']);
  });
}

test.serial('nobody changes what ch.so asks what a statement and its tables are', async (t) => {
  const tables = await run(
    `SELECT concat(database, '.', name) FROM system.tables WHERE lower(database) IN ('system', 'information_schema')`,
  );
  t.true(tables.length > 100, `${tables.length} tables`);
  const one = tables.flatMap((name) => [`DROP TABLE ${name}`, `TRUNCATE TABLE ${name}`]);
  const statements = [
    ...one,
    'DETACH TABLE system.one',
    'RENAME TABLE system.one TO db.one',
    'EXCHANGE TABLES db.p AND system.one',
    'CREATE VIEW system.mine AS SELECT 1',
    'CREATE OR REPLACE TABLE "system".one (dummy UInt8) ENGINE = Memory',
    'CREATE MATERIALIZED VIEW db.mv TO system.mine AS SELECT k FROM db.p',
    'INSERT INTO `system`.one VALUES (1)',
    'ALTER TABLE system.one ADD COLUMN x Int8',
    'OPTIMIZE TABLE system.one',
    'UNDROP TABLE system.one',
    ...['system', 'information_schema', 'INFORMATION_SCHEMA'].flatMap((database) => [
      `DROP DATABASE ${database}`,
      `DETACH DATABASE IF EXISTS ${database}`,
      `TRUNCATE DATABASE ${database}`,
      `TRUNCATE ALL TABLES FROM ${database}`,
      `RENAME DATABASE ${database} TO mine`,
    ]),
  ];
  for (const sql of statements) {
    const error = await t.throwsAsync(engine.execute(sql), { instanceOf: FlashError }, sql);
    t.true(['INVALID_REQUEST', 'DENIED'].includes(error.code), `${sql}: ${error.code}`);
  }
  // Names are told apart by case: a source may have a database of this one.
  await engine.execute(
    'CREATE DATABASE SYSTEM; CREATE TABLE SYSTEM.t (k Int8) ENGINE = Memory; DROP DATABASE SYSTEM',
  );
  // The second wall, for what the first would not see.
  const grants = (await run('SHOW GRANTS FINAL')).join('\n');
  for (const database of ['system', 'information_schema', 'INFORMATION_SCHEMA']) {
    t.regex(grants, new RegExp(`REVOKE [^\n]*INSERT[^\n]* ON ${database}\\.\\*`));
  }
  t.deepEqual(await run('SELECT k, v FROM db.t ORDER BY k'), ['1 new']);
});

test.serial('SQL names no UUID, and ATTACH takes a name alone', async (t) => {
  const [uuid] = await run(
    `SELECT toString(uuid) FROM system.tables WHERE database = 'db' AND name = 't'`,
  );
  const [database] = await run(`SELECT toString(uuid) FROM system.databases WHERE name = 'db'`);
  await engine.execute('DETACH TABLE db.p');
  for (const sql of [
    `ATTACH TABLE db.x UUID '${uuid}' (k Int64) ENGINE = MergeTree ORDER BY k`,
    `CREATE TABLE db.x UUID '${uuid}' (k Int64) ENGINE = MergeTree ORDER BY k`,
    `CREATE TABLE IF NOT EXISTS db.x /* */ uuid'${uuid}' ENGINE = Memory AS SELECT 1`,
    `CREATE MATERIALIZED VIEW db.x TO INNER UUID '${uuid}' ENGINE = Memory AS SELECT k FROM db.t`,
    `ATTACH DATABASE x UUID '${database}' ENGINE = Atomic`,
    `CREATE DATABASE x UUID '${database}' ENGINE = Atomic`,
    `UNDROP TABLE db.x UUID '${uuid}'`,
    `ATTACH TABLE db.x FROM 'p' (k Int64) ENGINE = MergeTree ORDER BY k`,
    'ATTACH TABLE db.p (k Int64) ENGINE = MergeTree ORDER BY k',
    'ATTACH TABLE db.p AS NOT REPLICATED',
    'ATTACH DATABASE x ENGINE = Memory',
  ]) {
    const error = await t.throwsAsync(engine.execute(sql), { instanceOf: FlashError }, sql);
    t.is(error.code, 'INVALID_REQUEST', `${sql}: ${error.message}`);
  }
  await engine.execute('ATTACH TABLE IF NOT EXISTS db.p');
  t.deepEqual(await run('SELECT count() FROM db.p'), ['0']);
  await engine.execute(
    'CREATE TABLE db.uuids (uuid UUID, s String) ENGINE = MergeTree ORDER BY uuid',
  );
  await engine.close();
  engine = await openEmbeddedEngine(folder);
  t.deepEqual(await run('SELECT k, v FROM db.t ORDER BY k'), ['1 new']);
});

test.serial(
  'no setting leaves a part of the rows unread, or takes a later write for a repeated one',
  async (t) => {
    const names = await run(
      `SELECT name FROM system.settings WHERE name LIKE '%overflow_mode%' AND NOT readonly ORDER BY name`,
    );
    t.deepEqual(names, ['group_by_overflow_mode', 'result_overflow_mode']);
    for (const sql of [
      `SELECT count() FROM db.t SETTINGS max_rows_to_read = 1, read_overflow_mode = 'break'`,
      `UPDATE db.t SET v = 'x' WHERE 1 SETTINGS timeout_overflow_mode = 'break'`,
      'CREATE TABLE db.x (k Int64) ENGINE = MutableMergeTree ORDER BY k SETTINGS non_replicated_deduplication_window = 9',
      'ALTER TABLE db.t MODIFY SETTING non_replicated_deduplication_window = 9',
    ]) {
      await t.throwsAsync(run(sql), { instanceOf: FlashError }, sql);
    }
    t.deepEqual(await run('SELECT k, v FROM db.t ORDER BY k'), ['1 new']);
  },
);

test.serial('hidden columns stay hidden, however columns are asked for', async (t) => {
  for (const sql of [
    `SELECT COLUMNS('.*') FROM db.t`,
    `SELECT t.COLUMNS('.*') APPLY(toString) FROM db.t AS t`,
    `SELECT COLUMNS('.*') FROM merge('db', '^t$')`,
    `SELECT * FROM (SELECT COLUMNS('.*') FROM db.t)`,
  ]) {
    const [row] = await queryRows(engine, sql);
    t.is(Object.keys(row ?? {}).length, 3, sql);
  }
  for (const sql of [
    `SHOW COLUMNS FROM db.t WHERE field = 'k' OR 1`,
    `SHOW COLUMNS FROM db.t WHERE field = 'k' OR 1 LIMIT 9`,
    `SHOW COLUMNS FROM db.t LIKE '%'`,
    'DESCRIBE db.t',
  ]) {
    t.deepEqual((await run(sql)).map((line) => line.split(' ')[0]).sort(), ['d', 'k', 'v'], sql);
  }
  await t.throwsAsync(run('DESCRIBE db.t SETTINGS describe_compact_output = 1'), {
    message: /takes nothing after its name/,
  });
});

test.serial('names that are words of the syntax, and what only looks like a clause', async (t) => {
  await engine.execute(`CREATE TABLE db.w (settings Int64 PRIMARY KEY, format String, final String, ttl Int8, natural Int8, parallel Int8)
      ENGINE = MutableMergeTree;
    INSERT INTO db.w VALUES (1, 'f', 'x', 1, 2, 3), (2, 'g', 'y', 4, 5, 6);
    UPDATE db.w SET format = 'h', ttl = ttl + 1 WHERE settings = 1 SETTINGS max_threads = 1;
    DELETE FROM db.w WHERE settings = 2 SETTINGS max_threads = 1`);
  t.deepEqual(
    await run('SELECT settings, format, final, ttl, natural, parallel FROM db.w ORDER BY parallel'),
    ['1 h x 2 2 3'],
  );
  t.deepEqual(await run('SELRAW settings FROM db.w WHERE settings = 2 AND _INTERNAL_DELMARK = 1'), [
    '2',
  ]);
  t.deepEqual(
    await run(
      'SELECT natural.k FROM db.t AS natural JOIN db.p AS parallel ON natural.k = parallel.k',
    ),
    [],
  );
  t.is((await run(`EXPLAIN AST INSERT INTO db.t (k, v) VALUES (1, 'x')`)).length > 0, true);
});

test.serial('a projection does not bring back what is deleted', async (t) => {
  await engine.execute(`CREATE TABLE db.j (k Int64, v String, PROJECTION byv (SELECT k, v ORDER BY v))
      ENGINE = MutableMergeTree ORDER BY k SETTINGS deduplicate_merge_projection_mode = 'rebuild';
    INSERT INTO db.j VALUES (1, 'old'), (2, 'old'); UPDATE db.j SET v = 'new' WHERE k = 1;
    DELETE FROM db.j WHERE k = 2`);
  t.deepEqual(await run(`SELECT k, v FROM db.j WHERE v >= 'a' ORDER BY v`), ['1 new']);
  await engine.execute('OPTIMIZE TABLE db.j FINAL');
  t.deepEqual(await run(`SELECT k, v FROM db.j WHERE v >= 'a' ORDER BY v`), ['1 new']);
});
