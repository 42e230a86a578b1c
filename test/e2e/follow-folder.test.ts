// Goal: the built command follows the folder of logs of a server that works. Method: a random workload with
// DDL, and meanwhile kills of the writer, FLUSH LOGS, a crash and a restart of the server; or a client that
// fetches the logs, or a copy made in pieces; then every table beside the server's SELECT.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { openRemoteEngine } from '../../src/engine/remote/index.js';
import { queryRows, type SourceState } from '../../src/protocol/index.js';
import { startServe } from '../server/serve-process.js';
import {
  crash,
  dieWithParent,
  mysqlbinlog97,
  startServerOfKind,
  type Server,
  type ServerKind,
} from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { kindsOf, shortOrFull } from '../short-run.js';
import { chooseSeed, createRandom, runWorkload } from '../workload/index.js';
import { runCli, startCli, temporaryFolder } from './cli.js';
import { differences } from './replay-case.js';

const waitMaxMs = 120_000;
const killsMin = shortOrFull(4, 6);
const rowChanges = shortOrFull(3_000, 6_000);

for (const kind of kindsOf('mariadb', 'mysql-5.7', 'mysql-9.7')) {
  testSerialWith(kind)(
    `${kind}: killed while its server works, crashes and starts again, a follower ends in its tables`,
    async (t) => {
      t.timeout(900_000);
      const seed = chooseSeed();
      t.log(`SEED=${seed}`);
      const random = createRandom(seed);
      const folder = temporaryFolder(t);
      const logs = path.join(folder, 'logs');
      mkdirSync(logs);
      const args = [`--log-bin=${path.join(logs, 'binlog')}`];
      const server = await startServerOfKind(kind, { args });
      t.teardown(server.stop);
      const engine = path.join(folder, 'engine');
      const write = ['write', '--binlog', logs, '--engine', engine];
      const follow = [...write, '--follow', '--batch-interval', '100ms'];

      const state = { isDone: false };
      const working = runWorkload(server, { seed, database: 'w', rowChanges }).finally(() => {
        state.isDone = true;
      });
      let kills = 0;
      for (; !state.isDone || kills < killsMin; kills += 1) {
        const { child, done } = startCli(follow);
        await delay(random.int(800, 2500), undefined, { ref: false });
        await server.flushLogs();
        await delay(random.int(1, 800), undefined, { ref: false });
        child.kill('SIGKILL');
        await done;
      }
      await working;

      const again = await crashWhileServed(t, server, { engine, logs, args });
      const to = ['--until', await placeNow(again)];
      const last = await runCli([...follow, ...to]);
      t.is(last.code, 0, last.stderr);
      t.regex(last.stderr, /holds all up to/);
      t.deepEqual(await differences(again, 'w', engine), [], `SEED=${seed}, ${kills} kills`);
      const now = await runCli([...write, '--until', 'now']);
      t.is(now.code, 0, now.stderr);
      t.regex(now.stderr, /Nothing new|No changes/);
    },
  );
}

/** A crash and a restart of the server under a served copy, which needs no second try. */
async function crashWhileServed(
  t: ExecutionContext,
  server: Server,
  { engine, logs, args }: { engine: string; logs: string; args: readonly string[] },
): Promise<Server> {
  const served = await startServe(engine, { args: ['--binlog', logs] });
  t.teardown(() => served.stop());
  const reader = await openRemoteEngine(served.location);
  t.teardown(() => reader.close());
  const state = async (): Promise<SourceState | undefined> =>
    (await reader.serverStatus()).sources?.[0];
  await until(t, async () => (await state())?.phase === 'following');
  await crash(server);
  const again = await startServerOfKind(server.kind, {
    args,
    continues: { ...server, binlogFiles: () => [] },
  });
  t.teardown(again.stop);
  await again.query('CREATE TABLE w.later (id INT PRIMARY KEY); INSERT INTO w.later VALUES (1)');
  const count = 'SELECT count() AS n FROM w.later';
  await until(t, async () => {
    const [row] = await queryRows(reader, count).catch(() => []);
    return Number(row?.['n']) === 1;
  });
  const { starts, failure } = (await state()) ?? {};
  t.deepEqual({ starts, failure }, { starts: 1, failure: undefined });
  await reader.close();
  await served.stop();
  return again;
}

for (const kind of kindsOf('mysql-9.7', 'mariadb')) {
  testSerialWith(kind)(
    `${kind}: served from logs that a client fetches as they grow`,
    async (t) => {
      t.timeout(900_000);
      const server = await startServerOfKind(kind);
      t.teardown(server.stop);
      await server.query('CREATE DATABASE w; CREATE TABLE w.t (id INT PRIMARY KEY, v INT)');
      const folder = temporaryFolder(t);
      const logs = path.join(folder, 'logs');
      mkdirSync(logs);
      const fetching = fetchLogs(kind, server, logs);
      t.teardown(() => {
        fetching.kill('SIGKILL');
      });
      await until(t, () => Promise.resolve(existsSync(path.join(logs, 'binlog.000001'))));
      const engine = path.join(folder, 'engine');
      const served = await startServe(engine, {
        args: ['--binlog', logs, '--batch-interval', '20ms'],
      });
      t.teardown(() => served.stop());
      const reader = await openRemoteEngine(served.location);
      t.teardown(() => reader.close());
      const sum = async (): Promise<number> => {
        const rows = await queryRows(reader, 'SELECT sum(v) AS s FROM w.t').catch(() => []);
        return Number(rows[0]?.['s'] ?? -1);
      };
      let wanted = 0;
      for (let round = 1; round <= 5; round += 1) {
        await server.query(`INSERT INTO w.t VALUES (${round}, ${round * 10})`);
        wanted += round * 10;
        await until(t, async () => (await sum()) === wanted);
        await server.flushLogs();
      }
      const [state] = (await reader.serverStatus()).sources ?? [];
      t.is(state?.location, logs);
      t.is(state?.phase, 'following');
      t.true(Date.now() - (state?.sourceTimeMs ?? 0) < waitMaxMs);
      await reader.close();
      await served.stop();
      t.deepEqual(await differences(server, 'w', engine), []);
    },
  );
}

testSerialWith('mariadb')(
  'a log that comes in pieces is never taken for a broken one',
  async (t) => {
    t.timeout(900_000);
    const seed = chooseSeed();
    t.log(`SEED=${seed}`);
    const random = createRandom(seed);
    const server = await startServerOfKind('mariadb');
    t.teardown(server.stop);
    await runWorkload(server, { seed, database: 'w', rowChanges: 3_000 });
    await server.flushLogs();
    const folder = temporaryFolder(t);
    const logs = path.join(folder, 'logs');
    mkdirSync(logs);
    const [first, ...others] = server.binlogFiles();
    const sizeBytes = readFileSync(first ?? '').length;
    const engine = path.join(folder, 'engine');
    const write = ['write', '--binlog', logs, '--engine', engine];
    const copy = await open(path.join(logs, path.basename(first ?? '')), 'w');
    const bytes = readFileSync(first ?? '');
    let at = 0;
    const add = async (size: number): Promise<void> => {
      at += (await copy.write(bytes, at, Math.min(size, sizeBytes - at))).bytesWritten;
    };
    for (const size of [2, 40, 100, 3_000, 20_001]) {
      await add(size);
      const now = await runCli([...write, '--until', 'now']);
      t.is(now.code, 0, `${at} bytes: ${now.stderr}`);
    }
    const { child, done } = startCli([...write, '--follow', '--batch-interval', '50ms']);
    const follows = once(createInterface({ input: child.stderr ?? process.stdin }), 'line');
    while (at < sizeBytes) {
      await add(random.int(1, Math.ceil(sizeBytes / 60)));
      await delay(random.int(1, 100));
    }
    await copy.close();
    for (const file of others) {
      const rest = await open(path.join(logs, path.basename(file)), 'w');
      await rest.write(readFileSync(file));
      await rest.close();
    }
    // Before that it does not take the signal.
    await Promise.race([follows, done]);
    child.kill('SIGTERM');
    const { code, stderr } = await done;
    t.is(code, 0, stderr);
    const last = await runCli([...write, '--until', 'now']);
    t.is(last.code, 0, last.stderr);
    t.deepEqual(await differences(server, 'w', engine), [], `SEED=${seed}`);
  },
);

testSerialWith('mariadb')('--follow and --until now are told to be two ways', async (t) => {
  const both = await runCli(['write', '--binlog', '.', '--follow', '--until', 'now']);
  t.is(both.code, 2, both.stderr);
  t.regex(both.stderr, /--follow goes on, and --until now ends/);
});

async function until(t: ExecutionContext, holds: () => Promise<boolean>): Promise<void> {
  const endMs = Date.now() + waitMaxMs;
  while (!(await holds())) {
    if (Date.now() > endMs) return t.fail('it did not come to be in time');
    await delay(50);
  }
}

/** Where the server's log ends, as `--until` takes it. */
async function placeNow(server: Server): Promise<string> {
  const statement = server.kind === 'mysql-9.7' ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS';
  const [row] = await server.query(statement);
  return `${String(row?.['File'])}:${String(row?.['Position'])}`;
}

/** The client that fetches logs as files, for as long as it runs. */
function fetchLogs(kind: ServerKind, server: Server, folder: string): ReturnType<typeof spawn> {
  const client = kind === 'mariadb' ? ['mariadb-binlog'] : (mysqlbinlog97() ?? []);
  const command = [
    ...dieWithParent(),
    ...client,
    ...['--raw', '--read-from-remote-server', '--stop-never', '--host=127.0.0.1', '--user=root'],
    ...[`--port=${server.port}`, `--result-file=${folder}/`, 'binlog.000001'],
  ];
  return spawn(command[0] ?? '', command.slice(1), { stdio: 'ignore' });
}
