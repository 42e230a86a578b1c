// Goal: rows that a crash took are not missed silently. Method: cut off the data of a real part.
import { mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openEmbeddedEngine } from '../../src/engine/index.js';
import { queryRows, type Engine } from '../../src/protocol/index.js';
import { applyBatch, createTable, keyedTable, throwsCode } from './engine-suite.js';
import { put, readRows } from './rows.js';

/** An engine's folder with one table whose rows came in two batches. */
async function makeFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'theflash-broken-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const engine = await openEmbeddedEngine(folder);
  for (const database of ['hit', 'whole']) {
    await createTable(engine, database);
    const checkpoint = { source: 'binlog', text: `{"file":"${database}.000007","offset":4}` };
    await applyBatch(engine, keyedTable(database), [put(1, 'first')], checkpoint);
    await applyBatch(engine, keyedTable(database), [put(2, 'second')], checkpoint);
  }
  await engine.close();
  return folder;
}

/** Cuts data.bin of the newest part of a table in half. */
async function damage(folder: string, database: string, table: string): Promise<void> {
  const engine = await openEmbeddedEngine(folder);
  const part = await newestPart(engine, database, table);
  await engine.close();
  const files = await readdir(part);
  const data = path.join(part, files.includes('data.bin') ? 'data.bin' : 'ceiling.bin');
  await truncate(data, Math.floor((await stat(data)).size / 2));
}

async function newestPart(engine: Engine, database: string, table: string): Promise<string> {
  const [row] = await queryRows(
    engine,
    `SELECT path FROM system.parts WHERE database = '${database}' AND table = '${table}' AND active
     ORDER BY max_block_number DESC LIMIT 1`,
  );
  return String(row?.['path']);
}

test.serial(
  'a broken part stops the open: which table, which checkpoint, what to do',
  async (t) => {
    const folder = await makeFolder(t);
    await damage(folder, 'hit', 't');
    for (const attempt of ['first', 'second']) {
      const error = await throwsCode(t, () => openEmbeddedEngine(folder), 'BROKEN_DATA');
      t.regex(error.message, /rows are missing from hit\.t \(1 parts?\)/, attempt);
      t.notRegex(error.message, /whole\.t/);
      t.true(error.message.includes('binlog: {"file":"whole.000007","offset":4}'), error.message);
      t.true(error.message.includes(folder), error.message);
      t.regex(error.hint ?? '', /Restore the folder from a backup, or replay the logs/);
    }
    const engine = await openEmbeddedEngine(folder, { allowBroken: true });
    t.deepEqual(await readRows(engine, 'hit'), ['1 first']);
    t.deepEqual(await readRows(engine, 'whole'), ['1 first', '2 second']);
    await engine.close();
  },
);

test.serial('with the version counter lost, later writes win all the same', async (t) => {
  const folder = await makeFolder(t);
  await damage(folder, 'theflash', 'versions');
  const error = await throwsCode(t, () => openEmbeddedEngine(folder), 'BROKEN_DATA');
  t.regex(error.message, /theflash\.versions/);
  const engine = await openEmbeddedEngine(folder, { allowBroken: true });
  await engine.execute(`UPDATE whole.t SET v = 'later' WHERE id = 1`);
  await applyBatch(engine, keyedTable('whole'), [put(2, 'later')]);
  t.deepEqual(await readRows(engine, 'whole'), ['1 later', '2 later']);
  await engine.close();
});
