// Goal: SQL reaches nothing outside of the engine folder. Method: every table function and every
// engine of tables and databases that this ClickHouse knows is either listed here as harmless or
// refused, so that a new one can't slip in; and both layers of the defence are tried alone.
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { parseCheck, projectRoot, readPatchSeries, runCheck } from '../../src/build/index.js';
import { openEmbeddedEngine } from '../../src/engine/index.js';
import { FlashError, queryRows, type Engine } from '../../src/protocol/index.js';

/** Functions that read the engine itself, make rows up, or read what the statement holds. */
const harmlessFunctions = `SQLStandardValues arrowstream dictionary format fuzzJSON fuzzQuery
  generateRandom generateSeries generate_series loop merge mergeTreeAnalyzeIndexes
  mergeTreeAnalyzeIndexesUUID mergeTreeIndex mergeTreeProjection mergeTreeTextIndex null numbers
  numbers_mt primes prometheusQuery prometheusQueryRange timeSeriesData timeSeriesMetrics
  timeSeriesSamples timeSeriesSelector timeSeriesTags values view viewExplain viewIfPermitted zeros
  zeros_mt`.split(/\s+/);

/** Refused for another reason: it has no rows to read here. */
const inputFunction = 'input';

/** Engines that keep their data in the folder or in memory, or read other tables of the engine. */
const harmlessEngines = `AggregatingMergeTree Alias Atomic Buffer CoalescingMergeTree
  CollapsingMergeTree GenerateRandom Join Log MaterializedView Memory Merge MergeTree Null
  ReplacingMergeTree Set StripeLog SummingMergeTree TinyLog VersionedCollapsingMergeTree
  View`.split(/\s+/);

let folder = '';
let engine: Engine;
test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'theflash-no-way-out-'));
  engine = await openEmbeddedEngine(path.join(folder, 'data'));
  await engine.execute('CREATE DATABASE d');
});
test.after.always(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

async function names(table: string): Promise<string[]> {
  const rows = await queryRows(engine, `SELECT name FROM system.${table} ORDER BY name`);
  return rows.map((row) => String(row['name']));
}

/** Whether a statement is refused because it reaches outside; any other end is none. */
async function isRefused(sql: string): Promise<boolean> {
  try {
    await engine.execute(sql);
  } catch (error) {
    const isOurs = error instanceof FlashError && error.code === 'INVALID_REQUEST';
    return isOurs && error.message.includes('outside of the engine folder');
  }
  return false;
}

async function notRefused(
  list: readonly string[],
  make: (name: string) => string,
): Promise<string[]> {
  const open: string[] = [];
  for (const name of list) if (!(await isRefused(make(name)))) open.push(name);
  return open;
}

test.serial('every table function is harmless or refused', async (t) => {
  const all = await names('table_functions');
  t.true(all.length > 50, `${all.length} functions`);
  const reached = await notRefused(all, (name) => `SELECT * FROM ${name}('a', 'b', 'c', 'd')`);
  t.deepEqual(
    reached.filter((name) => name !== inputFunction && !harmlessFunctions.includes(name)),
    [],
  );
  const inserted = await notRefused(
    all,
    (name) => `INSERT INTO FUNCTION ${name}('a', 'b', 'c', 'd') SELECT 1`,
  );
  t.deepEqual(
    inserted.filter((name) => name !== inputFunction && !harmlessFunctions.includes(name)),
    [],
  );
  t.deepEqual(
    harmlessFunctions.filter((name) => !all.includes(name)),
    [],
    'the list holds no others',
  );
});

test.serial('every engine of tables and databases is harmless or refused', async (t) => {
  for (const [list, kind] of [
    ['table_engines', 'TABLE d.t (a String)'],
    ['database_engines', 'DATABASE e'],
  ] as const) {
    const all = await names(list);
    t.true(all.length > 10, `${list}: ${all.length}`);
    const reached = await notRefused(all, (name) => `CREATE ${kind} ENGINE = ${name}('a', 'b')`);
    t.deepEqual(
      reached.filter((name) => !harmlessEngines.includes(name)),
      [],
      list,
    );
  }
});

// Without the SQL layer, grants alone still refuse what asks for one.
test.serial('grants refuse the sources, and only the SQL layer file()', async (t) => {
  const target = {
    tfCheck: path.join(projectRoot, 'build', 'cmake', 'tools', 'tf_check'),
    libchdb: path.join(projectRoot, 'build', 'ch', 'libchdb.so'),
  };
  const isBuilt = await access(target.tfCheck).then(
    () => true,
    () => false,
  );
  if (!isBuilt) {
    t.log('skipped: run `theflash build-ch` first');
    t.pass();
    return;
  }
  const denied = [
    `SELECT * FROM url('http://127.0.0.1:1/x', 'RawBLOB')`,
    `SELECT * FROM s3('http://127.0.0.1:1/bucket/key', 'TSV', 'a String')`,
    `SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')`,
    `SELECT * FROM postgresql('127.0.0.1:1', 'a', 'b', 'c', 'd')`,
    `SELECT * FROM remote('127.0.0.1:1', 'system', 'one')`,
    `SELECT * FROM sqlite('/tmp/theflash-way-out.db', 't')`,
    `SELECT * FROM file('/etc/hostname', 'RawBLOB')`,
    `CREATE TABLE db.f (a String) ENGINE = File(TSV, '/tmp/theflash-way-out')`,
    `CREATE TABLE db.u (a String) ENGINE = URL('http://127.0.0.1:1/x', TSV)`,
    `CREATE DATABASE m ENGINE = MySQL('127.0.0.1:1', 'a', 'b', 'c')`,
  ].map((sql) => `>> ${sql}\n!> 497\n`);
  const openToAll = `>> SELECT length(file('/etc/hostname')) > 0\n1\n`;
  const check = parseCheck(`>> CREATE DATABASE db\n${denied.join('')}${openToAll}`, 'grants');
  const series = await readPatchSeries(path.join(projectRoot, 'ch-patches'));
  t.is(await runCheck(check, series, target, { sqlLayer: false }), undefined);
});
