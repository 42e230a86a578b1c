import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { openEmbeddedEngine } from '../../src/engine/index.js';
import { queryRows, type Engine } from '../../src/protocol/index.js';

let folder = '';
let engine: Engine;

test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'theflash-filled-'));
  engine = await openEmbeddedEngine(folder);
  await engine.execute('CREATE DATABASE d');
});

test.after.always(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

const values = async (sql: string): Promise<string> =>
  JSON.stringify((await queryRows(engine, sql)).map((row) => Object.values(row).map(String)));

for (const [name, key] of [
  ['keyed', 'k'],
  ['keyless', 'tuple()'],
] as const) {
  const engineOf = `ENGINE = MutableMergeTree ORDER BY ${key}`;
  const table = `d.${name}`;

  test.serial(`${name}: a table is replaced by what is selected from itself`, async (t) => {
    await engine.execute(
      `CREATE TABLE ${table} (k Int64, v String) ${engineOf} AS SELECT number, 'a' FROM numbers(5)`,
    );
    await engine.execute(`DELETE FROM ${table} WHERE k = 2`);
    const replace = `CREATE OR REPLACE TABLE ${table} (k Int64, v String) ${engineOf} AS SELECT k + 10, 'b' FROM ${table}`;
    await engine.execute(replace);
    t.is(
      await values(`SELECT k, v FROM ${table} ORDER BY k`),
      '[["10","b"],["11","b"],["13","b"],["14","b"]]',
    );
    await engine.execute(replace.replace('CREATE OR REPLACE', 'REPLACE').replace('k + 10', 'k'));
    t.is(
      await values(`SELECT k, v FROM ${table} ORDER BY k`),
      '[["10","b"],["11","b"],["13","b"],["14","b"]]',
    );
    // It is a table like any other: later writes win, of a batch and of SQL.
    await engine.execute(
      `UPDATE ${table} SET v = 'c' WHERE k = 10; DELETE FROM ${table} WHERE k = 11`,
    );
    t.is(
      await values(`SELECT k, v FROM ${table} ORDER BY k`),
      '[["10","c"],["13","b"],["14","b"]]',
    );
  });

  test.serial(
    `${name}: a SELECT that fails leaves the table as it was, and makes none`,
    async (t) => {
      const failing = `(k Int64, v String) ${engineOf} AS SELECT number, throwIf(number = 90000)::String FROM numbers(100000)`;
      await t.throwsAsync(engine.execute(`CREATE OR REPLACE TABLE ${table} ${failing}`));
      t.is(await values(`SELECT count() FROM ${table}`), '[["3"]]');
      await t.throwsAsync(engine.execute(`CREATE TABLE d.other ${failing}`));
      t.is(await values('EXISTS TABLE d.other'), '[["0"]]');
      t.is(
        await values("SELECT count() FROM system.tables WHERE database = 'theflash_staging'"),
        '[["0"]]',
      );
    },
  );

  test.serial(`${name}: a table that is there is kept, or refused`, async (t) => {
    const other = `(k Int64) ${engineOf} AS SELECT 1`;
    await t.throwsAsync(engine.execute(`CREATE TABLE ${table} ${other}`), {
      message: /already exists/,
    });
    await engine.execute(`CREATE TABLE IF NOT EXISTS ${table} ${other}`);
    t.is(await values(`SELECT count() FROM ${table}`), '[["3"]]');
    await engine.execute(`CREATE TABLE IF NOT EXISTS d.new_${name} ${other}`);
    // It can't be exchanged in the database that libchdb makes, and stays as it was.
    const inDefault = `CREATE OR REPLACE TABLE default.new_${name} ${other}`;
    await engine.execute(inDefault);
    await t.throwsAsync(engine.execute(inDefault));
    t.is(await values(`SELECT count() FROM default.new_${name}`), '[["1"]]');
    t.is(await values(`SELECT count() FROM d.new_${name}`), '[["1"]]');
  });
}
