// Goal: an engine that is written by runs of a second, as cron makes them, stays as it is: files, bytes and
// the time of a run. Method: a real server changes the same rows over and over, RUNS times (default 1000),
// and after each time the built command writes what the log has got; the last third beside the middle one.
// The time is that of a run beside opening an engine which nothing changes, as other work comes and goes.
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import { startServerOfKind, type Server } from '../servers/index.js';
import { testWith } from '../servers/test-with.js';
import { runCliWell, temporaryFolder } from '../e2e/cli.js';
import { differences } from '../e2e/replay-case.js';

const runs = Number(process.env['RUNS'] ?? 1000);
/** Merged parts are kept for a minute: what is compared begins later than that. */
const runsMin = 200;
const tables = Array.from({ length: 8 }, (_, index) => `w.t${index}`);
const rowsOfTable = 200;
const changesOfRun = 10;
/** How often the peer is measured. */
const runsOfPeer = 4;
/** A log of its own now and then, as servers have, and the old ones gone. */
const runsOfLog = 40;

/** What a run took, and what it has left. */
interface Measure {
  ms: number;
  /** What it takes to open an engine that stays as it is. */
  peerMs: number;
  files: number;
  bytes: number;
}

testWith('mariadb')(
  'a thousand short runs leave files, bytes and time of a run flat',
  async (t) => {
    t.timeout(60 * 60_000);
    t.true(runs >= runsMin, `RUNS has to be at least ${runsMin}`);
    const server = await startServerOfKind('mariadb');
    t.teardown(server.stop);
    await makeTables(server);
    const folder = temporaryFolder(t);
    const engine = path.join(folder, 'engine');
    const still = ['sql', 'SELECT 1', '--engine', path.join(folder, 'still')];
    await runCliWell(['write', '--binlog', server.folder, '--engine', path.join(folder, 'still')]);
    const measures: Measure[] = [];
    let peerMs = 0;
    for (let run = 0; run < runs; run += 1) {
      await changeRows(server, run);
      if (run % runsOfLog === runsOfLog - 1) await beginLog(server);
      if (run % runsOfPeer === 0) peerMs = await timeOf(still);
      const ms = await timeOf(['write', '--binlog', server.folder, '--engine', engine]);
      measures.push({ ms, peerMs, ...sizeOf(engine) });
      if (run % 20 === 19) report(t, run, measures.slice(-20));
    }
    const third = Math.floor(runs / 3);
    const [middle, last] = [measures.slice(third, 2 * third), measures.slice(2 * third)];
    const growth = (name: keyof Measure): number => median(last, name) / median(middle, name);
    const times = {
      files: growth('files'),
      bytes: growth('bytes'),
      ms: growth('ms') / growth('peerMs'),
    };
    t.log(`the last third beside the middle one: ${JSON.stringify(times)}`);
    for (const [name, factor] of Object.entries(times)) {
      t.true(factor < 1.2, `${name} of a run became ${factor} times as much`);
    }
    t.deepEqual(await differences(server, 'w', engine), []);
  },
);

async function timeOf(args: readonly string[]): Promise<number> {
  const startedMs = performance.now();
  await runCliWell(args);
  return performance.now() - startedMs;
}

async function makeTables(server: Server): Promise<void> {
  await server.query('CREATE DATABASE w');
  for (const table of tables) {
    const ids = Array.from({ length: rowsOfTable }, (_, id) => `(${id}, 0, 'a')`).join(',');
    await server.query(`CREATE TABLE ${table} (id INT PRIMARY KEY, n INT, v TEXT)`);
    await server.query(`INSERT INTO ${table} VALUES ${ids}`);
  }
}

/** The same number of rows before and after: what grows is not the data. */
async function changeRows(server: Server, run: number): Promise<void> {
  const ids = Array.from({ length: changesOfRun }, (_, i) => (run * 7 + i * 13) % rowsOfTable);
  for (const table of tables) {
    await server.query(`UPDATE ${table} SET n = n + 1, v = 'run ${run}' WHERE id IN (${ids.join()});
      DELETE FROM ${table} WHERE id = ${run % rowsOfTable};
      INSERT INTO ${table} VALUES (${run % rowsOfTable}, ${run}, 'new')`);
  }
}

async function beginLog(server: Server): Promise<void> {
  const logs = server.binlogFiles();
  await server.flushLogs();
  // What the copy has not read yet stays.
  const kept = logs.at(-1);
  if (kept !== undefined) await server.query(`PURGE BINARY LOGS TO '${path.basename(kept)}'`);
}

function sizeOf(folder: string): { files: number; bytes: number } {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = files.map((file) => statSync(path.join(file.parentPath, file.name)).size);
  return { files: files.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

function report(t: ExecutionContext, run: number, some: readonly Measure[]): void {
  const names = ['ms', 'peerMs', 'files', 'bytes'] as const;
  const texts = names.map((name) => `${name} ${median(some, name).toFixed(0)}`);
  t.log(`run ${run + 1}: ${texts.join(', ')}`);
}

function median(measures: readonly Measure[], name: keyof Measure): number {
  const sorted = measures.map((measure) => measure[name]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
