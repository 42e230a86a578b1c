// Goal: one command copies a server that works and goes on, killed at any moment. Method: the built
// command against real servers with writers beside it; then every table beside the server's SELECT.
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { startServerOfKind, type ServerKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { kindsOf, shortOrFull } from '../short-run.js';
import { chooseSeed, createRandom } from '../workload/index.js';
import { runCli, runCliWell, startCli, temporaryFolder } from './cli.js';
import { differences } from './replay-case.js';
import { fill, startWriter, tables } from './working-server.js';

const kinds: readonly ServerKind[] = kindsOf('mysql-5.7', 'mysql-9.7', 'mariadb');
const killsWanted = shortOrFull(2, 4);

for (const kind of kinds) {
  testSerialWith(kind)(
    `${kind}: a first load that is killed at any moment shows nothing, and the same command brings all`,
    async (t) => {
      t.timeout(900_000);
      const seed = chooseSeed();
      t.log(`SEED=${seed}`);
      const random = createRandom(seed);
      const server = await startServerOfKind(kind);
      t.teardown(server.stop);
      await fill(server);
      const engine = path.join(temporaryFolder(t), 'engine');
      const url = `mysql://root@127.0.0.1:${server.port}/`;
      const args = ['write', '--binlog', url, '--engine'];

      const startMs = performance.now();
      const only = await runCli([...args, `${engine}-whole`, '--load-only']);
      t.is(only.code, 0, only.stderr);
      const wholeMs = performance.now() - startMs;
      t.regex(only.stderr, /sessions read as of binlog\.000001:\d+, (?:under a lock of|without)/);
      t.regex(only.stderr, /120,000 rows of 3 tables from the source/);
      t.deepEqual(await differences(server, 'd', `${engine}-whole`), []);
      const again = await runCli([...args, `${engine}-whole`, '--load-only']);
      t.regex(again.stderr, /Nothing to load/);

      const work = startWriter(server, seed);
      let loads = 0;
      for (let kills = 0; kills < killsWanted && loads <= killsWanted;) {
        const { child, done } = startCli([...args, engine, '--load-only']);
        const pause = delay(random.int(1, Math.ceil(wholeMs)), undefined, { ref: false });
        await Promise.race([done, pause]);
        child.kill('SIGKILL');
        const { code, stderr } = await done;
        t.true(code === undefined || code === 0, stderr);
        if (code === undefined) kills += 1;
        else loads += 1;
        const seen = await seenTables(engine);
        t.true(seen === 0 || seen === tables, `${seen} tables after ${kills} kills, SEED=${seed}`);
      }
      // Now without --load-only: it loads, where that is still to be done, and follows.
      const { child, done } = startCli([...args, engine, '--batch-interval', '50ms']);
      const speaks = once(createInterface({ input: child.stderr ?? process.stdin }), 'line');
      await delay(wholeMs * 2, undefined, { ref: false });
      // Before that it may not take the signal yet.
      await Promise.race([speaks, done]);
      child.kill('SIGTERM');
      const followed = await done;
      t.true(followed.code === 0 || followed.code === 130, followed.stderr);
      await work.stop();
      const last = await runCli([...args, engine, '--until', 'now']);
      t.is(last.code, 0, last.stderr);
      t.regex(
        last.stderr,
        /holds the rows of its baseline at binlog\.000001:\d+ and all changes up/,
      );
      t.deepEqual(await differences(server, 'd', engine), [], `SEED=${seed}`);
      const left = await runCliWell([
        ...['sql', "SELECT count() AS c FROM system.tables WHERE name LIKE 'load_%'"],
        ...['--engine', engine, '--format', 'csv'],
      ]);
      t.regex(left.toString(), /^c\s+0\s*$/);
    },
  );
}

testSerialWith('mariadb')('what begins a copy in another way loads nothing', async (t) => {
  t.timeout(900_000);
  const server = await startServerOfKind('mariadb');
  t.teardown(server.stop);
  await server.query(
    'CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY); INSERT INTO d.t VALUES (1)',
  );
  const folder = temporaryFolder(t);
  const url = `mysql://root@127.0.0.1:${server.port}/`;
  const write = (name: string, ...more: string[]): ReturnType<typeof runCli> =>
    runCli([
      'write',
      '--engine',
      path.join(folder, name),
      '--binlog',
      url,
      '--until',
      'now',
      ...more,
    ]);
  for (const more of [['--no-load'], ['--partial'], ['--from', 'binlog.000001:4']]) {
    const { code, stderr } = await write(`copy${(more[0] ?? '').replaceAll('-', '_')}`, ...more);
    t.is(code, 0, stderr);
    t.notRegex(stderr, /sessions? read as of/);
  }
  const { stderr, code } = await write('loaded');
  t.is(code, 0, stderr);
  t.regex(stderr, /1 row of 1 table from the source/);
  const wrong = await runCli(['write', '--load-only', '--binlog', 'binlog.000001']);
  t.is(wrong.code, 2);
  t.regex(wrong.stderr, /--load-only copies the tables of a running server/);
});

async function seenTables(engine: string): Promise<number> {
  const { code, stdout, stderr } = await runCli(['tables', '--json', '--engine', engine]);
  if (code !== 0 && (stdout.toString() + stderr).includes('NOT_FOUND')) return 0;
  const listed = JSON.parse(stdout.toString()) as { tables: unknown[] };
  return listed.tables.length;
}
