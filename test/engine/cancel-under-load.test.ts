// Goal: a cancelled query leaves the engine at once, although others hold every thread that calls of
// the engine may have. Method: as many long queries as there are such threads, behind a scan that is
// half read.
import test, { type ExecutionContext } from 'ava';
import { queryRows, type Engine } from '../../src/protocol/index.js';
import { endsInTime } from './cancel-time.js';
import { openTestEngine } from '../server/test-server.js';

let local: { engine: Engine; remove: () => Promise<void> } | undefined;

test.before(async () => {
  local = await openTestEngine();
});

test.after.always(() => local?.remove());

const threads = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4) - 1;
const long = 'SELECT sleepEachRow(1) FROM numbers(60) SETTINGS max_block_size = 1, max_threads = 1';
const half = 'SELECT number FROM numbers(1000000000000)';

for (const how of ['signal', 'close'] as const) {
  test.serial(`a scan that waits for a thread ends within 200 ms of its ${how}`, async (t) => {
    await endsInTime(t, () => cancelOne(t, how));
  });
}

async function cancelOne(t: ExecutionContext, how: 'signal' | 'close'): Promise<number> {
  if (local === undefined) throw new Error('the engine did not open');
  const { engine } = local;
  const stopAll = new AbortController();
  const stop = new AbortController();
  const scan = await engine.query(half, { signal: stop.signal });
  const messages = scan[Symbol.asyncIterator]();
  await messages.next();
  await messages.next();
  const others = [];
  for (let count = 0; count < threads; count += 1) {
    const other = await engine.query(long, { signal: stopAll.signal });
    const reading = other[Symbol.asyncIterator]();
    // The schema comes with the first rows, a second from now: each of these holds a thread.
    others.push(
      t.throwsAsync(async () => {
        for (;;) if ((await reading.next()).done === true) return;
      }),
    );
  }
  const next = messages.next();
  const start = performance.now();
  if (how === 'signal') stop.abort();
  const [error] = await Promise.all([t.throwsAsync(() => next), scan.close()]);
  const tookMs = performance.now() - start;
  t.like(error, { code: 'CANCELLED' });
  stopAll.abort();
  await Promise.all(others);
  const sql = `SELECT count() AS n FROM system.processes WHERE query LIKE '%${half}%' AND query NOT LIKE '%processes%'`;
  t.is((await queryRows(engine, sql))[0]?.['n'], 0n);
  return tookMs;
}
