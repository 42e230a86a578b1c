// Goal: --resync, killed at any moment, leaves each table as it was or taken anew, and the same command ends in
// the server's rows. Method: the built command against real servers with a writer beside it.
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startServerOfKind, type ServerKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { chooseSeed, createRandom } from '../workload/index.js';
import { runCli, runCliWell, startCli, temporaryFolder } from './cli.js';
import { differences } from './replay-case.js';
import { fill, startWriter } from './working-server.js';

const kinds: readonly ServerKind[] = ['mysql-5.7', 'mysql-9.7', 'mariadb'];
const killsWanted = 4;

for (const kind of kinds) {
  testSerialWith(kind)(`${kind}: --resync that is killed at any moment`, async (t) => {
    t.timeout(300_000);
    const seed = chooseSeed();
    t.log(`SEED=${seed}`);
    const random = createRandom(seed);
    const server = await startServerOfKind(kind);
    t.teardown(server.stop);
    await fill(server);
    const engine = path.join(temporaryFolder(t), 'engine');
    const url = `mysql://root@127.0.0.1:${server.port}/`;
    const args = ['write', '--binlog', url, '--engine', engine];
    const resync = ['--resync', 'd.t1', '--resync', 'd.t2'];
    await runCliWell([...args, '--load-only']);
    const work = startWriter(server, seed);

    const startMs = performance.now();
    const first = await runCli([...args, '--until', 'now', ...resync]);
    t.is(first.code, 0, first.stderr);
    t.regex(first.stderr, /rows of 2 tables from the source/);
    const wholeMs = performance.now() - startMs;
    for (let kills = 0, runs = 0; kills < killsWanted && runs < 2 * killsWanted; runs += 1) {
      const { child, done } = startCli([...args, '--until', 'now', ...resync]);
      await Promise.race([
        done,
        delay(random.int(1, Math.ceil(wholeMs)), undefined, { ref: false }),
      ]);
      child.kill('SIGKILL');
      const { code, stderr } = await done;
      t.true(code === undefined || code === 0, stderr);
      if (code === undefined) kills += 1;
    }
    await work.stop();
    const last = await runCli([...args, '--until', 'now']);
    t.is(last.code, 0, last.stderr);
    t.deepEqual(await differences(server, 'd', engine), [], `SEED=${seed}`);
    const left = await runCliWell([
      ...['sql', "SELECT count() AS c FROM system.tables WHERE name LIKE 'load_%'"],
      ...['--engine', engine, '--format', 'csv'],
    ]);
    t.regex(left.toString(), /^c\s+0\s*$/);
  });
}

testSerialWith('mariadb')('--resync without a server is refused', async (t) => {
  const engine = path.join(temporaryFolder(t), 'engine');
  const wrong = ['write', '--resync', 'a.b', '--binlog', 'binlog.000001', '--engine', engine];
  const { code, stderr } = await runCli(wrong);
  t.is(code, 2);
  t.regex(stderr, /--resync takes tables anew from a running server.*--dump t\.sql --only/s);
});
