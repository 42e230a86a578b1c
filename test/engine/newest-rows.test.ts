import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { openEmbeddedEngine } from '../../src/engine/index.js';
import { queryRows, type Engine } from '../../src/protocol/index.js';

// Every way to name a table: `{t}` is a mutable table, and a plain one of the same rows as its oracle.
const reads = [
  'SELECT toString(groupArray(2 IN {t})), toString(groupArray(k IN ({t}))) FROM {t}',
  'SELECT k FROM numbers(9) ARRAY JOIN [number] AS k WHERE k IN ((( {t} ))) ORDER BY k',
  'SELECT k FROM {t} WHERE k NOT IN {t} OR k GLOBAL IN {t} ORDER BY k',
  'SELECT in(2, {t}), NOT in(2, {t}), notIn(2, {t}), globalIn(3, {t}), nullIn(2, {t})',
  'SELECT 2 IN (SELECT k FROM {t}), 2 IN (SELECT k FROM (SELECT * FROM {t}))',
  'WITH c AS (SELECT k FROM {t}) SELECT 2 IN c, 3 IN c, (SELECT count() FROM c)',
  'SELECT 2 IN v.{n}, count() FROM v.{n}',
  'SELECT count() FROM v.with_a_{n}(a = 2)',
  'SELECT 2 IN v.merged_{n}, count() FROM v.merged_{n}',
  "SELECT count(), 2 IN (SELECT k FROM merge('r', '^{n}$')) FROM merge('r', '^{n}$')",
  'SELECT exists(SELECT 1 FROM {t} WHERE k = 2), count() FROM view(SELECT k FROM {t} WHERE k IN {t})',
  "SELECT uniqExact(k) FROM (SELECT k FROM loop('r', '{n}') LIMIT 100)",
  'SELECT count() FROM {t} AS a JOIN {t} AS b ON a.k = b.k',
  'SELECT count() FROM numbers(5) AS a LEFT ANY JOIN {t} AS b ON toInt64(a.number) = b.k WHERE b.k != 0',
  'SELECT k FROM {t} UNION DISTINCT SELECT k FROM {t} ORDER BY k',
  'SELECT max(k), any(k IN {t}) FROM {t} PREWHERE k IN {t}',
  'SELECT count() FROM {t} WHERE (k, k) IN (SELECT k, k FROM {t})',
  'SELECT if(2 IN {t}, 1, 0) AS x HAVING x IN (0, 1)',
] as const;

let folder = '';
let engine: Engine;

test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'theflash-newest-'));
  engine = await openEmbeddedEngine(folder);
  await engine.execute(`CREATE DATABASE r; CREATE DATABASE v;
    CREATE TABLE r.mutable (k Int64) ENGINE = MutableMergeTree ORDER BY k;
    CREATE TABLE r.plain (k Int64) ENGINE = MergeTree ORDER BY k;
    INSERT INTO r.mutable VALUES (1), (2), (3), (4);
    DELETE FROM r.mutable WHERE k IN (2, 4);
    INSERT INTO r.plain VALUES (1), (3)`);
  for (const name of ['mutable', 'plain']) {
    await engine.execute(`CREATE VIEW v.${name} AS SELECT k FROM r.${name} WHERE k IN r.${name};
      CREATE VIEW v.with_a_${name} AS SELECT k FROM r.${name} WHERE {a:Int64} IN r.${name};
      CREATE TABLE v.merged_${name} (k Int64) ENGINE = Merge(r, '^${name}$')`);
  }
});

test.after.always(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

const readAs = async (template: string, name: string): Promise<unknown[]> => {
  const sql = template.replaceAll('{t}', `r.${name}`).replaceAll('{n}', name);
  const rows = await queryRows(engine, sql);
  return rows.map((row) => Object.values(row));
};

for (const template of reads) {
  test.serial(`newest rows alone: ${template}`, async (t) => {
    t.deepEqual(await readAs(template, 'mutable'), await readAs(template, 'plain'));
  });
}

test.serial('rows are changed by what a table holds now', async (t) => {
  for (const verb of [
    'DELETE FROM x.t WHERE k IN r.mutable',
    'UPDATE x.t SET k = k + 10 WHERE NOT (k IN (r.mutable))',
    'INSERT INTO x.t SELECT number + 20 FROM numbers(5) WHERE number IN r.mutable',
  ]) {
    const found: unknown[] = [];
    for (const name of ['mutable', 'plain']) {
      await engine.execute(`CREATE DATABASE x; CREATE TABLE x.t (k Int64) ENGINE = MutableMergeTree ORDER BY k;
        INSERT INTO x.t SELECT number FROM numbers(6); ${verb.replaceAll('r.mutable', `r.${name}`)}`);
      found.push(await queryRows(engine, 'SELECT k FROM x.t ORDER BY k'));
      await engine.execute('DROP DATABASE x');
    }
    t.deepEqual(found[0], found[1], verb);
  }
});

test.serial(
  'mutations of plain tables ask for what a table holds now, or are refused',
  async (t) => {
    const create = `CREATE TABLE v.m (k Int64, s Int64) ENGINE = MergeTree ORDER BY k;
    INSERT INTO v.m SELECT number, 0 FROM numbers(6)`;
    const found: unknown[] = [];
    for (const name of ['mutable', 'plain']) {
      const final = name === 'mutable' ? ' FINAL' : '';
      await engine.execute(`${create};
      ALTER TABLE v.m DELETE WHERE k NOT IN r.${name} AND k > 0 SETTINGS mutations_sync = 2;
      ALTER TABLE v.m UPDATE s = (SELECT sum(k) FROM r.${name}${final}) WHERE true SETTINGS mutations_sync = 2;
      DELETE FROM v.m WHERE k = (SELECT max(k) FROM r.${name}${final})`);
      found.push(await queryRows(engine, 'SELECT k, s FROM v.m ORDER BY k'));
      await engine.execute('DROP TABLE v.m');
    }
    t.deepEqual(found[0], found[1]);
    await engine.execute(create);
    for (const from of [
      'r.mutable',
      'v.mutable',
      'v.merged_mutable',
      "merge('r', '^mutable$')",
      "loop('r', 'mutable')",
      'view(SELECT * FROM r.mutable)',
      'r.plain, r.mutable',
      'r.plain JOIN r.mutable USING k',
      '(SELECT * FROM r.mutable)',
    ]) {
      for (const verb of [
        'ALTER TABLE v.m DELETE',
        'DELETE FROM v.m',
        'ALTER TABLE v.m UPDATE s = 1',
      ]) {
        const sql = `${verb} WHERE k IN (SELECT k FROM ${from})`;
        await t.throwsAsync(
          engine.execute(sql),
          { code: 'INVALID_REQUEST', message: /can't read/ },
          sql,
        );
      }
    }
    await engine.execute(`CREATE TABLE v.few (k Int64) ENGINE = Memory; INSERT INTO v.few VALUES (1);
      ALTER TABLE v.m DELETE WHERE k IN (SELECT k FROM v.few) SETTINGS mutations_sync = 2`);
    t.deepEqual(await queryRows(engine, 'SELECT toUInt8(count()) AS n FROM v.m'), [{ n: 5 }]);
    await engine.execute('DROP TABLE v.m; DROP TABLE v.few');
  },
);

test.serial('sets, databases and names of a statement’s own stay what they are', async (t) => {
  await engine.execute('CREATE TABLE v.s (k Int64) ENGINE = Set; INSERT INTO v.s VALUES (7)');
  const values = async (sql: string): Promise<unknown[]> =>
    (await queryRows(engine, sql)).map((row) => Object.values(row));
  t.deepEqual(await values('SELECT toUInt8(7 IN v.s), toUInt8(2 IN v.s)'), [[1, 0]]);
  t.deepEqual(await values('SHOW TABLES IN r'), [['mutable'], ['plain']]);
  t.deepEqual(await values('WITH (5, 6) AS mutable SELECT toUInt8(5 IN mutable)'), [[1]]);
});
