// Goal: a disk that is full, or read-only, costs no acknowledged batch, and the engine goes on when
// it is mended. Method: a real file system of a few megabytes, filled or made read-only at every step of
// a batch.
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Engine, ErrorCode } from '../../src/protocol/index.js';
import { createRandom } from '../workload/random.js';
import type { Change } from './change-builder.js';
import { applyBatch, createTable, keyedTable, throwsCode } from './engine-suite.js';
import { EngineProcess } from './engine-process.js';
import { put, readRows } from './rows.js';
import { mountSmallDisk, type SmallDisk } from './small-disk.js';
import { openEmbeddedEngine } from './open-engine.js';

const schema = keyedTable('keyed');
const bag = { ...keyedTable('bag'), primaryKey: [] };
const diskMib = 48;

/** Runs `body` with an engine on a small disk, or says why it can't. */
async function withDisk(
  t: ExecutionContext,
  body: (disk: SmallDisk, folder: string) => Promise<void>,
): Promise<void> {
  const disk = await mountSmallDisk(diskMib);
  if ('reason' in disk) {
    t.log(`skipped: ${disk.reason}`);
    t.pass();
    return;
  }
  t.teardown(() => disk.remove());
  await body(disk, path.join(disk.folder, 'data'));
}

async function openWithTables(folder: string): Promise<Engine> {
  const engine = await openEmbeddedEngine(folder);
  await createTable(engine, 'keyed');
  await createTable(engine, 'bag', '');
  return engine;
}

/** Rows that do not compress: 12 MB of them do not fit where 4 MB are left. */
function largeRows(): Change[] {
  const random = createRandom(1);
  return Array.from({ length: 12 }, (_, id) =>
    put(1000 + id, random.bytes(1 << 19).toString('hex')),
  );
}

test.serial('a disk that fills up in an append refuses the batch and nothing else', async (t) => {
  await withDisk(t, async (disk, folder) => {
    const engine = await openWithTables(folder);
    await applyBatch(engine, schema, [put(1, 'kept')], { source: 'disk', text: 'first' });
    disk.fill(4 << 20);
    const error = await throwsCode(
      t,
      () => applyBatch(engine, schema, largeRows(), { source: 'disk', text: 'second' }),
      'DISK_FULL',
    );
    t.regex(error.hint ?? '', /[Ff]ree space/);
    t.deepEqual(await readRows(engine, 'keyed'), ['1 kept']);
    t.is(await engine.readCheckpoint('disk'), 'first');
    disk.free();
    const text = 'third';
    await applyBatch(engine, schema, [...largeRows(), put(2, 'later')], { source: 'disk', text });
    t.is((await readRows(engine, 'keyed')).length, 14);
    await engine.close();
    const again = await openEmbeddedEngine(folder);
    t.is((await readRows(again, 'keyed')).length, 14);
    t.is(await again.readCheckpoint('disk'), 'third');
    await again.close();
  });
});

/** A place in a commit, in order. */
interface Place {
  place: string;
  /** Whether a batch is applied whose commit got so far. */
  isApplied: boolean;
  /** Whether it may be applied to one of its tables and not to the other, so that reads are refused. */
  isHalf: boolean;
}

const places: readonly Place[] = [
  { place: 'before-commit-record', isApplied: false, isHalf: false },
  { place: 'after-commit-record', isApplied: true, isHalf: true },
  { place: 'between-attaches', isApplied: true, isHalf: true },
  { place: 'after-publish', isApplied: true, isHalf: false },
  { place: 'between-drops', isApplied: true, isHalf: false },
];

interface Trouble {
  what: string;
  code: ErrorCode;
  hint: RegExp;
  begin(disk: SmallDisk, folder: string): void;
  end(disk: SmallDisk, folder: string): void;
}

const troubles: readonly Trouble[] = [
  {
    what: 'fills up',
    code: 'DISK_FULL',
    hint: /Free space/,
    begin(disk): void {
      disk.fill(0);
      disk.fillNames();
    },
    end: (disk) => disk.free(),
  },
  {
    what: 'turns read-only',
    code: 'DENIED',
    hint: /writable/,
    begin: (disk, folder) => disk.refuseWrites(folder),
    end: (disk, folder) => disk.allowWrites(folder),
  },
];

for (const [trouble, { place, isApplied, isHalf }] of troubles.flatMap((each) =>
  places.map((at) => [each, at] as const),
)) {
  test.serial(`a disk that ${trouble.what} ${place}: the process lives on`, async (t) => {
    await withDisk(t, async (disk, folder) => {
      const filled = await openWithTables(folder);
      for (const each of [schema, bag]) {
        await applyBatch(filled, each, [put(1, 'old')], { source: 'disk', text: 'first' });
      }
      await filled.close();
      const env = { THEFLASH_FAILPOINT: `stop:${place}` };
      const engine = await EngineProcess.open(folder, {}, env);
      t.teardown(() => engine.kill());
      const changes = [{ ...put(1, 'old'), isDelete: true }, put(1, 'new')];
      const commit = engine.send({
        do: 'batch',
        writes: ['keyed', 'bag'].map((database) => ({
          database,
          isKeyed: database === 'keyed',
          changes,
        })),
        commit: { source: 'disk', text: 'second' },
      });
      await engine.untilStopped();
      trouble.begin(disk, folder);
      engine.resume();
      const outcome = await commit;
      t.log(outcome.kind === 'failed' ? `${outcome.code}: ${outcome.message}` : outcome.kind);
      if (outcome.kind === 'failed') {
        t.is(outcome.code, trouble.code, outcome.message);
        t.regex(outcome.hint ?? '', trouble.hint);
      } else {
        t.true(isApplied);
      }
      const during = expectRows(engine, isApplied, isHalf ? trouble.code : undefined);
      await t.notThrowsAsync(during, `while the disk is as it ${trouble.what}`);
      const refused = await engine.send({ do: 'execute', sql: `DELETE FROM keyed.t WHERE true` });
      t.like(refused, { kind: 'failed', code: trouble.code });
      trouble.end(disk, folder);
      await expectRows(engine, isApplied);
      await engine.run({ do: 'set-environment', name: 'THEFLASH_FAILPOINT', value: '' });
      await engine.execute(`INSERT INTO keyed.t VALUES (2, 'later')`);
      await engine.run({ do: 'close' });
      await engine.run({ do: 'open', folder, options: {} });
      await engine.execute(`DELETE FROM keyed.t WHERE id = 2`);
      await expectRows(engine, isApplied);
      await engine.close();
    });
  });
}

/** Errors: rows or checkpoint of neither the one nor the other; a refusal but by the code that may be. */
async function expectRows(
  engine: EngineProcess,
  isApplied: boolean,
  mayRefuseBy?: ErrorCode,
): Promise<void> {
  for (const database of ['keyed', 'bag']) {
    const sql = `SELECT id, v FROM ${database}.t`;
    const outcome = await engine.send({ do: 'query', sql });
    if (outcome.kind === 'failed' && outcome.code === mayRefuseBy) continue;
    if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
    const rows = outcome.value as { id: bigint; v: string }[];
    const held = rows.map(({ id, v }) => `${id} ${v}`).join();
    if (held !== (isApplied ? '1 new' : '1 old')) throw new Error(`${database} holds ${held}`);
  }
  const checkpoint = await engine.send({ do: 'checkpoint', source: 'disk' });
  if (checkpoint.kind === 'failed' && checkpoint.code === mayRefuseBy) return;
  if (checkpoint.kind !== 'done') throw new Error(JSON.stringify(checkpoint));
  if (checkpoint.value !== (isApplied ? 'second' : 'first')) {
    throw new Error(`the checkpoint is ${String(checkpoint.value)}`);
  }
}

test.serial('a read-only disk is refused, and opens as it was once it is writable', async (t) => {
  await withDisk(t, async (disk, folder) => {
    const engine = await openWithTables(folder);
    await applyBatch(engine, schema, [put(1, 'kept')]);
    await engine.close();
    disk.setReadOnly(true);
    const error = await throwsCode(t, () => openEmbeddedEngine(folder), 'DENIED');
    t.regex(error.message, /Read-only file system/);
    disk.setReadOnly(false);
    const again = await openEmbeddedEngine(folder);
    t.deepEqual(await readRows(again, 'keyed'), ['1 kept']);
    await again.close();
  });
});
