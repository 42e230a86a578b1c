// Goal: a log that is longer than its 32-bit positions can say, by one transaction of 5 GB, is replayed exactly and in
// bounded memory, from a running server and from its files. Method: a real server writes it; meanwhile the writer is
// killed and its connections are cut, past 4 GiB too. The expected sums come from the server. LARGE_LOG_MIB sets its size.
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { runCliWell, startCli, temporaryFolder, writeLogs } from '../e2e/cli.js';
import { type Server, type ServerKind, startServerOfKind } from '../servers/index.js';
import { startServe } from '../server/serve-process.js';
import { testSerialWith } from '../servers/test-with.js';
import { startRelay, type Relay } from '../source/live/relay.js';

const logBytes = Number(process.env['LARGE_LOG_MIB'] ?? 4_800) * 2 ** 20;
const valueBytes = 2 ** 21;
const values = Math.ceil(logBytes / valueBytes);
/** Rows of 2 MiB wait in messages of up to 256 MiB; docs/operations.md states what `write` holds. */
const memoryMaxBytes = 2 ** 31;
/** Of the log, from the one to the next: the second lies past 4 GiB. */
const cutShares = [0.3, 0.65];
/** In the middle of what 60 MB/s take. */
const killAfterMs = logBytes / 120_000;
const kinds: readonly ServerKind[] = ['mariadb', 'mysql-9.7'];

for (const kind of kinds) {
  testSerialWith(kind)(`${kind}: a log of more than 4 GiB, live and from files`, async (t) => {
    t.timeout(3_600_000);
    const server = await startServerOfKind(kind, {
      args: ['--max-allowed-packet=64M', '--innodb-buffer-pool-size=1G'],
    });
    t.teardown(server.stop);
    await server.query(`CREATE DATABASE d; USE d; CREATE TABLE small (id INT PRIMARY KEY, v INT);
      CREATE TABLE large (id INT PRIMARY KEY, v LONGBLOB); CREATE TABLE numbers (n INT PRIMARY KEY)`);
    const live = path.join(temporaryFolder(t), 'live');
    const relay = await startRelay(t, server.port);
    const source = ['--binlog', `mysql://root@127.0.0.1:${relay.port}/`];
    await runCliWell(['write', '--engine', live, ...source, '--until', 'now']);

    const log = await writeLargeLog(server);
    t.log(`${log.file}: ${log.bytes} bytes`);
    t.true(log.bytes > logBytes);
    const expected = await sumsOf(server);

    await killOnce(live, source);
    const cuts = cutConnections(relay, log.bytes);
    const peakBytes = await followToTheEnd(t, live, source);
    t.is(cuts(), cutShares.length);
    t.log(`live: peak ${(peakBytes / 2 ** 20).toFixed(0)} MiB`);
    t.true(peakBytes < memoryMaxBytes, `${peakBytes} bytes`);
    t.deepEqual(await sumsOfCopy(live), expected);

    await server.flushLogs();
    const files = path.join(temporaryFolder(t), 'files');
    await writeLogs(files, server.binlogFiles());
    t.deepEqual(await sumsOfCopy(files), expected);
  });
}

/** One transaction of many large rows, and small ones before and after it. Gives the longest log. */
async function writeLargeLog(server: Server): Promise<{ file: string; bytes: number }> {
  await server.query('INSERT INTO d.small VALUES (1, 1)');
  const inserts = Array.from(
    { length: values },
    // No two rows alike, so that none that is lost or doubled keeps the sum.
    (_, id) => `INSERT INTO d.large VALUES (${id}, repeat(sha2(${id}, 256), ${valueBytes / 64}))`,
  );
  await server.query(
    `START TRANSACTION; INSERT INTO d.small VALUES (2, 2); ${inserts.join(';')};
    UPDATE d.small SET v = 22 WHERE id = 2; INSERT INTO d.small VALUES (3, 3); COMMIT`,
  );
  await server.query('INSERT INTO d.small VALUES (4, 4); UPDATE d.small SET v = 11 WHERE id = 1');
  await server.flushLogs();
  const logs = server.binlogFiles().map((file) => ({ file, bytes: statSync(file).size }));
  return logs.sort((a, b) => b.bytes - a.bytes)[0] ?? { file: '', bytes: 0 };
}

/** Counts, lengths and checksums, which MySQL and ClickHouse compute alike. */
const sums = `SELECT CONCAT_WS(' ', COUNT(*), SUM(LENGTH(v)), SUM(CRC32(v)), SUM(id)) AS s FROM d.large`;
const smallRows = `SELECT CONCAT_WS(' ', id, v) AS s FROM d.small ORDER BY id`;

async function sumsOf(server: Server): Promise<string[]> {
  const rows = [...(await server.query(sums)), ...(await server.query(smallRows))];
  return rows.map(({ s }) => String(s));
}

async function sumsOfCopy(engine: string): Promise<string[]> {
  const rows = async (sql: string): Promise<string[]> => {
    const lines = await runCliWell(['sql', '--engine', engine, '--format', 'jsonl', sql]);
    return lines
      .toString()
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { s: string }).s);
  };
  return [...(await rows(sums)), ...(await rows(smallRows))];
}

/** Kills a writer in the middle of the transaction. */
async function killOnce(engine: string, source: readonly string[]): Promise<void> {
  const { child, done } = startCli(['write', '--engine', engine, ...source, '--until', 'now']);
  await delay(killAfterMs);
  child.kill('SIGKILL');
  await done.catch(() => undefined);
}

/** Cuts the connections after shares of the log. Gives what tells how often that was. */
function cutConnections(relay: Relay, bytes: number): () => number {
  let cuts = -1;
  const next = (): void => {
    cuts += 1;
    const share = cutShares[cuts];
    if (share !== undefined) relay.cutAfter(bytes * share, next);
  };
  next();
  return () => cuts;
}

/** Serves the copy until all is in it; gives the most memory that the process had. */
async function followToTheEnd(
  t: ExecutionContext,
  engine: string,
  source: readonly string[],
): Promise<number> {
  const served = await startServe(engine, { args: source });
  t.teardown(() => served.stop());
  const endMs = Date.now() + 1_800_000;
  for (;;) {
    const [, ...small] = await sumsOfCopy(served.location);
    if (small.length === 4) break;
    t.true(Date.now() < endMs, small.join());
    await delay(1_000);
  }
  const status = readFileSync(`/proc/${served.pid}/status`, 'utf8');
  await served.stop();
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}
