// Goal: one process follows a server and serves readers, and readers see whole transactions only. Method:
// the built command beside transfers between two tables, over cut connections and kills of it; the sums are
// asked for over TCP all the while.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { openRemoteEngine } from '../../src/engine/remote/index.js';
import { queryRows } from '../../src/protocol/index.js';
import { startServe, type ServeProcess } from '../server/serve-process.js';
import { startServerOfKind, type Server, type ServerKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { kindsOf } from '../short-run.js';
import { startRelay } from '../source/live/relay.js';
import { chooseSeed, createRandom } from '../workload/index.js';
import { runCli, runCliWell, temporaryFolder } from './cli.js';
import { differences } from './replay-case.js';

const kinds: readonly ServerKind[] = kindsOf('mariadb', 'mysql-5.7', 'mysql-9.7');
const accounts = 50;
const balance = 1000;
const total = 2 * accounts * balance;
const rounds = 3;
const readsARound = 30;
const waitMaxMs = 180_000;

for (const kind of kinds) {
  testSerialWith(kind)(`${kind}: served while it follows, killed and cut`, async (t) => {
    t.timeout(900_000);
    const seed = chooseSeed();
    t.log(`SEED=${seed}`);
    const random = createRandom(seed);
    const server = await startServerOfKind(kind);
    t.teardown(server.stop);
    const ids = Array.from({ length: accounts }, (_, id) => `(${id}, ${balance})`).join(',');
    await server.query(`CREATE DATABASE bank;
      CREATE TABLE bank.a (id INT PRIMARY KEY, v INT); CREATE TABLE bank.b LIKE bank.a;
      INSERT INTO bank.a VALUES ${ids}; INSERT INTO bank.b VALUES ${ids}`);
    const relay = await startRelay(t, server.port);
    const folder = path.join(temporaryFolder(t), 'engine');
    const url = `mysql://root@127.0.0.1:${relay.port}/`;
    const args = ['--binlog', url, '--batch-interval', '20ms'];
    const work = startTransfers(server, seed);
    t.teardown(work.stop);

    let reads = 0;
    for (let round = 0; round < rounds; round += 1) {
      const served = await startServe(folder, { args });
      t.teardown(() => served.stop());
      reads += await readSums(t, served, () => {
        if (random.int(0, 9) === 0) relay.cut();
      });
      await served.stop(round < rounds - 1 ? 'SIGKILL' : 'SIGTERM');
    }
    await work.stop();
    t.log(`${reads} sums, ${work.transfers()} transfers`);
    const last = await runCli(['write', '--engine', folder, '--binlog', url, '--until', 'now']);
    t.is(last.code, 0, last.stderr);
    t.deepEqual(await differences(server, 'bank', folder), [], `SEED=${seed}`);
  });
}

testSerialWith('mariadb')(
  'a source that is away stops no reader, and status says so',
  async (t) => {
    t.timeout(900_000);
    const server = await startServerOfKind('mariadb');
    t.teardown(server.stop);
    await server.query('CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY)');
    const relay = await startRelay(t, server.port);
    const folder = path.join(temporaryFolder(t), 'engine');
    const args = ['--binlog', `mysql://repl:geh3im@127.0.0.1:${relay.port}/`];
    await server.query("CREATE USER repl@'%' IDENTIFIED BY 'geh3im'; GRANT ALL ON *.* TO repl@'%'");
    relay.setTarget(0);
    const served = await startServe(folder, { args });
    t.teardown(() => served.stop());
    const status = async (): Promise<string> =>
      (await runCliWell(['status', '--engine', served.location])).toString();
    const away = await poll(status, (text) => text.includes(': stopped since'));
    t.regex(away, /Source +repl@127\.0\.0\.1:\d+: stopped since .*Z/);
    t.regex(away, /next try .*Z: CONNECTION /);
    t.notRegex(away, /geh3im/);
    relay.setTarget(server.port);
    const back = await poll(status, (text) => text.includes(': following'));
    t.regex(back, /last stopped .*Z: CONNECTION /);
    const count = ['sql', 'SELECT count() FROM d.t', '--format', 'csv'];
    const counted = await runCliWell([...count, '--engine', served.location]);
    t.is(counted.toString(), 'count()\r\n0\r\n');
  },
);

testSerialWith('mariadb')('what serve can not follow is refused before it listens', async (t) => {
  const folder = path.join(temporaryFolder(t), 'engine');
  const file = await runCli(['serve', '--engine', folder, '--binlog', 'binlog.000001']);
  t.is(file.code, 2);
  t.regex(file.stderr, /serve follows a running server/);
  const parameter = ['--binlog', 'mysql://repl@127.0.0.1/?ssl-moed=REQUIRED'];
  const url = await runCli(['serve', '--engine', folder, ...parameter]);
  t.is(url.code, 2);
  t.regex(url.stderr, /ssl-moed, which is not known/);
  t.false(existsSync(folder));
  const interval = await runCli(['serve', '--engine', folder, '--batch-interval', 'soon']);
  t.is(interval.code, 2);
});

/** Each sum is of one moment. Gives how many were seen once there were tables. */
async function readSums(
  t: ExecutionContext,
  served: ServeProcess,
  disturb: () => void,
): Promise<number> {
  const engine = await openRemoteEngine(served.location);
  try {
    let seen = 0;
    const endMs = performance.now() + waitMaxMs;
    while (seen < readsARound && performance.now() < endMs) {
      const [found] = await queryRows(
        engine,
        "SELECT count() AS n FROM system.tables WHERE database = 'bank'",
      );
      if (Number(found?.['n']) === 0) {
        await delay(50);
        continue;
      }
      const [row] = await queryRows(
        engine,
        'SELECT (SELECT sum(v) FROM bank.a) + (SELECT sum(v) FROM bank.b) AS total',
      );
      t.is(Number(row?.['total']), total);
      seen += 1;
      disturb();
      await delay(30);
    }
    t.is(seen, readsARound);
    return seen;
  } finally {
    await engine.close();
  }
}

/** Moves money between the tables, one transaction each, until it is stopped. */
function startTransfers(
  server: Server,
  seed: number,
): { stop: () => Promise<void>; transfers: () => number } {
  const random = createRandom(seed);
  const state = { isStopped: false, transfers: 0 };
  const run = async (): Promise<void> => {
    while (!state.isStopped) {
      const amount = random.int(1, 50);
      const [from, to] = random.int(0, 1) === 0 ? ['a', 'b'] : ['b', 'a'];
      await server.query(`START TRANSACTION;
        UPDATE bank.${from} SET v = v - ${amount} WHERE id = ${random.int(0, accounts - 1)};
        UPDATE bank.${to} SET v = v + ${amount} WHERE id = ${random.int(0, accounts - 1)}; COMMIT`);
      state.transfers += 1;
    }
  };
  const running = run();
  return {
    stop: async () => {
      state.isStopped = true;
      await running;
    },
    transfers: () => state.transfers,
  };
}

async function poll(
  read: () => Promise<string>,
  isDone: (text: string) => boolean,
): Promise<string> {
  let text = '';
  const endMs = performance.now() + waitMaxMs;
  while (performance.now() < endMs) {
    text = await read();
    if (isDone(text)) return text;
    await delay(200);
  }
  return text;
}
