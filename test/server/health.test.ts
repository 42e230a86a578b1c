// Goal: /healthz and /readyz, without a login, of a server that stops and of one whose engine is gone. Method: a real
// engine that is served in this process; the limits of a source beside states that a follower gives.
import test from 'ava';
import { Health } from '../../src/server/health.js';
import type { SourceState } from '../../src/protocol/index.js';
import { openTestEngine, serveEngine, until } from './test-server.js';

const metrics = { host: '127.0.0.1', port: 0 };

test.serial('a server that stops is not ready, and lives on while a query runs', async (t) => {
  const { engine, remove } = await openTestEngine();
  t.teardown(remove);
  const served = await serveEngine(engine, { metrics });
  const door = new URL(served.server.metricsUrl ?? '').origin;
  const remote = await served.connect();
  t.is((await fetch(`${door}/readyz`)).status, 200);
  const sql = 'SELECT sleepEachRow(1) FROM numbers(600) SETTINGS max_block_size = 1';
  const abort = new AbortController();
  const query = remote.execute(sql, { signal: abort.signal });
  await until(() => served.server.counts().scans > 0 || served.server.metrics.requests > 0);
  const closed = served.server.close();
  const answer = await fetch(`${door}/readyz`);
  t.deepEqual([answer.status, await answer.text()], [503, 'the server is about to stop\n']);
  t.is((await fetch(`${door}/healthz`)).status, 200);
  t.is((await fetch(`${door}/healthz`, { method: 'POST' })).status, 404);
  abort.abort();
  await t.throwsAsync(query);
  await closed;
  await served.stop();
});

test.serial('a server whose engine is closed is not ready', async (t) => {
  const { engine, remove } = await openTestEngine();
  t.teardown(remove);
  const served = await serveEngine(engine, { metrics });
  t.teardown(() => served.stop());
  await engine.close();
  const answer = await fetch(new URL('/readyz', served.server.metricsUrl));
  t.is(answer.status, 503);
  t.is(await answer.text(), 'the engine does not answer (CANCELLED)\n');
});

test.serial('the engine is asked once for many, and a slow one is not waited for', async (t) => {
  const { engine, remove } = await openTestEngine();
  t.teardown(remove);
  let queries = 0;
  let isSlow = false;
  let nowMs = 0;
  const health = new Health({
    engine: {
      ...{ location: engine.location, insertRows: () => Promise.resolve(0) },
      ...{ execute: () => Promise.resolve(), openBatch: () => engine.openBatch() },
      ...{ readCheckpoint: () => Promise.resolve(undefined), info: () => engine.info() },
      close: () => Promise.resolve(),
      query: (sql, options) => {
        queries += 1;
        const slow = 'SELECT sleepEachRow(1) FROM numbers(60) SETTINGS max_block_size = 1';
        return engine.query(isSlow ? slow : sql, options);
      },
    },
    ...{ isDraining: () => false, sources: () => [], nowMs: () => nowMs },
    ...{ sourceLostMsMax: 1000, engineAnswerMsMax: 5_000 },
  });
  const answers = await Promise.all(Array.from({ length: 50 }, () => health.answer('/readyz')));
  t.true(answers.every(({ status }) => status === 200));
  t.is(queries, 1);
  nowMs += 2000;
  isSlow = true;
  const late = await health.answer('/readyz');
  t.deepEqual(late, { status: 503, text: 'the engine has not answered for 5 s\n' });
  t.is(queries, 2);
});

test('a source may be away for as long as the limit; while it is loaded nobody should come', async (t) => {
  const { engine, remove } = await openTestEngine();
  t.teardown(remove);
  let source: SourceState = { location: 'u@db:3306', phase: 'connecting', sinceMs: 0, starts: 1 };
  const health = new Health({
    ...{ engine, isDraining: () => false, sources: () => [source], nowMs: () => 5000 },
    ...{ sourceLostMsMax: 1000, engineAnswerMsMax: 5_000 },
  });
  const ready = async (state: Partial<SourceState>): Promise<string> => {
    source = { ...source, lostSinceMs: undefined, hasCopy: true, ...state };
    return (await health.answer('/readyz')).text;
  };
  t.is(await ready({ hasCopy: undefined }), 'there is no copy of the source yet\n');
  t.is(await ready({ lostSinceMs: 4000 }), 'ok\n');
  const lost = await ready({ lostSinceMs: 3999 });
  t.is(lost, 'the source is lost since 1970-01-01T00:00:03.999Z\n');
  t.is(await ready({ phase: 'following', lostSinceMs: 4500 }), 'ok\n');
  const silent = await ready({ phase: 'following', heardAtMs: 1500 });
  t.is(silent, 'the source is silent since 1970-01-01T00:00:01.500Z\n');
  t.is(await ready({ phase: 'following', heardAtMs: 1500, visibleAtMs: 4500 }), 'ok\n');
  t.is(await ready({ phase: 'following', heardAtMs: 1500, sinceMs: 2500 }), 'ok\n');
  source = { ...source, heardAtMs: undefined, visibleAtMs: undefined, sinceMs: 0 };
  t.is(await ready({ phase: 'loading' }), 'the first copy of the source is being loaded\n');
  const failure = { code: 'AUTH', message: 'u has no right', atMs: 1 };
  const stopped = await ready({ phase: 'stopped', lostSinceMs: 1, failure });
  t.is(stopped, 'the source is stopped since 1970-01-01T00:00:00.001Z (AUTH)\n');
});
