// Goal: caps, cancellation and closing hold under load, and the engine goes on after each of them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { type EmbeddedEngineOptions } from '../../src/engine/index.js';
import { FlashError, type Engine } from '../../src/protocol/index.js';
import { endsInTime } from './cancel-time.js';
import { applyBatch, createTable, keyedTable, readValue, throwsCode } from './engine-suite.js';
import { put, readRows } from './rows.js';
import { openEmbeddedEngine } from './open-engine.js';

const mib = 1 << 20;
const endless = 'SELECT sipHash64(number, number) AS h FROM numbers(1000000000000)';

let root = '';
test.before(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'theflash-limits-'));
});
test.after.always(async () => {
  await rm(root, { recursive: true, force: true });
});

async function withEngine(
  options: EmbeddedEngineOptions,
  body: (engine: Engine) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(path.join(root, 'engine-'));
  const engine = await openEmbeddedEngine(folder, options);
  try {
    await body(engine);
  } finally {
    await engine.close();
  }
}

test.serial('a statement of a megabyte is read, one over 16 MiB is refused', async (t) => {
  t.timeout(900_000);
  await withEngine({}, async (engine) => {
    const keys = Array.from({ length: 150_000 }, (_, index) => index * 2).join(',');
    t.true(keys.length > mib / 2);
    const sql = `(SELECT count() FROM numbers(1000000) WHERE number IN (${keys}, ${keys}))`;
    t.is(await readValue(engine, sql), '150000');
    const long = `length('${'x'.repeat(17 * mib)}')`;
    const error = await t.throwsAsync(readValue(engine, long), { instanceOf: FlashError });
    t.regex(error.message, /Max query size exceeded/);
    t.true(error.message.length < 2000);
  });
});

/** Waits until a statement that begins so runs. */
async function untilRunning(engine: Engine, begin: string): Promise<void> {
  const count = `(SELECT count() FROM system.processes WHERE query LIKE '%${begin}%'
    AND query NOT LIKE '%system.processes%')`;
  while ((await readValue(engine, count)) === '0') await new Promise(setImmediate);
}

for (const [what, engine] of [
  ['a plain table', 'MergeTree'],
  ['a mutable table', 'MutableMergeTree'],
] as const) {
  test.serial(`INSERT … SELECT into ${what} ends within 200 ms of its cancellation`, async (t) => {
    await withEngine({}, async (open) => {
      await open.execute(
        `CREATE DATABASE d; CREATE TABLE d.t (h UInt64) ENGINE = ${engine} ORDER BY (h)`,
      );
      await endsInTime(t, async () => {
        const abort = new AbortController();
        const insert = `INSERT INTO d.t SELECT h FROM (${endless}) WHERE h = 1`;
        const running = open.execute(insert, { signal: abort.signal });
        await untilRunning(open, 'WHERE h = 1');
        const start = performance.now();
        abort.abort();
        await throwsCode(t, () => running, 'CANCELLED');
        return performance.now() - start;
      });
      t.is(await readValue(open, '(SELECT count() FROM d.t)'), '0');
      await open.execute('INSERT INTO d.t SELECT 1');
      t.is(await readValue(open, '(SELECT count() FROM d.t)'), '1');
    });
  });
}

test.serial('a query over its memory cap is refused, and the next one runs', async (t) => {
  await withEngine({ queryMemoryBytesMax: 64 * mib }, async (engine) => {
    const large = `(SELECT length(groupArray(number)) FROM numbers(30000000))`;
    const error = await throwsCode(t, () => readValue(engine, large), 'MEMORY');
    t.truthy(error.hint);
    t.is(await readValue(engine, '(SELECT count() FROM numbers(1000000))'), '1000000');
    await createTable(engine, 'after');
    await applyBatch(engine, keyedTable('after'), [put(1, 'x')]);
    t.deepEqual(await readRows(engine, 'after'), ['1 x']);
  });
});

test.serial('queries over the memory cap of the engine are refused, not the process', async (t) => {
  // The engine itself takes some 300 MB of it.
  await withEngine({ memoryBytesMax: 900 * mib }, async (engine) => {
    await createTable(engine, 'during');
    await applyBatch(engine, keyedTable('during'), [put(1, 'x')]);
    const large = (index: number): Promise<string> =>
      readValue(engine, `(SELECT length(groupArray(number + ${index})) FROM numbers(40000000))`);
    const ends = await Promise.allSettled([1, 2, 3, 4].map((index) => large(index)));
    const refused = ends.filter((end) => end.status === 'rejected');
    t.true(refused.length > 0, 'four times 320 MB do not fit');
    for (const { reason } of refused) {
      t.true(reason instanceof FlashError && reason.code === 'MEMORY', String(reason));
    }
    await applyBatch(engine, keyedTable('during'), [put(2, 'y')]);
    t.deepEqual(await readRows(engine, 'during'), ['1 x', '2 y']);
  });
});

test.serial('many scans and one writer go on side by side', async (t) => {
  t.timeout(900_000);
  // Fewer connections than readers: some always wait for one.
  await withEngine({ scansMax: 4 }, async (engine) => {
    await createTable(engine, 'busy');
    await applyBatch(engine, keyedTable('busy'), [put(0, '0')]);
    const state = { isOver: false, scans: 0 };
    const scan = async (): Promise<void> => {
      while (!state.isOver) {
        await readRows(engine, 'busy');
        state.scans += 1;
      }
    };
    const scans = Array.from({ length: 12 }, scan);
    for (let n = 1; n <= 12; n++) {
      await applyBatch(engine, keyedTable('busy'), [put(n, String(n))]);
      await engine.execute(`UPDATE busy.t SET v = 'sql' WHERE id = ${n}`);
    }
    state.isOver = true;
    await Promise.all(scans);
    t.is((await readRows(engine, 'busy')).filter((row) => row.endsWith(' sql')).length, 12);
    t.true(state.scans >= 12, `${state.scans} scans`);
  });
});

test.serial('an engine closes with scans, an INSERT and a batch under way', async (t) => {
  await withEngine({}, async (engine) => {
    await createTable(engine, 'closing');
    const ends: Promise<unknown>[] = [];
    for (let index = 0; index < 6; index++) {
      const scan = await engine.query(endless);
      ends.push(
        (async () => {
          for await (const message of scan) if (message.rows < 0) return;
        })(),
      );
    }
    ends.push(engine.execute(`INSERT INTO closing.t SELECT h, 'x' FROM (${endless})`));
    await untilRunning(engine, 'INSERT INTO');
    const start = performance.now();
    const settled = Promise.allSettled(ends);
    await engine.close();
    for (const end of await settled) {
      t.is(end.status, 'rejected');
      if (end.status !== 'rejected') continue;
      t.true(
        end.reason instanceof FlashError && end.reason.code === 'CANCELLED',
        String(end.reason),
      );
    }
    t.log(`closed in ${(performance.now() - start).toFixed(0)} ms`);
    await throwsCode(t, () => engine.query('SELECT 1'), 'CANCELLED');
  });
});
