// Goal: whatever is written after rows came with versions of their own (IMPORT, RESTORE) wins over
// them, even if the process is killed as they come. Method: versions far above the engine's counter,
// and a SIGKILL at each place on the way.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Engine } from '../../src/protocol/index.js';
import { commitPlaces, fillFolder, runChild, sqlChild } from './crash.js';
import { applyBatch, keyedTable, readValue, throwsCode } from './engine-suite.js';
import { put, readRows } from './rows.js';
import { openEmbeddedEngine } from './open-engine.js';

/** More than the counter's durable step, 2^32. */
const farVersion = 10n ** 15n;
const columns = 'keyed.t (id, v, _INTERNAL_VERSION, _INTERNAL_DELMARK)';
const imports = {
  VALUES: `IMPORT INTO ${columns} VALUES (1, 'foreign', ${farVersion}, 0)`,
  SELECT: `IMPORT INTO ${columns} SELECT 1, 'foreign', ${farVersion}, 0`,
};

let root = '';
test.before(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'theflash-foreign-'));
});
test.after.always(async () => {
  await rm(root, { recursive: true, force: true });
});

for (const [form, sql] of Object.entries(imports)) {
  for (const [place, isApplied] of commitPlaces.slice(1)) {
    test.serial(`killed ${place}, IMPORT … ${form}: later writes win`, async (t) => {
      const folder = path.join(root, `${form}-${place}`);
      await fillFolder(folder);
      t.is(await runChild(sqlChild, folder, { THEFLASH_FAILPOINT: place }, sql), 'SIGKILL');
      const rows = [isApplied ? '1 foreign' : '1 old', '2 old'];
      await expectLaterWritesWin(t, folder, rows);
    });
  }
}

for (const place of ['before-raise', 'after-raise']) {
  test.serial(`killed ${place} of the counter, RESTORE: later writes win`, async (t) => {
    const [from, to] = [path.join(root, `${place}-from`), path.join(root, `${place}-to`)];
    await fillFolder(from);
    const backup = path.join(root, `${place}-backup`);
    const save = `${imports.VALUES}; BACKUP DATABASE keyed TO File('${backup}')`;
    t.is(await runChild(sqlChild, from, {}, save), 0);
    const restore = `RESTORE DATABASE keyed FROM File('${backup}')`;
    t.is(await runChild(sqlChild, to, { THEFLASH_FAILPOINT: place }, restore), 'SIGKILL');
    await expectLaterWritesWin(t, to, ['1 foreign', '2 old']);
  });
}

test.serial(
  'versions that leave none for later writes are refused, and none of them stays',
  async (t) => {
    const folder = path.join(root, 'highest');
    await fillFolder(folder);
    const row = (id: number, version: bigint): string => `(${id}, 'foreign', ${version}, 0)`;
    await withEngine(folder, async (engine) => {
      for (const version of [2n ** 63n, 2n ** 64n - 1n]) {
        for (const rows of [
          `VALUES ${row(1, 3n)}, ${row(2, version)}`,
          `SELECT 2, 'foreign', ${version}, 0`,
        ]) {
          const sql = `IMPORT INTO ${columns} ${rows}`;
          const error = await throwsCode(t, () => engine.execute(sql), 'INVALID_REQUEST');
          t.true(
            error.message.includes(`keyed.t: version ${version} leaves too few`),
            error.message,
          );
          t.regex(error.hint ?? '', /up to 2\^63 - 1/);
        }
      }
      t.deepEqual(await readRows(engine, 'keyed'), ['1 old', '2 old']);
      await engine.execute(`IMPORT INTO ${columns} VALUES ${row(1, 2n ** 63n - 1n)}`);
    });
    await expectLaterWritesWin(t, folder, ['1 foreign', '2 old']);
  },
);

test.serial('a RESTORE that fails half-way: later writes win over what it brought', async (t) => {
  const [from, to] = [path.join(root, 'broken-from'), path.join(root, 'broken-to')];
  await fillFolder(from);
  const backup = path.join(root, 'broken-backup');
  const save = `${imports.VALUES}; BACKUP DATABASE keyed, DATABASE multiset TO File('${backup}')`;
  t.is(await runChild(sqlChild, from, {}, save), 0);
  // The second table's rows are lost, so that it fails after the first one's.
  const parts = path.join(backup, 'data', 'multiset', 't');
  await rm(parts, { recursive: true });
  await withEngine(to, async (engine) => {
    const restore = `RESTORE DATABASE keyed, DATABASE multiset FROM File('${backup}')`;
    await t.throwsAsync(engine.execute(restore));
    t.deepEqual(await readRows(engine, 'keyed'), ['1 foreign', '2 old']);
    await engine.execute(`UPDATE keyed.t SET v = 'later' WHERE id = 1`);
    t.deepEqual(await readRows(engine, 'keyed'), ['1 later', '2 old']);
  });
});

for (const words of ['ASYNC', 'async', 'SETTINGS async = 1', 'SETTINGS internal = 0 ASYNC']) {
  test.serial(
    `BACKUP and RESTORE … ${words}: refused, as they would outlive their locks`,
    async (t) => {
      const folder = path.join(root, 'async');
      const backup = path.join(root, 'async-backup');
      await withEngine(folder, async (engine) => {
        await engine.execute('CREATE DATABASE IF NOT EXISTS shop');
        for (const sql of [`BACKUP DATABASE shop TO`, `RESTORE DATABASE shop AS again FROM`]) {
          const whole = `${sql} File('${backup}') ${words}`;
          const error = await throwsCode(t, () => engine.execute(whole), 'INVALID_REQUEST');
          t.regex(error.message, /does not run in the background/);
        }
      });
    },
  );
}

test.serial('a table named async is backed up', async (t) => {
  await withEngine(path.join(root, 'async'), async (engine) => {
    await engine.execute(
      'CREATE TABLE shop.async (id Int64) ENGINE = MutableMergeTree ORDER BY id',
    );
    await engine.execute(`BACKUP TABLE shop.async TO File('${path.join(root, 'named')}')`);
    await engine.execute(
      `RESTORE TABLE shop.async AS shop.again FROM File('${path.join(root, 'named')}')`,
    );
    t.is(await readValue(engine, '(SELECT count() FROM shop.again)'), '0');
  });
});

/** Errors: a failed assertion where the folder does not hold `rows`, or a later write loses. */
async function expectLaterWritesWin(
  t: ExecutionContext,
  folder: string,
  rows: readonly string[],
): Promise<void> {
  await withEngine(folder, async (engine) => {
    t.deepEqual(await readRows(engine, 'keyed'), rows);
    await engine.execute(`UPDATE keyed.t SET v = 'later' WHERE id = 1`);
    t.deepEqual(await readRows(engine, 'keyed'), ['1 later', '2 old']);
    await applyBatch(engine, keyedTable('keyed'), [put(1, 'batch')]);
    t.deepEqual(await readRows(engine, 'keyed'), ['1 batch', '2 old']);
  });
  await withEngine(folder, async (engine) => {
    await engine.execute(`DELETE FROM keyed.t WHERE id = 1`);
    t.deepEqual(await readRows(engine, 'keyed'), ['2 old']);
  });
}

async function withEngine(folder: string, body: (engine: Engine) => Promise<void>): Promise<void> {
  const engine = await openEmbeddedEngine(folder);
  try {
    await body(engine);
  } finally {
    await engine.close();
  }
}
