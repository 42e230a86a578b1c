// Goal: SQL sets what is on the list, and nothing else, however it is written. Method: every setting
// of this ClickHouse is on the list, const, or one of ch.so's own, so that a new one can't slip in;
// then statements that set what they may not.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { openEmbeddedEngine } from '../../src/engine/index.js';
import { queryRows, type Engine } from '../../src/protocol/index.js';
import { ownSettings, readAllowed } from './allowed-settings.js';

let folder = '';
let engine: Engine;

test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'theflash-settings-'));
  engine = await openEmbeddedEngine(path.join(folder, 'data'));
  await engine.execute(`CREATE DATABASE d;
    CREATE TABLE d.m (k Int64, v String) ENGINE = MutableMergeTree ORDER BY (k);
    INSERT INTO d.m VALUES (1, 'old'); UPDATE d.m SET v = 'new' WHERE k = 1;
    CREATE TABLE d.t (a String) ENGINE = MergeTree ORDER BY a`);
});
test.after.always(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

async function names(table: string, condition: string): Promise<string[]> {
  const sql = `SELECT name FROM system.${table} WHERE ${condition} ORDER BY name`;
  return (await queryRows(engine, sql)).map((row) => String(row['name']));
}

test.serial('every setting is allowed, const, or of ch.so', async (t) => {
  const allowed = await readAllowed();
  const open = await names('settings', `NOT readonly AND alias_for = ''`);
  t.true(open.length > 500);
  t.deepEqual(open, [...allowed.query, ...ownSettings].sort());
  // Read-only are also those that a table keeps for ever.
  const ofTables = await names('merge_tree_settings', 'NOT readonly');
  t.deepEqual(
    ofTables.filter((name) => !allowed.table.includes(name)),
    [],
  );
});

test.serial('an alias is as const as what it stands for', async (t) => {
  const { query } = await readAllowed();
  const aliases = (
    await queryRows(
      engine,
      `SELECT name, alias_for FROM system.settings WHERE alias_for != '' AND NOT is_obsolete`,
    )
  ).filter((row) => !query.includes(String(row['alias_for'])));
  t.true(aliases.length > 10);
  for (const row of aliases) {
    const sql = `SELECT * FROM (SELECT 1 SETTINGS ${String(row['name'])} = 77)`;
    await t.throwsAsync(
      engine.execute(sql),
      { message: /is not one that statements may set/ },
      sql,
    );
  }
});

const forbidden = [
  `final = 0`,
  `"final" = 0`,
  '`fin\\x61l` = 0',
  `max_threads = 1, final = 0`,
  `query_cache_tag = '9000000000000000000'`,
  `"query_cache\\x5ftag" = '9000000000000000000'`,
  `asterisk_include_materialized_columns = 1`,
  `apply_prewhere_after_final = 0`,
  `enable_analyzer = 0`,
  `allow_experimental_analyzer = 0`,
  `compatibility = '22.1'`,
  `dialect = 'kusto'`,
  `max_memory_usage = 1`,
  `use_query_cache = 1`,
  `format_template_row = '/x'`,
  `input_format_record_errors_file_path = '/x'`,
  `format_avro_schema_registry_url = 'http://127.0.0.1:1'`,
  `apply_deleted_mask`,
];

for (const list of forbidden) {
  test.serial(`refused: SETTINGS ${list}`, async (t) => {
    for (const sql of [
      `SELECT v FROM d.m SETTINGS ${list}`,
      `SELECT v FROM (SELECT v FROM d.m SETTINGS ${list})`,
      `SELECT v FROM d.m WHERE k IN (SELECT 1 SETTINGS\u00a0${list})`,
      `WITH a AS (SELECT v FROM d.m SETTINGS/**/${list}) SELECT v FROM a`,
      `INSERT INTO d.t SETTINGS ${list} SELECT 'x'`,
      `INSERT INTO d.m SELECT 2, 'x' SETTINGS ${list}`,
      `CREATE VIEW d.v AS SELECT v FROM d.m SETTINGS ${list}`,
      `UPDATE d.m SET v = 'x' WHERE k = 1 SETTINGS ${list}`,
    ]) {
      await t.throwsAsync(engine.execute(sql), undefined, sql);
    }
    const rows = await queryRows(engine, 'SELECT k, v FROM d.m ORDER BY k');
    t.deepEqual(
      rows.map((row) => String(row['v'])),
      ['new'],
    );
    t.deepEqual(await names('tables', `database = 'd'`), ['m', 't']);
  });
}

for (const setting of [
  `disk = 'x'`,
  `storage_policy = 'x'`,
  `"dis\\x6b" = disk(type = local, path = '/x')`,
  `table_disk = 1`,
  `index_granularity = 8, min_rows_to_fsync_after_merge = 7`,
]) {
  test.serial(`refused: a table of SETTINGS ${setting}`, async (t) => {
    for (const engineName of ['MergeTree ORDER BY a', 'MutableMergeTree ORDER BY (a)']) {
      const sql = `CREATE TABLE d.s (a String) ENGINE = ${engineName} SETTINGS ${setting}`;
      await t.throwsAsync(engine.execute(sql), undefined, sql);
    }
    await t.throwsAsync(engine.execute(`ALTER TABLE d.t MODIFY SETTING ${setting}`));
  });
}

test.serial('what is on the list is set', async (t) => {
  const [row] = await queryRows(
    engine,
    `SELECT getSetting('max_block_size') AS size FROM d.m
     SETTINGS max_block_size = 77, "max_threads" = 1, join_algorithm = 'hash', log_comment = 'final'`,
  );
  t.is(Number(row?.['size']), 77);
  await engine.execute(`CREATE TABLE d.s (a String, final UInt8) ENGINE = MergeTree ORDER BY a
    SETTINGS index_granularity = 100; DROP TABLE d.s`);
  await t.throwsAsync(engine.execute(`SELECT 1 SETTINGS no_such_setting = 1`), {
    message: /no_such_setting/,
  });
});

// The engine itself tells what it takes for a space; the SQL layer must take the same.
test.serial('every space of Unicode that the engine knows parts words', async (t) => {
  const rows = await queryRows(
    engine,
    `SELECT hex(c) AS h FROM (SELECT number, multiIf(
       number < 2048, concat(char(192 + intDiv(number, 64)), char(128 + number % 64)),
       concat(char(224 + intDiv(number, 4096)), char(128 + intDiv(number, 64) % 64), char(128 + number % 64))
     ) AS c FROM numbers(128, 65408))
     WHERE formatQueryOrNull(concat('SELECT', c, '1')) = formatQuery('SELECT 1')`,
  );
  t.true(rows.length > 20, String(rows.length));
  for (const row of rows) {
    const space = Buffer.from(String(row['h']), 'hex').toString('utf8');
    const code = space.codePointAt(0)?.toString(16);
    const error = await t.throwsAsync(engine.execute(`SELECT 1 SETTINGS${space}final = 0`));
    t.regex(error.message, /The setting final/, code);
    await t.throwsAsync(engine.execute(`SELECT file${space}('/etc/hostname')`), {
      message: /outside of the engine folder/,
    });
  }
});
