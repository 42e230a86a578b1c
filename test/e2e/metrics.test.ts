// Goal: Prometheus learns how a served copy is, and lag is the same in metrics and status, and true. Method: the built
// command beside a server that rests, works, has a long transaction, is cut off, and whose batches are held up; the truth
// is the clock of this test and the server's own SHOW.
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { openRemoteEngine } from '../../src/engine/remote/index.js';
import { queryRows } from '../../src/protocol/index.js';
import { parseMetrics, runPromtool, type MetricsPage } from '../server/metrics-text.js';
import { startServe, type ServeProcess } from '../server/serve-process.js';
import { startServerOfKind, type ServerKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { kindsOf } from '../short-run.js';
import { startRelay } from '../source/live/relay.js';
import { waitUntil } from '../until.js';
import { runCliWell, temporaryFolder } from './cli.js';
import { isTrueLag, nearS } from './true-lag.js';

const busyAsks = 15;
const kinds: readonly ServerKind[] = kindsOf('mysql-9.7', 'mariadb');

for (const kind of kinds) {
  testSerialWith(kind)(`${kind}: lag, rows, commits and errors in metrics`, async (t) => {
    t.timeout(900_000);
    const server = await startServerOfKind(kind);
    t.teardown(server.stop);
    await server.query(`CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v INT);
      INSERT INTO d.t VALUES (1, 1)`);
    const relay = await startRelay(t, server.port);
    const url = `mysql://root@127.0.0.1:${relay.port}/`;
    const served = await startServe(path.join(temporaryFolder(t), 'engine'), {
      args: ['--binlog', url, '--metrics-listen', '127.0.0.1:0'],
    });
    t.teardown(() => served.stop());
    const lagOf = (page: MetricsPage): number => valueOf(page, 'theflash_source_lag_seconds');

    // At rest: the newest transaction gets older, and the lag does not.
    await until(t, served, (page) => lagOf(page) === 0);
    await delay(3_000);
    await until(t, served, (page) => lagOf(page) === 0);
    await waitUntil('status says that there is no lag', async () => {
      const { lag } = await status(served, url);
      return lag?.bytes === 0 && lag.seconds === 0;
    });

    await server.query(`INSERT INTO d.t VALUES (2, 2), (3, 3), (4, 4); UPDATE d.t SET v = 9;
      DELETE FROM d.t WHERE id = 1`);
    const counts = ['batch', 'commit'].map(
      (name) => `theflash_source_${name}_duration_seconds_count`,
    );
    const page = await until(
      t,
      served,
      (each) => changesOf(each, 'delete') === 1 && counts.every((name) => valueOf(each, name) > 0),
    );
    t.deepEqual([changesOf(page, 'insert'), changesOf(page, 'update')], [3, 4]);
    t.is(valueOf(page, 'theflash_source_transactions_total'), 3);
    for (const name of ['batch', 'commit']) {
      t.true(valueOf(page, `theflash_source_${name}_duration_seconds_sum`) > 0);
    }
    t.true(valueOf(page, 'theflash_engine_parts') > 0);
    t.true(valueOf(page, 'theflash_engine_disk_free_bytes') > 0);

    const long = server.query(
      'START TRANSACTION; INSERT INTO d.t VALUES (5, 5); DO SLEEP(8); COMMIT',
    );
    // A busy machine may look late once, which is told as lag; it would grow if the transaction counted.
    const beganMs = performance.now();
    let least = Infinity;
    for (let sinceMs = 0; sinceMs < 7_500; sinceMs = performance.now() - beganMs) {
      const lag = lagOf(await scrape(t, served));
      if (sinceMs > 5_500) least = Math.min(least, lag);
      await delay(200);
    }
    t.true(least < nearS, `${least} s, and nobody could see the transaction yet`);
    await long;

    await isTrueWhileBusy(t, served, (n) =>
      server.query(`INSERT INTO d.t VALUES (${n}, ${n}); UPDATE d.t SET v = v + 1 LIMIT 3`),
    );
    await until(t, served, (each) => lagOf(each) === 0);

    await showsHeldUpBatches(t, served, url, () => server.query('UPDATE d.t SET v = v + 1'));

    const cutMs = Date.now();
    relay.setTarget(0);
    relay.cut();
    await delay(8_000);
    await isTrueLag(t, cutMs, async () => lagOf(await scrape(t, served)));
    await isTrueLag(t, cutMs, async () => {
      const [source] = (await status(served)).server.sources;
      return (source?.lagMs ?? 0) / 1000;
    });
    relay.setTarget(server.port);
    const back = await until(t, served, (each) => lagOf(each) === 0);
    t.is(valueOf(back, 'theflash_source_reconnects_total'), 1);

    await server.query("SET SESSION binlog_format='STATEMENT'; INSERT INTO d.t VALUES (99, 1)");
    await until(
      t,
      served,
      (each) => valueOf(each, 'theflash_source_errors_total', { code: 'UNSUPPORTED' }) > 0,
    );
  });
}

/** A batch of another client is open, so that the writer's waits: lag grows from the change on that it holds. */
async function showsHeldUpBatches(
  t: ExecutionContext,
  served: ServeProcess,
  url: string,
  change: () => Promise<unknown>,
): Promise<void> {
  await until(t, served, (page) => valueOf(page, 'theflash_source_lag_seconds') === 0);
  const remote = await openRemoteEngine(served.location);
  const batch = await remote.openBatch();
  await change();
  const changedMs = Date.now();
  await delay(8_000);
  let bytes = 0;
  await isTrueLag(t, changedMs, async () => {
    const page = await scrape(t, served);
    bytes = valueOf(page, 'theflash_source_lag_bytes');
    return valueOf(page, 'theflash_source_lag_seconds');
  });
  t.true(bytes > 0);
  await isTrueLag(t, changedMs, async () => {
    const { lag } = await status(served, url);
    t.is(lag?.bytes, bytes);
    return lag?.seconds ?? 0;
  });
  await batch.close();
  await remote.close();
  await until(t, served, (each) => valueOf(each, 'theflash_source_lag_seconds') === 0);
}

/** While rows come in all the time, the lag is the age of the first that was committed and is not seen. */
async function isTrueWhileBusy(
  t: ExecutionContext,
  served: ServeProcess,
  insert: (n: number) => Promise<unknown>,
): Promise<void> {
  const remote = await openRemoteEngine(served.location);
  const firstRow = 1_000;
  const committedMs: number[] = [];
  const work = { isOver: false };
  const working = (async () => {
    while (!work.isOver) {
      await insert(firstRow + committedMs.length);
      committedMs.push(Date.now());
    }
  })();
  const told: string[] = [];
  let near = 0;
  for (let ask = 0; ask < busyAsks; ask += 1) {
    await delay(300);
    const lagS = valueOf(await scrape(t, served), 'theflash_source_lag_seconds');
    const sql = `SELECT toInt64(count()) AS n FROM d.t WHERE id >= ${firstRow}`;
    const seen = Number((await queryRows(remote, sql))[0]?.['n']);
    const unseenMs = committedMs[seen];
    const truthS = unseenMs === undefined ? 0 : (Date.now() - unseenMs) / 1000;
    if (Math.abs(lagS - truthS) < nearS) near += 1;
    told.push(`${lagS} s, and it is ${truthS} s`);
  }
  work.isOver = true;
  await working;
  await remote.close();
  t.true(near > busyAsks / 2, told.join('; '));
}

interface Told {
  lag: { bytes: number; seconds: number } | null;
  server: { sources: readonly { lagMs: number }[] };
}

async function status(served: ServeProcess, url?: string): Promise<Told> {
  const source = url === undefined ? [] : ['--source', url];
  const args = ['status', '--engine', served.location, '--json', ...source];
  return JSON.parse((await runCliWell(args)).toString()) as Told;
}

/** Each page is held against the rules. */
async function scrape(t: ExecutionContext, served: ServeProcess): Promise<MetricsPage> {
  const text = await (await fetch(served.metricsUrl)).text();
  const page = parseMetrics(text);
  t.deepEqual(page.problems, []);
  return page;
}

async function until(
  t: ExecutionContext,
  served: ServeProcess,
  isDone: (page: MetricsPage) => boolean,
): Promise<MetricsPage> {
  const endMs = Date.now() + 180_000;
  for (;;) {
    await delay(50);
    const page = await scrape(t, served);
    if (isDone(page)) {
      const checked = runPromtool(
        ['check', 'metrics'],
        await (await fetch(served.metricsUrl)).text(),
      );
      if (checked === undefined) t.log('promtool is not installed: apt-get install prometheus');
      else t.is(checked.code, 0, checked.output);
      return page;
    }
    if (Date.now() > endMs) throw new Error(JSON.stringify(page.samples.filter(isOfSource)));
  }
}

function isOfSource({ name, value }: { name: string; value: number }): boolean {
  return name.startsWith('theflash_source') && value !== 0;
}

function changesOf(page: MetricsPage, kind: string): number {
  return valueOf(page, 'theflash_source_row_changes_total', { kind });
}

/** NaN where there is none. */
function valueOf(page: MetricsPage, name: string, labels: Record<string, string> = {}): number {
  const found = page.samples.find(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  return found?.value ?? NaN;
}
