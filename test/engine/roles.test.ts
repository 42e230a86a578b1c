// Goal: a role reaches the tables that it has rights to, and nothing of any other, whatever the statement. Method:
// tables whose every value, name and comment holds a mark; every system table of the engine, a list of ways to name
// a table, and random nestings of them from a seed; what comes back must be without the mark, and nothing changed.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { FlashError, queryRows, type Engine } from '../../src/protocol/index.js';
import type { EmbeddedEngine } from '../../src/engine/index.js';
import { shortOrFull } from '../short-run.js';
import { chooseSeed, createRandom } from '../workload/random.js';
import { openEmbeddedEngine } from './open-engine.js';

let folder = '';
let engine: EmbeddedEngine;

/** In each name that nobody but the owner may see; `secret` is in each value and comment. */
const mark = 'zq7name';
const secret = 'zq7value';

test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'theflash-roles-'));
  engine = await openEmbeddedEngine(path.join(folder, 'data'), {
    rights: [
      { role: 'reader', kind: 'read', database: 'shop', table: '*' },
      { role: 'writer', kind: 'write', database: 'shop', table: 'orders' },
      { role: 'writer', kind: 'write', database: 'shop', table: 'plain' },
      { role: 'everything', kind: 'read', database: '*', table: '*' },
      { role: 'logs', kind: 'read', database: 'shop', table: 'log_*' },
      { role: 'eu', kind: 'read', database: 'eu_*', table: '*' },
    ],
  });
  await engine.execute(`
    CREATE TABLE default.hidden (id Int32) ENGINE = Memory; CREATE DATABASE shop; CREATE DATABASE eu_1; CREATE DATABASE ${mark}_db; CREATE DATABASE s;
    CREATE TABLE shop.orders (id Int32, v String) ENGINE = MutableMergeTree ORDER BY id;
    CREATE TABLE shop.plain (id Int32, v String) ENGINE = MergeTree ORDER BY id;
    CREATE TABLE shop.log_a (id Int32) ENGINE = MutableMergeTree ORDER BY id;
    CREATE TABLE eu_1.t (id Int32) ENGINE = MutableMergeTree ORDER BY id;
    CREATE TABLE s.orders (id Int32, v String COMMENT '${secret}') ENGINE = MutableMergeTree ORDER BY id COMMENT '${secret}';
    CREATE TABLE ${mark}_db.${mark}_t (id Int32, ${mark}_c String COMMENT '${secret}')
      ENGINE = MutableMergeTree ORDER BY id COMMENT '${secret}';
    CREATE TABLE ${mark}_db.plain (id Int32, ${mark}_c String) ENGINE = MergeTree ORDER BY id;
    CREATE TABLE ${mark}_db.keys (id Int32) ENGINE = Set;
    CREATE TABLE ${mark}_db.joined (id Int32, ${mark}_c String) ENGINE = Join(ANY, LEFT, id);
    INSERT INTO shop.orders VALUES (1, 'a'), (2, 'b');
    INSERT INTO shop.plain VALUES (1, 'a');
    INSERT INTO shop.log_a VALUES (1);
    INSERT INTO eu_1.t VALUES (1);
    INSERT INTO s.orders VALUES (1, '${secret}');
    INSERT INTO ${mark}_db.${mark}_t VALUES (1, '${secret}'), (2, '${secret}2');
    INSERT INTO ${mark}_db.plain VALUES (1, '${secret}');
    INSERT INTO ${mark}_db.keys VALUES (77);
    INSERT INTO ${mark}_db.joined VALUES (1, '${secret}');
    CREATE VIEW shop.seen AS SELECT * FROM shop.orders;
    CREATE VIEW shop.part DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT id FROM s.orders WHERE id = 1;
    INSERT INTO s.orders VALUES (2, '${secret}');
    CREATE VIEW shop.through AS SELECT id, ${mark}_c AS v FROM ${mark}_db.${mark}_t;
    CREATE SNAPSHOT both OF shop.orders, ${mark}_db.${mark}_t, eu_1.t, s.orders`);
});
test.after.always(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

/** All that a statement gives to a role: its rows, or its error. */
async function told(role: string, sql: string): Promise<{ text: string; code: string }> {
  try {
    const rows = await queryRows(engine, sql, { role });
    const plain = (_: string, value: unknown): unknown =>
      typeof value === 'bigint' ? String(value) : value;
    return { text: JSON.stringify(rows, plain), code: 'OK' };
  } catch (error) {
    if (!(error instanceof FlashError)) throw error;
    return { text: `${error.message} ${error.hint ?? ''}`, code: error.code };
  }
}

/** What a statement says itself it was not told, and the text of a view that it may see is its own. */
function leaks(sql: string, told: string): boolean {
  if (told.includes(secret)) return true;
  if (sql.includes('through')) return false;
  const text = told.replaceAll(/(?:id, )?zq7name_c AS v FROM zq7name_db\.zq7name_t/g, '');
  return [`${mark}_c`, mark].some((name) => text.includes(name) && !sql.includes(name));
}

const hidden = `${mark}_db.${mark}_t`;

test.serial('what each role reads, over views and snapshots too', async (t) => {
  const expected: readonly (readonly [role: string, sql: string, outcome: string])[] = [
    ['reader', 'SELECT id, v FROM shop.orders ORDER BY id', '[{"id":1,"v":"a"},{"id":2,"v":"b"}]'],
    ['reader', 'SELECT count() AS n FROM shop.plain', '[{"n":"1"}]'],
    ['reader', 'SELECT count() AS n FROM shop.seen', '[{"n":"2"}]'],
    ['reader', 'SELECT count() AS n FROM shop.through', 'DENIED'],
    ['reader', 'SELECT id FROM shop.part', '[{"id":1}]'],
    ['reader', 'SELECT count() AS n FROM shop.orders AT SNAPSHOT both', '[{"n":"2"}]'],
    ['reader', `SELECT count() AS n FROM ${hidden} AT SNAPSHOT both`, 'DENIED'],
    // Its name begins as that of a database of the role does.
    ['reader', 'SELECT count() AS n FROM s.orders AT SNAPSHOT both', 'DENIED'],
    ['reader', `SELECT * FROM ${hidden}`, 'DENIED'],
    ['reader', 'SELECT * FROM theflash.checkpoints', 'DENIED'],
    ['reader', 'SHOW SNAPSHOTS', 'DENIED'],
    ['writer', 'SELECT count() AS n FROM shop.seen', 'DENIED'],
    ['writer', 'SELECT count() AS n FROM shop.orders', '[{"n":"2"}]'],
    ['writer', 'SELECT count() AS n FROM shop.log_a', 'DENIED'],
    ['logs', 'SELECT count() AS n FROM shop.log_a', '[{"n":"1"}]'],
    ['logs', 'SELECT count() AS n FROM shop.orders', 'DENIED'],
    ['eu', 'SELECT count() AS n FROM eu_1.t', '[{"n":"1"}]'],
    ['eu', 'SELECT count() AS n FROM eu_1.t AT SNAPSHOT both', '[{"n":"1"}]'],
    ['eu', 'SELECT count() AS n FROM shop.orders AT SNAPSHOT both', 'DENIED'],
    ['everything', `SELECT count() AS n FROM ${hidden} AT SNAPSHOT both`, '[{"n":"2"}]'],
    // A name of a column, an alias or a CTE is no table, though a hidden one is called so.
    ['reader', 'SELECT id AS hidden FROM shop.log_a', '[{"hidden":1}]'],
    ['reader', 'WITH hidden AS (SELECT 1 AS n) SELECT 2 AS hidden, 3 AS n', '[{"hidden":2,"n":3}]'],
    ['reader', 'SELECT * FROM hidden', 'DENIED'],
    ['everything', 'SELECT count() AS n FROM theflash.snapshots', 'DENIED'],
    ['everything', 'SELECT count() AS n FROM system.processes', 'DENIED'],
  ];
  for (const [role, sql, outcome] of expected) {
    const { text, code } = await told(role, sql);
    t.is(code === 'OK' ? text : code, outcome, `${role}: ${sql}`);
  }
});

test.serial('no system table tells a role of what it may not see', async (t) => {
  const tables = await queryRows(
    engine,
    "SELECT database, name FROM system.tables WHERE database ILIKE 'information_schema' OR database = 'system'",
  );
  t.true(tables.length > 100);
  const open: string[] = [];
  for (const { database, name } of tables) {
    const sql = `SELECT * FROM ${String(database)}.\`${String(name)}\` LIMIT 3000`;
    const { text, code } = await told('reader', sql);
    t.false(leaks(sql, text), `${sql}: ${text.slice(0, 300)}`);
    if (code === 'OK' && text !== '[]' && database === 'system') open.push(String(name));
  }
  // Each one here was looked at; a new one is a decision.
  t.deepEqual(open.sort(), [
    'build_options', 'collations', 'columns', 'contributors', 'data_type_families', 'database_engines',
    'databases', 'formats', 'keywords', 'licenses', 'numbers', 'numbers_mt', 'one', 'settings',
    'table_engines', 'table_functions', 'tables', 'time_zones', 'zeros', 'zeros_mt',
  ]); // prettier-ignore
  const [seen] = await queryRows(
    engine,
    "SELECT groupUniqArray(database) AS d FROM system.tables WHERE database NOT IN ('system', 'information_schema', 'INFORMATION_SCHEMA')",
    { role: 'reader' },
  );
  t.deepEqual([...(seen?.['d'] as string[])].sort(), ['shop', 'theflash_snapshots']);
});

/** Ways to write a read of a table, ⟦t⟧; ⟦c⟧ is its secret column. */
const reads: readonly [string, ...string[]] = [
  'SELECT * FROM ⟦t⟧',
  'SELECT ⟦c⟧ FROM ⟦t⟧',
  'SELECT count() FROM ⟦t⟧',
  'SELRAW * FROM ⟦t⟧',
  'SELECT * FROM ⟦t⟧ FINAL',
  'FROM ⟦t⟧ SELECT *',
  'SELECT * FROM (SELECT * FROM ⟦t⟧)',
  'WITH x AS (SELECT * FROM ⟦t⟧) SELECT * FROM x',
  'SELECT (SELECT any(⟦c⟧) FROM ⟦t⟧)',
  'SELECT * FROM view(SELECT * FROM ⟦t⟧)',
  'SELECT 1 IN ⟦t⟧',
  'SELECT 1 WHERE 1 IN (SELECT id FROM ⟦t⟧)',
  'SELECT id, v FROM shop.orders WHERE id IN (SELECT id FROM ⟦t⟧)',
  'SELECT * FROM shop.orders JOIN ⟦t⟧ USING (id)',
  'SELECT id FROM shop.orders UNION ALL SELECT id FROM ⟦t⟧',
  'SELECT id FROM shop.orders INTERSECT SELECT id FROM ⟦t⟧',
  'EXPLAIN SELECT * FROM ⟦t⟧',
  'EXPLAIN ESTIMATE SELECT * FROM ⟦t⟧',
  'EXPLAIN PIPELINE SELECT * FROM ⟦t⟧',
  'EXPLAIN TABLE OVERRIDE mysql(a, b, c, d, e) PARTITION BY id',
  'DESCRIBE TABLE ⟦t⟧',
  'SHOW CREATE TABLE ⟦t⟧',
  'SHOW COLUMNS FROM ⟦t⟧',
  'SHOW INDEX FROM ⟦t⟧',
  'EXISTS TABLE ⟦t⟧',
  'CHECK TABLE ⟦t⟧',
  'SELECT * FROM loop(⟦t⟧) LIMIT 1',
  `SELECT * FROM merge('${mark}_db', '.*')`,
  `SELECT * FROM merge(REGEXP('.*'), '${mark}.*t')`,
  `SELECT * FROM merge('theflash_snapshots', '.*')`,
  `SELECT * FROM merge('system', 'proc.*')`,
  `SELECT * FROM cluster('default', ⟦t⟧)`,
  `SELECT * FROM remote('127.0.0.1', ⟦t⟧)`,
  `SELECT * FROM mergeTreeIndex('${mark}_db', 'plain')`,
  `SELECT * FROM mergeTreeProjection('${mark}_db', 'plain', 'p')`,
  `SELECT joinGet('${mark}_db.joined', '${mark}_c', 1)`,
  `SELECT joinGetOrNull('${mark}_db.joined', '${mark}_c', 1)`,
  `SELECT 77 IN ${mark}_db.keys`,
  `SELECT dictGet('${mark}_db.d', '${mark}_c', 1)`,
  `SELECT hasColumnInTable('${mark}_db', '${mark}_t', '${mark}_c')`,
  'SELECT * FROM shop.through',
  `SHOW TABLES FROM ${mark}_db`,
  'SHOW DATABASES',
  'SHOW FULL PROCESSLIST',
  'SHOW SNAPSHOTS',
  'SHOW FUNCTIONS',
  `SELECT * FROM ${hidden} AT SNAPSHOT both`,
  'SELECT * FROM theflash_snapshots.`s.zq7name_db.zq7name_t.1_1`',
  'SELECT * FROM theflash_snapshots.`s.s.orders.1_3`',
  'SELECT name, create_table_query FROM system.tables',
  'SELECT * FROM system.columns',
  'SELECT query FROM system.processes',
  'SELECT last_error_message FROM system.errors',
  'SELECT * FROM system.query_cache SETTINGS use_query_cache = 1',
  'SELECT ⟦c⟧ FROM ⟦t⟧ SETTINGS use_query_cache = 1',
  "SELECT * FROM values('a String', (SELECT any(⟦c⟧) FROM ⟦t⟧))",
  'SELECT * FROM numbers(toUInt64((SELECT max(id) FROM ⟦t⟧)))',
  'SELECT * FROM generateSeries(1, toUInt64((SELECT max(id) FROM ⟦t⟧)))',
  'SELECT arrayMap(x -> (SELECT any(⟦c⟧) FROM ⟦t⟧), [1])',
  'SELECT * FROM ⟦t⟧ SAMPLE 1',
  "SELECT getSetting('query_cache_tag')",
  'SHOW GRANTS',
  'SHOW ACCESS',
  'EXPLAIN QUERY TREE SELECT * FROM ⟦t⟧',
  'EXPLAIN SYNTAX oneline = 1, run_query_tree_passes = 1 SELECT * FROM ⟦t⟧',
  'EXPLAIN AST SELECT * FROM ⟦t⟧',
  'EXPLAIN ESTIMATE SELECT * FROM shop.part',
  'SELECT zq7nam FROM ⟦t⟧',
  'SELECT intDiv(1, ⟦c⟧) FROM ⟦t⟧',
  `SELECT * FROM timeSeriesSelector('${mark}_db', 'plain', 'x', 0, 1)`,
  `SELECT joinGet('${mark}_db.plain', '${mark}_c', 1)`,
];

/** Ways to change, or to be more. */
const changes: readonly [string, ...string[]] = [
  'INSERT INTO ⟦t⟧ SELECT 9, 9',
  "INSERT INTO ⟦t⟧ VALUES (9, 'x')",
  'INSERT INTO shop.plain SELECT id, ⟦c⟧ FROM ⟦t⟧',
  'INSERT INTO shop.orders SELECT id + 100, ⟦c⟧ FROM ⟦t⟧',
  'UPSERT INTO shop.orders SELECT id + 100, ⟦c⟧ FROM ⟦t⟧',
  "UPDATE ⟦t⟧ SET ⟦c⟧ = 'x' WHERE 1",
  'UPDATE shop.orders SET v = (SELECT any(⟦c⟧) FROM ⟦t⟧) WHERE 1',
  'DELETE FROM ⟦t⟧ WHERE 1',
  'DELETE FROM shop.orders WHERE id IN (SELECT id FROM ⟦t⟧)',
  'ALTER TABLE ⟦t⟧ DELETE WHERE 1',
  'ALTER TABLE shop.plain UPDATE v = (SELECT any(⟦c⟧) FROM ⟦t⟧) WHERE 1',
  'ALTER TABLE shop.plain ADD COLUMN w String',
  `ALTER TABLE shop.plain ATTACH PARTITION tuple() FROM ${mark}_db.plain`,
  `ALTER TABLE shop.plain REPLACE PARTITION tuple() FROM ${mark}_db.plain`,
  'TRUNCATE TABLE ⟦t⟧',
  'TRUNCATE TABLE shop.plain',
  'DROP TABLE ⟦t⟧',
  'DROP TABLE shop.plain',
  'DROP DATABASE shop',
  'RENAME TABLE ⟦t⟧ TO shop.mine',
  'EXCHANGE TABLES ⟦t⟧ AND shop.orders',
  'CREATE TABLE shop.copy AS ⟦t⟧',
  'CREATE TABLE shop.copy CLONE AS ⟦t⟧',
  'CREATE TABLE shop.copy ENGINE = Memory AS SELECT * FROM ⟦t⟧',
  'CREATE TABLE shop.copy ENGINE = MutableMergeTree ORDER BY id AS SELECT * FROM ⟦t⟧',
  `CREATE TABLE shop.all ENGINE = Merge('${mark}_db', '.*')`,
  'CREATE VIEW shop.w AS SELECT * FROM ⟦t⟧',
  'CREATE VIEW shop.w DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT * FROM ⟦t⟧',
  'CREATE MATERIALIZED VIEW shop.m ENGINE = Memory AS SELECT * FROM ⟦t⟧',
  'CREATE DATABASE mine',
  'CREATE FUNCTION f AS (x) -> x',
  'CREATE ROLE r',
  'CREATE USER u',
  'GRANT SELECT ON *.* TO default',
  'GRANT theflash_owner TO default',
  'SET ROLE theflash_owner',
  'SET ROLE ALL',
  'SET DEFAULT ROLE ALL TO default',
  'EXECUTE AS default SELECT 1',
  'EXECUTE AS default',
  'KILL QUERY WHERE 1',
  'SYSTEM FLUSH LOGS',
  'OPTIMIZE TABLE shop.orders FINAL',
  'OPTIMIZE TABLE ⟦t⟧ ELIMINATE',
  'CREATE SNAPSHOT mine OF ⟦t⟧',
  'CREATE SNAPSHOT mine OF shop.orders',
  'ALTER SNAPSHOT both EXPIRES IN 1 SECONDS',
  'DROP SNAPSHOT both',
  "BACKUP TABLE ⟦t⟧ TO File('b')",
  "RESTORE TABLE ⟦t⟧ FROM File('b')",
  'DETACH TABLE shop.plain',
  'INSERT INTO theflash_staging.x SELECT 1',
  'INSERT INTO theflash.checkpoints SELECT * FROM theflash.checkpoints',
  "IMPORT INTO shop.orders (id, v, _INTERNAL_DELMARK) VALUES (1, 'x', 1)",
  "IMPORT INTO shop.orders (id, v, _INTERNAL_VERSION, _INTERNAL_DELMARK) VALUES (1, 'x', 99999999, 0)",
  'SELECT 1; DROP TABLE shop.plain',
  'SET ROLE theflash_owner; SELECT * FROM ⟦t⟧',
];

type Target = readonly [table: string, column: string];

const targets: readonly [Target, ...Target[]] = [
  [hidden, `${mark}_c`],
  [`\`${mark}_db\`.\`plain\``, `${mark}_c`],
  ['s.orders', 'v'],
  [`${hidden} AT SNAPSHOT both`, `${mark}_c`],
];

function fill(template: string, [table, column]: readonly [string, string]): string {
  return template.replaceAll('⟦t⟧', table).replaceAll('⟦c⟧', column);
}

/** All that the owner sees of the tables, what may be hidden included. */
async function state(of: Engine): Promise<string> {
  const texts: unknown[] = [];
  for (const table of ['shop.orders', 'shop.plain', hidden, `${mark}_db.plain`, 's.orders']) {
    texts.push(await queryRows(of, `SELECT * FROM ${table} ORDER BY ALL`));
  }
  texts.push(
    await queryRows(
      of,
      "SELECT database, name FROM system.tables WHERE database NOT IN ('system', 'theflash', 'theflash_staging') ORDER BY ALL",
    ),
  );
  texts.push(await queryRows(of, 'SHOW SNAPSHOTS'));
  return JSON.stringify(texts, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

test.serial(
  'no statement reads what a role may not read, or changes what it may not change',
  async (t) => {
    const before = await state(engine);
    for (const target of targets) {
      for (const template of [...reads, ...changes]) {
        const sql = fill(template, target);
        for (const role of ['reader', 'logs', 'eu']) {
          const { text } = await told(role, sql);
          t.false(leaks(sql, text), `${role}: ${sql}: ${text.slice(0, 300)}`);
        }
      }
    }
    t.is(await state(engine), before);
  },
);

test.serial('random statements around a hidden table', async (t) => {
  t.timeout(900_000);
  const seed = chooseSeed();
  t.log(`SEED=${seed}`);
  const random = createRandom(seed);
  const wraps: readonly [string, ...string[]] = [
    'SELECT * FROM (⟦q⟧)',
    'WITH w AS (⟦q⟧) SELECT * FROM w',
    '⟦q⟧ UNION ALL ⟦q⟧',
    'SELECT count() FROM shop.orders WHERE id IN (SELECT 1 FROM (⟦q⟧))',
    'EXPLAIN ⟦q⟧',
    'SELECT (SELECT count() FROM (⟦q⟧)), *  FROM shop.orders',
    'SELECT * FROM view(⟦q⟧)',
    'INSERT INTO shop.orders SELECT 5, toString(*) FROM (⟦q⟧)',
    '/* ⟦q⟧ */ ⟦q⟧ -- x',
    '⟦q⟧ SETTINGS max_threads = 1',
  ];
  const before = await state(engine);
  const count = shortOrFull(1500, 10_000);
  for (let done = 0; done < count; done += 1) {
    let sql = fill(random.pick(random.chance(80) ? reads : changes), random.pick(targets));
    for (let depth = random.int(0, 3); depth > 0; depth -= 1) {
      const inner = sql;
      sql = random.pick(wraps).replaceAll('⟦q⟧', () => inner);
    }
    const { text } = await told(random.pick(['reader', 'logs', 'eu']), sql);
    t.false(leaks(sql, text), `SEED=${seed}: ${sql}: ${text.slice(0, 300)}`);
  }
  t.is(await state(engine), before, `SEED=${seed}`);
});

test.serial('a role that writes does so in its tables alone', async (t) => {
  const hiddenBefore = JSON.stringify(
    await queryRows(engine, `SELECT * FROM ${hidden} ORDER BY id`),
  );
  for (const target of targets) {
    for (const template of [...reads, ...changes]) {
      const sql = fill(template, target);
      const { text } = await told('writer', sql);
      t.false(leaks(sql, text), `writer: ${sql}: ${text.slice(0, 300)}`);
    }
  }
  t.is(
    JSON.stringify(await queryRows(engine, `SELECT * FROM ${hidden} ORDER BY id`)),
    hiddenBefore,
  );
  const allowed = [
    "INSERT INTO shop.orders VALUES (50, 'x')",
    "INSERT INTO shop.orders SELECT 51, 'y'",
    "UPSERT INTO shop.orders VALUES (50, 'z')",
    "UPDATE shop.orders SET v = 'w' WHERE id = 51",
    "INSERT INTO shop.orders SELECT number + 1000, 'n' FROM numbers(100000)",
    'DELETE FROM shop.orders WHERE id >= 1000',
    "INSERT INTO shop.plain VALUES (60, 'p')",
    'INSERT INTO shop.plain SELECT id + 100, v FROM shop.orders',
  ];
  for (const sql of allowed) t.is((await told('writer', sql)).code, 'OK', sql);
  const rows = await queryRows(
    engine,
    'SELECT id, v FROM shop.orders WHERE id IN (50, 51) OR id >= 1000 ORDER BY id',
  );
  t.deepEqual(rows, [
    { id: 50, v: 'z' },
    { id: 51, v: 'w' },
  ]);
  const [left] = await queryRows(
    engine,
    "SELECT count() AS n FROM system.tables WHERE database = 'theflash_staging'",
  );
  t.is(Number(left?.['n']), 0);
});

test.serial(
  "a connection that was a role's is nobody's afterwards, and an error gives it no more rights",
  async (t) => {
    for (let times = 0; times < 30; times += 1) {
      await told('reader', times % 2 === 0 ? 'SELECT throwIf(1)' : `SELECT * FROM ${hidden}`);
      t.is((await told('reader', `SELECT 1; SELECT * FROM ${hidden}`)).code === 'OK', false);
      // What streaming refuses runs anew.
      t.not((await told('reader', `EXPLAIN SELECT * FROM ${hidden}`)).code, 'OK');
      const [row] = await queryRows(engine, `SELECT count() AS n FROM ${hidden}`);
      t.is(Number(row?.['n']), 2);
    }
  },
);

test.serial('of changes a role has INSERT, and UPDATE and DELETE of mutable tables', async (t) => {
  for (const sql of [
    'ALTER TABLE shop.orders DROP PARTITION tuple()',
    'ALTER TABLE shop.plain DROP PARTITION tuple()',
    'ALTER TABLE shop.plain DETACH PARTITION tuple()',
    'ALTER TABLE shop.plain DELETE WHERE 1',
    'DELETE FROM shop.plain WHERE 1',
    'TRUNCATE TABLE shop.orders',
    'SELECT * FROM system.models',
  ]) {
    t.is((await told('writer', sql)).code, 'DENIED', sql);
  }
});

test.serial('roles that there are not, and rights that are none, are refused', async (t) => {
  const error = await t.throwsAsync(queryRows(engine, 'SELECT 1', { role: 'nobody' }), {
    instanceOf: FlashError,
  });
  t.is(error.code, 'INVALID_REQUEST');
  const owner = await t.throwsAsync(queryRows(engine, 'SELECT 1', { role: 'theflash_owner' }), {
    instanceOf: FlashError,
  });
  t.is(owner.code, 'INVALID_REQUEST');
});
