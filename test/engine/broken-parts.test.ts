// Goal: rows that a crash took are not missed silently, and the error names what to type. Method: cut
// off the data of a real part, and type it.
import { copyFile, mkdtemp, readdir, readFile, rename, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { tableFromIPC } from 'apache-arrow';
import { execa } from 'execa';
import { listSnapshots, queryRows, type Engine } from '../../src/protocol/index.js';
import { commandLine } from '../cli/run-theflash.js';
import { applyBatch, createTable, keyedTable, throwsCode } from './engine-suite.js';
import { put, readRows } from './rows.js';
import { openEmbeddedEngine } from './open-engine.js';

/** An engine's folder with one table whose rows came in two batches. */
async function makeFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "theflash broken's-"));
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

/** Cuts data.bin of the newest part of a table in half, and not its links in other tables. */
async function damage(folder: string, database: string, table: string): Promise<void> {
  const engine = await openEmbeddedEngine(folder);
  const part = await newestPart(engine, database, table);
  await engine.close();
  const files = await readdir(part);
  const data = path.join(part, files.includes('data.bin') ? 'data.bin' : 'ceiling.bin');
  await copyFile(data, `${data}.own`);
  await rename(`${data}.own`, data);
  await truncate(data, Math.floor((await stat(data)).size / 2));
}

/** Types the command that a hint ends with into a shell in `cwd`, with `file` for FILE. */
async function typeCommand(hint: string | undefined, cwd: string, file = ''): Promise<void> {
  const command = /theflash (?:scan|sql) .*$/.exec(hint ?? '')?.[0] ?? 'false';
  const words = [process.execPath, ...commandLine].map((word) => `'${word}'`).join(' ');
  const typed = command.replace('FILE', file);
  await execa('bash', ['-c', `theflash() { ${words} "$@"; }; ${typed}`], { cwd });
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
      const where = /rows are missing from hit\.t \(1 part in (\S.*\/detached): ([\w-]+)\);/;
      const [, place = '', part = ''] = where.exec(error.message) ?? [];
      t.deepEqual(await readdir(place), [part], `${attempt}: ${error.message}`);
      t.notRegex(error.message, /whole\.t/);
      t.true(error.message.includes('binlog: {"file":"whole.000007","offset":4}'), error.message);
      t.true(error.message.includes(folder), error.message);
      t.regex(error.hint ?? '', /Restore the folder from a backup, or replay the logs/);
      t.regex(error.hint ?? '', /theflash write --binlog LOGS --engine NEW_FOLDER/);
      await typeCommand(error.hint, folder, attempt);
      const saved = await readFile(path.join(folder, `${attempt}.arrow`));
      const rows = tableFromIPC(saved).toArray();
      t.deepEqual(
        rows.map((row) => String(row)),
        ['{"id": 1, "v": "first"}'],
      );
    }
    const engine = await openEmbeddedEngine(folder, { allowBroken: true });
    t.deepEqual(await readRows(engine, 'hit'), ['1 first']);
    t.deepEqual(await readRows(engine, 'whole'), ['1 first', '2 second']);
    await engine.close();
  },
);

test.serial('many broken parts: some are named, all are counted', async (t) => {
  const folder = await makeFolder(t);
  const engine = await openEmbeddedEngine(folder);
  await engine.execute(
    `CREATE TABLE hit.plain (p Int64) ENGINE = MergeTree ORDER BY p PARTITION BY p;
     INSERT INTO hit.plain SELECT number FROM numbers(5)`,
  );
  const parts = await queryRows(engine, `SELECT path FROM system.parts WHERE table = 'plain'`);
  await engine.close();
  t.is(parts.length, 5);
  for (const part of parts) await truncate(path.join(String(part['path']), 'data.bin'), 1);
  const error = await throwsCode(t, () => openEmbeddedEngine(folder), 'BROKEN_DATA');
  t.regex(error.message, /hit\.plain \(5 parts in .*: (broken-on-start_\w+, ){2}\S+ and 2 more\)/);
});

test.serial(
  'where a snapshot alone is broken, it is named, and the way to give it up',
  async (t) => {
    const folder = await makeFolder(t);
    const engine = await openEmbeddedEngine(folder);
    await engine.execute('CREATE SNAPSHOT `it is` OF hit.t; CREATE SNAPSHOT other OF whole.t');
    await engine.close();
    await damage(folder, 'theflash_snapshots', 's.hit.t.1_0');
    const error = await throwsCode(t, () => openEmbeddedEngine(folder), 'BROKEN_DATA');
    t.regex(error.message, /rows are missing from hit\.t AT SNAPSHOT it is \(1 part in /);
    t.regex(error.hint ?? '', /The tables themselves are whole/);
    await typeCommand(error.hint, folder);
    const again = await openEmbeddedEngine(folder);
    t.deepEqual(
      (await listSnapshots(again)).map(({ name }) => name),
      ['other'],
    );
    t.deepEqual(await readRows(again, 'hit'), ['1 first', '2 second']);
    await again.close();
  },
);

test.serial('with the version counter lost, later writes win all the same', async (t) => {
  const folder = await makeFolder(t);
  await damage(folder, 'theflash', 'versions');
  const error = await throwsCode(t, () => openEmbeddedEngine(folder), 'BROKEN_DATA');
  t.regex(error.message, /theflash\.versions \(1 part in /);
  t.regex(error.hint ?? '', /read it with --engine '.*' --allow-broken$/);
  const engine = await openEmbeddedEngine(folder, { allowBroken: true });
  await engine.execute(`UPDATE whole.t SET v = 'later' WHERE id = 1`);
  await applyBatch(engine, keyedTable('whole'), [put(2, 'later')]);
  t.deepEqual(await readRows(engine, 'whole'), ['1 later', '2 later']);
  await engine.close();
});
