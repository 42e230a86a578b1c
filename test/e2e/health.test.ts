// Goal: programs that watch a server (systemd, Kubernetes, a load balancer) learn without a login whether it lives and
// whether readers should come. Method: the built command, with a source that is cut off and one whose log can't be
// carried over, and on a disk that fills up in the middle of a commit.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { openRemoteEngine } from '../../src/engine/remote/index.js';
import { applyBatch, createTable, keyedTable } from '../engine/engine-suite.js';
import { openEmbeddedEngine } from '../engine/open-engine.js';
import { put } from '../engine/rows.js';
import { mountSmallDisk } from '../engine/small-disk.js';
import { startServe, type ServeProcess } from '../server/serve-process.js';
import { startServerOfKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { startRelay } from '../source/live/relay.js';
import { temporaryFolder } from './cli.js';

const lostMaxMs = 1_500;
const waitMaxMs = 180_000;

testSerialWith('mariadb')('readyz says no while the source is away or stopped', async (t) => {
  t.timeout(900_000);
  const server = await startServerOfKind('mariadb');
  t.teardown(server.stop);
  await server.query('CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY)');
  const relay = await startRelay(t, server.port);
  const folder = temporaryFolder(t);
  const tokenFile = path.join(folder, 'token');
  await writeFile(tokenFile, '0123456789abcdef');
  const served = await startServe(path.join(folder, 'engine'), {
    args: [
      ...['--binlog', `mysql://root@127.0.0.1:${relay.port}/`, '--token-file', tokenFile],
      ...['--http', '127.0.0.1:0', '--metrics-listen', '127.0.0.1:0'],
      ...['--source-lost-max-ms', String(lostMaxMs)],
    ],
  });
  t.teardown(() => served.stop());
  await untilReady(t, served, 200);
  t.not((await fetch(`${served.httpUrl}/?query=SELECT+1`)).status, 200, 'there is a login');

  const cutMs = performance.now();
  relay.setTarget(0);
  relay.cut();
  await untilReady(t, served, 503, /^the source is lost since 20\S+Z\n$/);
  t.true(performance.now() - cutMs >= lostMaxMs, 'a source may be away for a moment');
  t.deepEqual(await askBoth(served, '/healthz'), [200, 200]);
  relay.setTarget(server.port);
  await untilReady(t, served, 200, /^ok\n$/);

  // It is tried again, and stops at once each time: it is not back in between.
  await server.query("SET SESSION binlog_format='STATEMENT'; INSERT INTO d.t VALUES (9)");
  await untilReady(t, served, 503, /^the source is \w+ since \S+Z \(UNSUPPORTED\)\n$/);
  const starts = (): number => served.log.filter(({ event }) => event === 'source-stopped').length;
  const first = starts();
  while (starts() < first + 2) {
    await delay(20);
    t.deepEqual(await askBoth(served, '/readyz'), [503, 503]);
  }
  t.deepEqual(await askBoth(served, '/healthz'), [200, 200]);
});

testSerialWith('mariadb')('readyz says no while the source is silent', async (t) => {
  t.timeout(900_000);
  const server = await startServerOfKind('mariadb');
  t.teardown(server.stop);
  await server.query('CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY)');
  const served = await startServe(path.join(temporaryFolder(t), 'engine'), {
    args: [
      ...['--binlog', `mysql://root@127.0.0.1:${server.port}/`, '--metrics-listen', '127.0.0.1:0'],
      ...['--source-lost-max-ms', '4000'],
    ],
  });
  t.teardown(() => served.stop());
  await untilReady(t, served, 200);
  // At rest it is not silent: it answers.
  await delay(6_000);
  await untilReady(t, served, 200);
  const pid = Number(await readFile(path.join(server.folder, 'pid'), 'utf8'));
  process.kill(pid, 'SIGSTOP');
  t.teardown(() => process.kill(pid, 'SIGCONT'));
  const [silentMs, stoppedMs] = [Date.now(), performance.now()];
  const silent = await untilReady(t, served, 503, /^the source is silent since 20\S+Z\n$/);
  t.true(performance.now() - stoppedMs >= 2_500);
  const sinceMs = Date.parse(/since (\S+)/.exec(silent)?.[1] ?? '');
  // It was heard last before it stopped, or just after.
  t.true(sinceMs > silentMs - 6_000 && sinceMs < silentMs + 2_000, silent);
  process.kill(pid, 'SIGCONT');
  await untilReady(t, served, 200, /^ok\n$/);
});

test.serial('readyz says no while a commit is half done', async (t) => {
  t.timeout(900_000);
  const disk = await mountSmallDisk(48);
  if ('reason' in disk) {
    t.log(`skipped: ${disk.reason}`);
    t.pass();
    return;
  }
  t.teardown(() => disk.remove());
  const folder = path.join(disk.folder, 'data');
  const engine = await openEmbeddedEngine(folder);
  await createTable(engine, 'keyed');
  await engine.close();
  const served = await startServe(folder, {
    args: ['--metrics-listen', '127.0.0.1:0'],
    env: { THEFLASH_FAILPOINT: 'stop:after-commit-record' },
  });
  t.teardown(() => served.stop('SIGKILL'));
  const remote = await openRemoteEngine(served.location);
  await untilReady(t, served, 200, /^ok\n$/);
  const outcome = applyBatch(remote, keyedTable('keyed'), [put(1, 'new')]).then(
    () => 'applied',
    (error: unknown) => String(error),
  );
  while (!/^State:\s+T/m.test(await readFile(`/proc/${served.pid}/status`, 'utf8'))) await delay(5);
  disk.fill(0);
  disk.fillNames();
  served.signal('SIGCONT');
  t.log(await outcome);
  await untilReady(t, served, 503, /^a commit is half done, .* \(DISK_FULL\)\n$/);
  t.deepEqual(await askBoth(served, '/healthz'), [200]);
  disk.free();
  await untilReady(t, served, 200, /^ok\n$/);
  await remote.close().catch(() => undefined);
});

/** Of the metrics listener and the HTTP door, where they are. */
async function askBoth(served: ServeProcess, question: string): Promise<number[]> {
  const doors = [new URL(served.metricsUrl).origin, served.httpUrl].filter((url) => url !== '');
  return Promise.all(doors.map(async (door) => (await fetch(door + question)).status));
}

/**
 * Asks until the answer is the one that is waited for, at both doors. Gives its text. Other reasons may come before it:
 * on a busy machine a source is silent for a moment.
 */
async function untilReady(
  t: ExecutionContext,
  served: ServeProcess,
  status: number,
  says = /./,
): Promise<string> {
  const url = new URL('/readyz', served.metricsUrl);
  const endMs = performance.now() + waitMaxMs;
  for (;;) {
    const answer = await fetch(url);
    const text = await answer.text();
    if (answer.status === status && says.test(text)) {
      const both = await askBoth(served, '/readyz');
      if (both.every((each) => each === status)) {
        t.pass();
        return text;
      }
    }
    if (performance.now() > endMs) {
      t.fail(`${answer.status} ${text}`);
      return text;
    }
    await delay(20);
  }
}
