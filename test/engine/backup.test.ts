// Goal: a backup taken and restored by SQL gives the same tables in another folder, which go on.
import path from 'node:path';
import test from 'ava';
import { queryRows } from '../../src/protocol/index.js';
import { runTheflash } from '../cli/run-theflash.js';
import { makeEngineFolder } from '../commands/engine-folder.js';
import { applyBatch, keyedTable } from './engine-suite.js';
import { put, readRows, remove } from './rows.js';
import { openEmbeddedEngine } from './open-engine.js';

const tables = `CREATE DATABASE keyed; CREATE DATABASE bag;
  CREATE TABLE keyed.t (id Int64, v Nullable(String)) ENGINE = MutableMergeTree ORDER BY (id);
  CREATE TABLE bag.t (id Int64, v Nullable(String)) ENGINE = MutableMergeTree ORDER BY tuple();
  INSERT INTO keyed.t SELECT number, toString(number) FROM numbers(1000);
  UPDATE keyed.t SET v = 'updated' WHERE id % 7 = 0; DELETE FROM keyed.t WHERE id % 5 = 0;
  INSERT INTO bag.t VALUES (1, 'x'), (1, 'x'), (2, NULL); DELETE FROM bag.t WHERE id = 2;
  INSERT INTO bag.t VALUES (2, NULL)`;
const databases = ['keyed', 'bag'];

test('BACKUP and RESTORE to a folder give equal tables, and later writes win in them', async (t) => {
  t.timeout(900_000);
  const from = await makeEngineFolder(tables);
  t.teardown(() => from.remove());
  const to = await makeEngineFolder();
  t.teardown(() => to.remove());
  const backup = path.join(from.path, 'backup');
  const run = async (sql: string, engine: string): Promise<void> => {
    const { exitCode, stderr } = await runTheflash([
      ...['sql', sql, '--create', '--engine', engine, '--allow-path', from.path],
    ]);
    t.is(exitCode, 0, stderr);
  };
  const list = databases.map((database) => `DATABASE ${database}`).join(', ');
  await run(`BACKUP ${list} TO File('${backup}')`, from.engine);
  const again = await runTheflash([
    ...['sql', `BACKUP ${list} TO File('${backup}')`, '--engine', from.engine],
    ...['--allow-path', from.path],
  ]);
  t.is(again.exitCode, 1, 'a backup is never overwritten');
  t.regex(again.stderr, /exists/);
  // What came after the backup is not in it.
  await run(`INSERT INTO keyed.t VALUES (1, 'after the backup')`, from.engine);
  await run(`RESTORE ${list} FROM File('${backup}')`, to.engine);

  const restored = await openEmbeddedEngine(to.engine);
  const rows = await readRows(restored, 'keyed');
  const bag = await readRows(restored, 'bag');
  const deleted = await queryRows(
    restored,
    `SELRAW toInt32(countIf(_INTERNAL_DELMARK = 1)) AS n FROM keyed.t`,
  );
  t.is(deleted[0]?.['n'], 200, 'deleted keys are in the backup too');
  await applyBatch(restored, keyedTable('keyed'), [put(1, 'later'), remove(2), put(5, 'back')]);
  await restored.execute(`UPDATE keyed.t SET v = 'sql' WHERE id = 3`);
  await applyBatch(restored, { ...keyedTable('bag'), primaryKey: [] }, [remove(1, 'x')]);
  const later = await readRows(restored, 'keyed');
  t.deepEqual(later.slice(0, 5), ['1 later', '3 sql', '4 4', '5 back', '6 6']);
  t.deepEqual(await readRows(restored, 'bag'), ['1 x', '2 null']);
  await restored.close();

  const source = await openEmbeddedEngine(from.engine);
  const original = await readRows(source, 'keyed');
  t.deepEqual(
    rows,
    original.map((row) => (row === '1 after the backup' ? '1 1' : row)),
  );
  t.is(rows.length, 800);
  t.deepEqual(await readRows(source, 'bag'), bag);
  await source.close();
});

test('RESTORE into a table that has rows is refused, and so is each setting that leads there', async (t) => {
  t.timeout(900_000);
  const from = await makeEngineFolder(tables);
  t.teardown(() => from.remove());
  const file = `File('${path.join(from.path, 'backup')}')`;
  const engine = await openEmbeddedEngine(from.engine);
  t.teardown(() => engine.close());
  await engine.execute(`BACKUP TABLE keyed.t TO ${file} SETTINGS compression_level = 3`);
  await engine.execute('DELETE FROM keyed.t WHERE id < 500');
  const rows = await readRows(engine, 'keyed');
  const restore = `RESTORE TABLE keyed.t FROM ${file}`;
  await t.throwsAsync(engine.execute(restore), {
    message: /allow_non_empty_tables|already contains/,
  });
  for (const name of [
    'allow_non_empty_tables',
    '`allow_non_empty_tables`',
    '"allow_different_table_def"',
    'restore_broken_parts_as_detached',
    'storage_policy',
    'final',
    'max_memory_usage',
  ]) {
    const error = await t.throwsAsync(
      engine.execute(`${restore} SETTINGS structure_only = 0, ${name} = 1`),
    );
    t.regex(error.message, /is not one that BACKUP and RESTORE take/, name);
  }
  t.deepEqual(await readRows(engine, 'keyed'), rows);
  await engine.execute(`RESTORE TABLE keyed.t AS keyed.old FROM ${file} SETTINGS create_table = 1`);
  t.deepEqual(await queryRows(engine, 'SELECT toInt32(count()) AS n FROM keyed.old'), [{ n: 800 }]);
});
