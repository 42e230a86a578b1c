// Goal: what docs/sql.md says of float keys, of digits beyond a decimal's scale, and of a row that comes
// without a version.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { FlashError, queryRows, type Engine } from '../../src/protocol/index.js';
import { openEmbeddedEngine } from './open-engine.js';

let folder = '';
let engine: Engine;

test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'theflash-keys-'));
  engine = await openEmbeddedEngine(folder);
  await engine.execute('CREATE DATABASE d');
});
test.after.always(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

const texts = async (sql: string): Promise<string[]> =>
  (await queryRows(engine, sql)).map((row) => Object.values(row).map(String).join(' '));

test.serial('0.0 and -0.0 are one key, all NaN are one, and isNaN() deletes it', async (t) => {
  await engine.execute(`CREATE TABLE d.f (k Float64, v String) ENGINE = MutableMergeTree ORDER BY k;
    INSERT INTO d.f VALUES (0.0, 'a'), (nan, 'n'), (1, 'x');
    INSERT INTO d.f VALUES (-0.0, 'b'), (-nan, 'm')`);
  t.deepEqual(await texts('SELECT v FROM d.f ORDER BY v'), ['b', 'm', 'x']);
  await engine.execute('DELETE FROM d.f WHERE k = nan');
  t.deepEqual(await texts('SELECT v FROM d.f ORDER BY v'), ['b', 'm', 'x']);
  await engine.execute('DELETE FROM d.f WHERE isNaN(k); DELETE FROM d.f WHERE k = 0');
  t.deepEqual(await texts('SELECT v FROM d.f ORDER BY v'), ['x']);
});

test.serial(
  'digits beyond the scale of a decimal are cut, too many before it refused',
  async (t) => {
    await engine.execute(`CREATE TABLE d.m (k Int64, d Decimal(5, 2)) ENGINE = MutableMergeTree ORDER BY k;
    INSERT INTO d.m VALUES (1, '1.239'), (2, '-1.239')`);
    t.deepEqual(await texts('SELECT toString(d) AS d FROM d.m ORDER BY k'), ['1.23', '-1.23']);
    await t.throwsAsync(engine.execute(`INSERT INTO d.m VALUES (3, '123456789.1')`), {
      instanceOf: FlashError,
    });
    await engine.execute(`INSERT INTO d.m VALUES (4, '12345.6')`);
    t.deepEqual(await texts('SELECT toString(d) AS d FROM d.m WHERE k > 2'), ['12345.6']);
  },
);

for (const order of ['k', 'tuple()']) {
  test.serial(
    `ORDER BY ${order}: the table has the constraint that refuses version 0`,
    async (t) => {
      const name = order === 'k' ? 'd.keyed' : 'd.bag';
      await engine.execute(
        `CREATE TABLE ${name} (k Int64) ENGINE = MutableMergeTree ORDER BY ${order}`,
      );
      const [stored] = await texts(
        `SELECT create_table_query FROM system.tables WHERE concat(database, '.', name) = '${name}'`,
      );
      t.regex(stored ?? '', /CONSTRAINT _INTERNAL_VERSIONED CHECK _INTERNAL_VERSION > 0/);
      const [shown] = await texts(`SHOW CREATE TABLE ${name}`);
      t.notRegex(shown ?? '', /_INTERNAL|CONSTRAINT/);
      const error = await t.throwsAsync(
        engine.execute(`ALTER TABLE ${name} DROP CONSTRAINT _INTERNAL_VERSIONED`),
        { instanceOf: FlashError },
      );
      t.is(error.code, 'INVALID_REQUEST');
    },
  );
}

test.serial('IMPORT of version 0 is refused by the table', async (t) => {
  await engine.execute('CREATE TABLE d.i (k Int64) ENGINE = MutableMergeTree ORDER BY k');
  const error = await t.throwsAsync(
    engine.execute('IMPORT INTO d.i (k, _INTERNAL_VERSION, _INTERNAL_DELMARK) VALUES (1, 0, 0)'),
    { instanceOf: FlashError },
  );
  t.regex(error.message, /_INTERNAL_VERSIONED/);
  t.deepEqual(await texts('SELRAW count() AS n FROM d.i'), ['0']);
});
