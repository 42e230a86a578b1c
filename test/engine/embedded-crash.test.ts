import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { listSnapshots } from '../../src/protocol/index.js';
import { commitPlaces, crashChild, fillFolder, runChild, sqlChild } from './crash.js';
import { keyedTable, readValue, throwsCode, applyBatch } from './engine-suite.js';
import { putRows, readRows } from './rows.js';
import { openEmbeddedEngine } from './open-engine.js';
import { typescript } from '../typescript.js';

const holdChild = fileURLToPath(new URL('hold-child.ts', import.meta.url));

let root = '';
test.before(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'theflash-crash-'));
});
test.after.always(async () => {
  await rm(root, { recursive: true, force: true });
});

for (const [place, isApplied] of commitPlaces) {
  test.serial(
    `a process killed ${place}: the batch is ${isApplied ? 'whole' : 'gone'}`,
    async (t) => {
      const folder = path.join(root, place);
      await fillFolder(folder);
      t.is(await runChild(crashChild, folder, { THEFLASH_FAILPOINT: place }), 'SIGKILL');
      const engine = await openEmbeddedEngine(folder);
      try {
        const rows = isApplied ? ['1 new', '3 new'] : ['1 old', '2 old'];
        t.deepEqual(await readRows(engine, 'keyed'), rows);
        t.deepEqual(await readRows(engine, 'multiset'), rows);
        t.is(await engine.readCheckpoint('crash'), isApplied ? 'second' : 'first');
        const staged = `(SELECT count() FROM system.tables WHERE database = 'theflash_staging')`;
        t.is(await readValue(engine, staged), '0');
        await applyBatch(engine, keyedTable('keyed'), putRows([1, 'later'], [2, 'later']));
        const later = isApplied ? ['1 later', '2 later', '3 new'] : ['1 later', '2 later'];
        t.deepEqual(await readRows(engine, 'keyed'), later);
      } finally {
        await engine.close();
      }
      if (!isApplied) t.is(await runChild(crashChild, folder, {}), 0, 'it can be written again');
    },
  );
}

// A statement of many rows is committed like a batch.
for (const [place, isApplied] of commitPlaces.slice(1)) {
  test.serial(`killed ${place}, an UPDATE is ${isApplied ? 'whole' : 'gone'}`, async (t) => {
    const folder = path.join(root, `update-${place}`);
    await fillFolder(folder);
    const sql = `UPDATE keyed.t SET v = 'sql' WHERE true`;
    t.is(await runChild(sqlChild, folder, { THEFLASH_FAILPOINT: place }, sql), 'SIGKILL');
    const engine = await openEmbeddedEngine(folder);
    try {
      const rows = isApplied ? ['1 sql', '2 sql'] : ['1 old', '2 old'];
      t.deepEqual(await readRows(engine, 'keyed'), rows);
      t.is(await engine.readCheckpoint('crash'), 'first');
      await engine.execute(`UPDATE keyed.t SET v = 'later' WHERE id = 1`);
      t.deepEqual(await readRows(engine, 'keyed'), ['1 later', ...rows.slice(1)]);
    } finally {
      await engine.close();
    }
  });
}

for (const place of ['between-clones', 'before-snapshot-record']) {
  test.serial(`killed ${place}, a snapshot leaves nothing; one that is there stays`, async (t) => {
    const folder = path.join(root, place);
    await fillFolder(folder);
    t.is(await runChild(sqlChild, folder, {}, 'CREATE SNAPSHOT whole OF keyed.t, multiset.t'), 0);
    const sql = 'CREATE SNAPSHOT half OF keyed.t, multiset.t';
    t.is(await runChild(sqlChild, folder, { THEFLASH_FAILPOINT: place }, sql), 'SIGKILL');
    const engine = await openEmbeddedEngine(folder);
    try {
      const names = (await listSnapshots(engine)).map(({ name }) => name);
      t.deepEqual(names, ['whole']);
      const clones = `(SELECT count() FROM system.tables WHERE database = 'theflash_snapshots')`;
      t.is(await readValue(engine, clones), '2');
      await engine.execute('TRUNCATE TABLE multiset.t');
      const kept = '(SELECT count() FROM multiset.t AT SNAPSHOT whole)';
      t.is(await readValue(engine, kept), '2');
      await engine.execute('DROP SNAPSHOT whole');
      t.is(await readValue(engine, clones), '0');
    } finally {
      await engine.close();
    }
  });
}

test.serial('killed after-snapshot-record, a snapshot is there whole', async (t) => {
  const folder = path.join(root, 'after-snapshot-record');
  await fillFolder(folder);
  const env = { THEFLASH_FAILPOINT: 'after-snapshot-record' };
  const sql = 'CREATE SNAPSHOT whole OF keyed.t, multiset.t';
  t.is(await runChild(sqlChild, folder, env, sql), 'SIGKILL');
  const engine = await openEmbeddedEngine(folder);
  try {
    for (const table of ['keyed.t', 'multiset.t']) {
      const kept = `(SELECT count() FROM ${table} AT SNAPSHOT whole)`;
      t.is(await readValue(engine, kept), '2');
    }
  } finally {
    await engine.close();
  }
});

test.serial('a folder that another process has open is refused with its id', async (t) => {
  const folder = path.join(root, 'held');
  const child = spawn(process.execPath, [typescript, holdChild, folder]);
  try {
    await once(child.stdout, 'data');
    const error = await throwsCode(t, () => openEmbeddedEngine(folder), 'IN_USE');
    t.true(error.message.includes(`process ${String(child.pid)}`), error.message);
    t.regex(error.hint ?? '', /tcp:\/\//);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  const engine = await openEmbeddedEngine(folder);
  await engine.close();
});

test.serial('a process opens one folder at a time', async (t) => {
  const engine = await openEmbeddedEngine(path.join(root, 'one'));
  await throwsCode(t, () => openEmbeddedEngine(path.join(root, 'two')), 'IN_USE');
  await engine.close();
  const other = await openEmbeddedEngine(path.join(root, 'two'));
  await other.close();
  await other.close();
});

test.serial('folders that are missing or may not be written to are refused', async (t) => {
  const missing = path.join(root, 'missing');
  await throwsCode(t, () => openEmbeddedEngine(missing, { create: false }), 'NOT_FOUND');
  await throwsCode(t, () => openEmbeddedEngine('/proc/theflash'), 'NOT_FOUND');
  await throwsCode(t, () => openEmbeddedEngine(crashChild), 'INVALID_REQUEST');
  if (process.getuid?.() === 0) {
    t.log('skipped for root, who may write anywhere: a folder without write permission');
    return;
  }
  const readOnly = path.join(root, 'read-only');
  await mkdir(readOnly);
  await chmod(readOnly, 0o500);
  await throwsCode(t, () => openEmbeddedEngine(readOnly), 'DENIED');
});

test.serial('a process ends cleanly with scans and a batch open', async (t) => {
  const folder = path.join(root, 'left-open');
  t.is(await runChild(holdChild, folder, { THEFLASH_TEST_END: 'exit' }), 0);
  t.is(await runChild(holdChild, folder, { THEFLASH_TEST_END: 'close' }), 0);
});
