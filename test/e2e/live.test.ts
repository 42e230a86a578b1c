// Goal: the built command follows a server that works. Method: a random workload, and meanwhile kills of
// the writer, cut connections and a restart of the source; then every table beside the server's SELECT.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { startServerOfKind, type ServerKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { kindsOf, shortOrFull } from '../short-run.js';
import { startRelay } from '../source/live/relay.js';
import { chooseSeed, createRandom, runWorkload } from '../workload/index.js';
import { runCli, startCli, temporaryFolder } from './cli.js';
import { differences } from './replay-case.js';

const kinds: readonly ServerKind[] = kindsOf('mysql-9.7', 'mysql-5.7', 'mariadb');
const password = 'geh3im';
const roundsMin = shortOrFull(5, 8);
const rowChanges = shortOrFull(6_000, 12_000);

for (const kind of kinds) {
  testSerialWith(kind)(
    `${kind}: killed and cut while the source works, the writer ends in its tables`,
    async (t) => {
      t.timeout(900_000);
      const seed = chooseSeed();
      t.log(`SEED=${seed}`);
      const random = createRandom(seed);
      const server = await startServerOfKind(kind);
      t.teardown(server.stop);
      await server.query(`CREATE USER 'repl'@'%' IDENTIFIED BY '${password}';
        GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'repl'@'%'`);
      const relay = await startRelay(t, server.port);
      const folder = temporaryFolder(t);
      const secret = path.join(folder, 'password');
      writeFileSync(secret, `${password}\n`);
      const engine = path.join(folder, 'engine');
      const url = `mysql://repl@127.0.0.1:${relay.port}/`;
      const args = [
        'write',
        '--no-load',
        '--engine',
        engine,
        '--binlog',
        url,
        '--batch-interval',
        '100ms',
      ];
      const said: string[] = [];

      const state = { isDone: false };
      let rounds = 0;
      const work = runWorkload(server, { seed, database: 'w', rowChanges }).then(() =>
        server.flushLogs(),
      );
      const working = work.finally(() => {
        state.isDone = true;
      });
      for (; !state.isDone || rounds < roundsMin; rounds += 1) {
        const { child, done } = startCli([...args, '--password-file', secret]);
        await delay(random.int(800, 2500), undefined, { ref: false });
        relay.cutAfter(random.int(1, 200_000));
        if (rounds % 3 === 0) relay.cut();
        await delay(random.int(1, 1500), undefined, { ref: false });
        const isKilled = random.int(0, 3) > 0;
        child.kill(isKilled ? 'SIGKILL' : 'SIGTERM');
        const { code, stderr } = await done;
        said.push(stderr);
        // A signal that comes before the command has begun ends it at once.
        if (code === undefined) continue;
        // A connection that is cut while the source is still examined ends it, too.
        if (code === 1 && !stderr.includes('as server id')) continue;
        // So does one that comes before the engine is open: nothing was read by then.
        if (code === 130 && !stderr.includes('holds all')) continue;
        t.is(code, 0, stderr);
        t.regex(stderr, /holds all up to/);
      }
      await working;
      relay.cutAfter(Infinity);

      await server.shutdown();
      const again = await startServerOfKind(kind, { continues: server });
      t.teardown(again.stop);
      relay.setTarget(again.port);
      await again.query(
        'CREATE TABLE w.later (id INT PRIMARY KEY); INSERT INTO w.later VALUES (1)',
      );
      const now = [...args, '--password-file', secret, '--until', 'now'];
      const last = await runCli(now);
      t.is(last.code, 0, last.stderr);
      said.push(last.stderr);
      t.regex(last.stderr, /holds all up to/);
      t.deepEqual(await differences(again, 'w', engine), [], `SEED=${seed}, ${rounds} rounds`);
      const repeated = await runCli(now);
      t.regex(repeated.stderr, /Nothing new|No changes/);

      const status = await runCli(['status', '--json', '--engine', engine]);
      t.notRegex([...said, status.stdout.toString()].join(), new RegExp(password));
      await hidesPassword(t, args, relay.port);
    },
  );
}

/** What a list of processes shows of a URL with a password in it. */
async function hidesPassword(
  t: ExecutionContext,
  args: readonly string[],
  port: number,
): Promise<void> {
  const named = args.map((arg) =>
    arg.startsWith('mysql://') ? `mysql://repl:${password}@127.0.0.1:${port}/` : arg,
  );
  const { child, done } = startCli(named);
  let line = password;
  for (let tries = 0; tries < 9000 && line.includes(password); tries += 1) {
    await delay(20);
    line = readFileSync(`/proc/${child.pid ?? 0}/cmdline`, 'utf8');
  }
  t.notRegex(line, new RegExp(password));
  child.kill('SIGTERM');
  const { code, stderr } = await done;
  // 130 where the signal came before reading had begun.
  t.true(code === 0 || code === 130, stderr);
  t.notRegex(stderr, new RegExp(password));
}
