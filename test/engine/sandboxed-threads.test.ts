// Goal: every thread that runs the engine is in the sandbox, and no other is. Method: the kernel's own
// list of a served process's threads, while it works and when it has nothing to do.
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { openRemoteEngine } from '../../src/engine/remote/index.js';
import { queryRows } from '../../src/protocol/index.js';
import { startServe } from '../server/serve-process.js';

/** Threads of Node, of V8, and of ch.so that never call the engine. */
const free = new Set([
  'node',
  'MainThread',
  'libuv-worker',
  'V8Worker',
  'DelayedTaskSche',
  'SignalInspector',
]);

interface Thread {
  name: string;
  isHeld: boolean;
}

function threadsOf(pid: number): Thread[] {
  return readdirSync(`/proc/${String(pid)}/task`).flatMap((id) => {
    let status: string;
    try {
      status = readFileSync(`/proc/${String(pid)}/task/${id}/status`, 'utf8');
    } catch {
      return []; // it has ended meanwhile
    }
    const field = (name: string): string =>
      new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
    const isHeld = field('NoNewPrivs') === '1' && field('Seccomp') === '2';
    return [{ name: field('Name'), isHeld }];
  });
}

for (const [mode, isHeld] of [
  ['require', true],
  ['off', false],
] as const) {
  test.serial(
    `--sandbox ${mode}: the engine's threads are ${isHeld ? 'held' : 'free'}`,
    async (t) => {
      t.timeout(900_000);
      const folder = await mkdtemp(path.join(tmpdir(), 'theflash-threads-'));
      const served = await startServe(folder, { args: ['--sandbox', mode] });
      t.teardown(async () => {
        await served.stop();
        await rm(folder, { recursive: true, force: true });
      });
      const engine = await openRemoteEngine(served.location);
      t.teardown(() => engine.close());
      await engine.execute(`CREATE DATABASE d;
      CREATE TABLE d.t (k Int64) ENGINE = MutableMergeTree ORDER BY (k);
      INSERT INTO d.t SELECT number FROM numbers(100000); UPDATE d.t SET k = 1 WHERE k < 0;
      CREATE SNAPSHOT s OF d.t; OPTIMIZE TABLE d.t FINAL; DROP SNAPSHOT s`);
      const seen: Thread[] = threadsOf(served.pid);
      const queries = Array.from({ length: 8 }, () =>
        queryRows(engine, 'SELECT sum(sipHash64(number)) AS s FROM numbers_mt(20000000)'),
      );
      const all = Promise.all(queries);
      const state = { isDone: false };
      void all.then(() => {
        state.isDone = true;
      });
      while (!state.isDone) {
        seen.push(...threadsOf(served.pid));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await all;
      const engineThreads = seen.filter(({ name }) => !free.has(name));
      t.true(engineThreads.length > 50, String(engineThreads.length));
      t.true(engineThreads.some(({ name }) => name === 'tf-worker'));
      t.deepEqual(
        [
          ...new Set(
            engineThreads.filter((each) => each.isHeld !== isHeld).map(({ name }) => name),
          ),
        ],
        [],
      );
      t.deepEqual(
        [
          ...new Set(
            seen.filter((each) => free.has(each.name) && each.isHeld).map(({ name }) => name),
          ),
        ],
        [],
        'the threads of Node stay free',
      );
      t.is((await engine.info()).sandbox === 'none', !isHeld);
    },
  );
}
