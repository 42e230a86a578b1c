// Goal: a served engine follows its source on another thread, and says how that stands. Method: a real
// server that works, is left without rights and is stopped; what readers see beside the server's SELECT.
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import type { EmbeddedEngine } from '../../src/engine/index.js';
import type * as Follow from '../../src/follow/index.js';
import { queryRows } from '../../src/protocol/index.js';
import { openEmbeddedEngine } from '../engine/open-engine.js';
import { startServerOfKind, type Server, type ServerKind } from '../servers/index.js';
import { temporaryFolder } from '../e2e/cli.js';
import { testSerialWith } from '../servers/test-with.js';
import { kindsOf } from '../short-run.js';

// A thread of Node 20 takes no TypeScript: the built code is tested, as in test/e2e.
const built = path.resolve(import.meta.dirname, '../../dist/follow/index.js');
// eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- what is built has the types of src
const { startFollower }: typeof Follow = await import(built);

const kinds: readonly ServerKind[] = kindsOf('mysql-5.7', 'mysql-9.7', 'mariadb');
const waitMaxMs = 180_000;

for (const kind of kinds) {
  testSerialWith(kind)(`${kind}: loads, follows, tells why it stopped, and goes on`, async (t) => {
    t.timeout(900_000);
    const server = await startServerOfKind(kind);
    t.teardown(server.stop);
    await server.query(`CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v INT);
      INSERT INTO d.t VALUES (1, 1), (2, 2), (3, 3)`);
    const engine = await openEngine(t);
    const { follower, notes } = follow(t, engine, server);

    await until(t, follower, async () => (await sumOf(engine)) === 6);
    await server.query('UPDATE d.t SET v = v + 10; DELETE FROM d.t WHERE id = 2');
    await until(t, follower, async () => (await sumOf(engine)) === 24);
    // Its thread tells of it after readers see it.
    await until(t, follower, () => Promise.resolve(follower.state().phase === 'following'));
    const following = follower.state();
    t.is(following.starts, 1);
    t.is(following.failure, undefined);
    // Its thread tells of a commit after readers see it.
    const isRecent = (): boolean =>
      (follower.state().sourceTimeMs ?? 0) > Date.now() - 2 * waitMaxMs;
    await until(t, follower, () => Promise.resolve(isRecent()));

    // STATEMENT logs have no rows: the writer stops, and readers do not.
    await server.query("SET SESSION binlog_format='STATEMENT'; INSERT INTO d.t VALUES (9, 1000)");
    const stopped = await untilStopped(t, follower);
    t.is(stopped.failure?.code, 'UNSUPPORTED');
    t.regex(stopped.failure?.message ?? '', /binlog\.000001/);
    t.regex(stopped.failure?.hint ?? '', /binlog_format=ROW/);
    t.is(await sumOf(engine), 24);
    await until(t, follower, () => Promise.resolve(follower.state().starts > 1));
    t.is(await sumOf(engine), 24, notes.join('\n'));

    await follower.stop();
    t.is(await sumOf(engine), 24);
  });
}

testSerialWith('mariadb')('a source that does not let it in is tried until it does', async (t) => {
  t.timeout(900_000);
  const server = await startServerOfKind('mariadb');
  t.teardown(server.stop);
  await server.query(`CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v INT);
    INSERT INTO d.t VALUES (1, 6)`);
  const engine = await openEngine(t);
  const { follower, notes } = follow(t, engine, server, 'late');
  const stopped = await untilStopped(t, follower);
  t.is(stopped.failure?.code, 'AUTH');
  t.true((stopped.retryAtMs ?? 0) > stopped.sinceMs);
  await server.query("CREATE USER late@'%'; GRANT ALL ON *.* TO late@'%'");
  await until(t, follower, async () => (await sumOf(engine)) === 6);
  t.true(follower.state().starts > 1, notes.join('\n'));
  await until(t, follower, () => Promise.resolve(follower.state().phase === 'following'));
  // The last failure stays to be seen.
  t.is(follower.state().failure?.code, 'AUTH');
});

testSerialWith('mariadb')(
  'a copy that is not what its source was is not tried again',
  async (t) => {
    t.timeout(900_000);
    const server = await startServerOfKind('mariadb');
    t.teardown(server.stop);
    await server.query(`CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v INT);
    INSERT INTO d.t VALUES (1, 6); CREATE TABLE d.bag (v INT); INSERT INTO d.bag VALUES (8), (9)`);
    const engine = await openEngine(t);
    const { follower } = follow(t, engine, server);
    await until(t, follower, () => Promise.resolve(follower.state().phase === 'following'));
    await engine.execute('DELETE FROM d.bag WHERE v = 8');
    await server.query('DELETE FROM d.bag WHERE v = 8');
    await until(t, follower, async () => {
      // The writer is told of a batch that was refused when the source has more to say.
      await server.query('UPDATE d.t SET v = v + 1');
      return follower.state().phase === 'stopped';
    });
    const { failure, retryAtMs, starts } = follower.state();
    t.is(failure?.code, 'BROKEN_DATA');
    t.is(retryAtMs, undefined);
    t.is(starts, 1);
  },
);

async function openEngine(t: ExecutionContext): Promise<EmbeddedEngine> {
  const engine = await openEmbeddedEngine(temporaryFolder(t), { hasGuest: true });
  t.teardown(() => engine.close());
  return engine;
}

function follow(
  t: ExecutionContext,
  engine: EmbeddedEngine,
  server: Server,
  user = 'root',
): { follower: Follow.Follower; notes: string[] } {
  const notes: string[] = [];
  const follower = startFollower(
    engine,
    {
      ...{ source: `mysql://${user}@127.0.0.1:${server.port}/`, defaults: {}, serverId: undefined },
      sourceName: undefined,
      ...{ load: true, writer: { limits: { ageMaxMs: 50 } } },
    },
    {
      onNote: (line) => {
        notes.push(line);
      },
      onStopped: ({ code, message }) => {
        notes.push(`${code} ${message}`);
      },
    },
  );
  t.teardown(follower.stop.bind(follower));
  return { follower, notes };
}

/** -1 while there is no table. */
async function sumOf(engine: EmbeddedEngine): Promise<number> {
  const [row] = await queryRows(
    engine,
    "SELECT count() AS n FROM system.tables WHERE database = 'd'",
  );
  if (Number(row?.['n']) === 0) return -1;
  const [sums] = await queryRows(engine, 'SELECT sum(v) AS v FROM d.t');
  return Number(sums?.['v']);
}

/** Waits until it has stopped, and gives its state of then: it is tried again soon. */
async function untilStopped(
  t: ExecutionContext,
  follower: Follow.Follower,
): Promise<ReturnType<Follow.Follower['state']>> {
  let state = follower.state();
  await until(t, follower, () => {
    state = follower.state();
    return Promise.resolve(state.phase === 'stopped' && state.failure !== undefined);
  });
  return state;
}

async function until(
  t: ExecutionContext,
  follower: Follow.Follower,
  isDone: () => Promise<boolean>,
): Promise<void> {
  const endMs = Date.now() + waitMaxMs;
  while (!(await isDone())) {
    if (Date.now() > endMs) return void t.fail(JSON.stringify(follower.state()));
    await delay(20);
  }
}
