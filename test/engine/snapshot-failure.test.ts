// Goal: a snapshot is there whole or not at all, whatever becomes of the insert of its row. Method: a
// failure on either side of that insert, and a clone that is missing on open.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { listSnapshots, queryRows } from '../../src/protocol/index.js';
import { fillFolder } from './crash.js';
import { EngineProcess } from './engine-process.js';
import { readValue, throwsCode } from './engine-suite.js';
import { openEmbeddedEngine } from './open-engine.js';

const create = 'CREATE SNAPSHOT s OF keyed.t, multiset.t';
const clones = `SELECT toInt32(count()) AS n FROM system.tables WHERE database = 'theflash_snapshots'`;
const read = `SELECT toInt32(count()) AS n FROM keyed.t AT SNAPSHOT s
  UNION ALL SELECT toInt32(count()) FROM multiset.t AT SNAPSHOT s`;

async function makeFolder(t: ExecutionContext): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), 'theflash-snapshot-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  const folder = path.join(root, 'data');
  await fillFolder(folder);
  return folder;
}

async function openFailing(
  t: ExecutionContext,
  folder: string,
  at: string,
): Promise<EngineProcess> {
  const engine = await EngineProcess.open(folder, {}, { THEFLASH_FAILPOINT: `fail:${at}` });
  t.teardown(() => engine.kill());
  return engine;
}

test.serial('an insert that fails and was recorded: the snapshot is there', async (t) => {
  const folder = await makeFolder(t);
  const engine = await openFailing(t, folder, 'after-snapshot-record');
  await engine.execute(create);
  t.deepEqual(await engine.rows(clones), [{ n: 2 }]);
  t.deepEqual(await engine.rows(read), [{ n: 2 }, { n: 2 }]);
  await engine.execute('TRUNCATE TABLE keyed.t');
  await engine.close();
  const again = await openEmbeddedEngine(folder);
  t.teardown(() => again.close());
  t.deepEqual(await queryRows(again, read), [{ n: 2 }, { n: 2 }]);
  await again.execute('DROP SNAPSHOT s');
  t.deepEqual(await queryRows(again, clones), [{ n: 0 }]);
});

test.serial('one that fails and was not: nothing is there, and it can be made', async (t) => {
  const folder = await makeFolder(t);
  const engine = await openFailing(t, folder, 'before-snapshot-record');
  const failed = await engine.send({ do: 'execute', sql: create });
  t.like(failed, { kind: 'failed', code: 'ENGINE' });
  t.deepEqual(await engine.rows(clones), [{ n: 0 }]);
  t.like(await engine.send({ do: 'query', sql: read }), { code: 'NOT_FOUND' });
  await engine.run({ do: 'set-environment', name: 'THEFLASH_FAILPOINT', value: '' });
  await engine.execute(create);
  t.deepEqual(await engine.rows(read), [{ n: 2 }, { n: 2 }]);
  await engine.close();
});

test.serial('a snapshot one of whose clones is gone is forgotten by the open', async (t) => {
  const folder = await makeFolder(t);
  const engine = await openEmbeddedEngine(folder);
  await engine.execute(`${create}; CREATE SNAPSHOT kept OF keyed.t`);
  const [row] = await queryRows(
    engine,
    `SELECT metadata_path FROM system.tables WHERE database = 'theflash_snapshots' AND name LIKE '%.1_1'`,
  );
  await engine.close();
  await rm(path.resolve(folder, String(row?.['metadata_path'])));
  const again = await openEmbeddedEngine(folder);
  t.teardown(() => again.close());
  t.deepEqual(
    (await listSnapshots(again)).map(({ name }) => name),
    ['kept'],
  );
  await throwsCode(t, () => queryRows(again, read), 'NOT_FOUND');
  t.deepEqual(await queryRows(again, clones), [{ n: 1 }]);
  t.is(await readValue(again, '(SELECT count() FROM keyed.t AT SNAPSHOT kept)'), '2');
  await again.execute(create);
  t.deepEqual(await queryRows(again, read), [{ n: 2 }, { n: 2 }]);
});
