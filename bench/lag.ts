// Goal: how long a change takes from its commit at the source until readers of `serve --binlog` see it.
// Method: small transactions over some tables at a given rate; beside them a marker row is committed twenty
// times a second, and a second connection asks for the newest marker all the while. Figures at every
// quarter of the run, since what grows would be slow at its end: memory, parts and open files too. With `slow-reader` one
// more connection runs queries whose scalar subquery takes 30 s, each after the other: no commit may wait for it.
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openRemoteEngine } from '../src/engine/remote/index.js';
import { queryRows, type Engine } from '../src/protocol/index.js';
import { startServe } from '../test/server/serve-process.js';
import { startMysql97, type Server } from '../test/servers/index.js';
import { report, round, type Figures } from './report.js';

const [secondsText = '600', tablesText = '10', interval = '200ms', beside] = process.argv.slice(2);
const seconds = Number(secondsText);
const tables = Number(tablesText);
const changesPerSecond = 5000;
const rowsPerChange = 5;
const rowsPerTable = 10_000;
const clients = 4;
const markerPauseMs = 50;
const quarters = 4;
/** Its planning takes 30 s, as the subquery gives a constant. */
const slowQuery = `SELECT id, (SELECT count() FROM numbers(300) WHERE NOT sleepEachRow(0.1)) AS n
  FROM bench.t0 LIMIT 1 SETTINGS max_block_size = 1`;

/** What a run adds up to; the load and the markers end with it. */
const state = { isOver: false, changes: 0 };

const folder = mkdtempSync(path.join(tmpdir(), 'theflash-bench-'));
const server = await startMysql97();
try {
  await run();
} finally {
  state.isOver = true;
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function run(): Promise<void> {
  await fill(server);
  const url = `mysql://root@127.0.0.1:${server.port}/`;
  const served = await startServe(path.join(folder, 'engine'), {
    args: ['--binlog', url, '--batch-interval', interval],
  });
  const engine = await openRemoteEngine(served.location);
  try {
    while ((await newestMarker(engine)) === undefined) await delay(100);
    const load = Array.from({ length: clients }, (_, client) => changeRows(client));
    const committed = new Map<number, number>();
    const markers = writeMarkers(committed);
    const slow = beside === 'slow-reader' ? readSlowly(served.location) : undefined;
    const figures: Figures[] = [];
    for (let quarter = 1; quarter <= quarters; quarter += 1) {
      const before = state.changes;
      const lags = await watchMarkers(engine, committed, (seconds * 1000) / quarters);
      figures.push({
        who: `quarter ${quarter}`,
        'row changes/s': Math.round(((state.changes - before) * quarters) / seconds),
        ...quantiles(lags),
        ...(await sizes(engine, served.pid)),
      });
    }
    state.isOver = true;
    await Promise.all([...load, markers, slow]);
    const input = `${tables} tables, ${rowsPerChange} rows a transaction, --batch-interval ${interval}, ${seconds} s, commit at the source to visible over TCP`;
    const name = `lag-${tables}-${interval}`;
    if (beside === undefined) report(name, input, figures);
    else report(`${name}-${beside}`, `${input}, beside a query whose planning takes 30 s`, figures);
  } finally {
    state.isOver = true;
    await engine.close();
    await served.stop();
  }
}

async function fill(source: Server): Promise<void> {
  await source.query('CREATE DATABASE bench; CREATE TABLE bench.marker (id INT PRIMARY KEY)');
  await source.query('INSERT INTO bench.marker VALUES (0)');
  for (let table = 0; table < tables; table += 1) {
    await source.query(
      `CREATE TABLE bench.t${table} (id INT PRIMARY KEY, v INT, note VARCHAR(40))`,
    );
    const rows = Array.from({ length: rowsPerTable }, (_, id) => `(${id}, 0, 'row ${id}')`);
    await source.query(`INSERT INTO bench.t${table} VALUES ${rows.join(',')}`);
  }
}

/** One client of the source, which keeps to its share of the rate. */
async function changeRows(client: number): Promise<void> {
  const connection = await server.connection.getConnection();
  const startMs = performance.now();
  const pauseMs = (1000 * rowsPerChange * clients) / changesPerSecond;
  for (let count = 0; !state.isOver; count += 1) {
    const first = (count * 37 + client * 2500) % (rowsPerTable - rowsPerChange);
    const table = (count + client) % tables;
    await connection.query(
      `UPDATE bench.t${table} SET v = v + 1 WHERE id BETWEEN ${first} AND ${first + rowsPerChange - 1}`,
    );
    state.changes += rowsPerChange;
    const waitMs = startMs + count * pauseMs - performance.now();
    if (waitMs > 0) await delay(waitMs);
  }
  connection.release();
}

async function readSlowly(location: string): Promise<void> {
  const engine = await openRemoteEngine(location);
  while (!state.isOver) await queryRows(engine, slowQuery);
  await engine.close();
}

async function writeMarkers(committed: Map<number, number>): Promise<void> {
  const connection = await server.connection.getConnection();
  for (let id = 1; !state.isOver; id += 1) {
    await connection.query(`UPDATE bench.marker SET id = ${id}`);
    committed.set(id, performance.now());
    await delay(markerPauseMs);
  }
  connection.release();
}

/** Lags in ms of the markers that became visible in the given time. */
async function watchMarkers(
  engine: Engine,
  committed: Map<number, number>,
  durationMs: number,
): Promise<number[]> {
  const lags: number[] = [];
  const endMs = performance.now() + durationMs;
  while (performance.now() < endMs) {
    const seen = await newestMarker(engine);
    const nowMs = performance.now();
    for (const [id, atMs] of committed) {
      if (id > (seen ?? -1)) break;
      lags.push(nowMs - atMs);
      committed.delete(id);
    }
    await delay(5);
  }
  // What is not visible yet has waited so long at least.
  const nowMs = performance.now();
  for (const atMs of committed.values()) lags.push(nowMs - atMs);
  return lags;
}

async function newestMarker(engine: Engine): Promise<number | undefined> {
  try {
    const [row] = await queryRows(engine, 'SELECT max(id) AS id FROM bench.marker');
    return Number(row?.['id']);
  } catch {
    return undefined;
  }
}

function quantiles(lags: readonly number[]): Record<string, number> {
  const sorted = lags.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return { 'p50 ms': at(0.5), 'p99 ms': at(0.99), 'max ms': at(1) };
}

async function sizes(engine: Engine, pid: number): Promise<Record<string, number>> {
  const [row] = await queryRows(
    engine,
    "SELECT countIf(active) AS live, countIf(NOT active) AS dead FROM system.parts WHERE database = 'bench'",
  );
  const rss = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return {
    parts: Number(row?.['live']),
    'dead parts': Number(row?.['dead']),
    'resident MiB': round(Number(rss) / 1024, 0),
    'open files': readdirSync(`/proc/${pid}/fd`).length,
  };
}
