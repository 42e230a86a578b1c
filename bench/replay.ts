// Goal: what replaying a log costs beside what the engine alone needs for the same rows.
// Method: 1 M inserts into ten columns, recorded by MySQL 5.7; the replayed table as one Arrow file;
// then both, in turn, each in a process of its own and into an empty folder.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { repositoryFolder } from '../test/servers/index.js';
import { measure, median, type Measured } from './measure.js';
import { ordersRecording } from './orders.js';
import { recordLog } from './recorded-log.js';
import { rates, report, round } from './report.js';

const rows = 1_000_000;
const runs = 3;
const createTable = `CREATE TABLE bench.orders (
  id Int64, customer UInt32, product Int32, quantity Int16, price Decimal(12, 2),
  weight Nullable(Float64), state LowCardinality(String), note Nullable(String),
  made Nullable(DateTime64(3, 'UTC')), seen Nullable(DateTime64(0, 'UTC'))
) ENGINE = MutableMergeTree ORDER BY (id)`;

const cli = [process.execPath, path.join(repositoryFolder, 'bin', 'run.js')];
const insert = [
  process.execPath,
  '--import=tsx',
  path.join(import.meta.dirname, 'engine-insert.ts'),
];
const folder = mkdtempSync(path.join(tmpdir(), 'theflash-bench-'));
try {
  await run();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function run(): Promise<void> {
  const log = await recordLog(ordersRecording(rows));
  const arrow = path.join(folder, 'orders.arrows');
  const warm = path.join(folder, 'warm');
  await replay(log.file, warm);
  await measure([...cli, 'scan', 'bench.orders', '--engine', warm, '--output', arrow]);

  const replays: Measured[] = [];
  const inserts: Measured[] = [];
  for (let index = 0; index < runs; index += 1) {
    replays.push(await replay(log.file, path.join(folder, `replay-${index}`)));
    const target = path.join(folder, `insert-${index}`);
    inserts.push(await measure([...insert, target, createTable, 'bench.orders', arrow]));
  }
  const arrowBytes = statSync(arrow).size;
  const whole = median(replays.map((one) => one.seconds));
  const alone = median(inserts.map((one) => one.seconds));
  const insertOnly = median(inserts.map(({ stdout }) => secondsOf(stdout)));
  report('replay', `${rows} inserts of ten columns, ${log.bytes} bytes of log`, [
    { who: 'theflash write', ...rates(rows, log.bytes, whole), ...peak(replays) },
    { who: 'engine alone', ...rates(rows, arrowBytes, alone), ...peak(inserts) },
    { who: 'engine alone, INSERT only', ...rates(rows, arrowBytes, insertOnly), ...peak(inserts) },
    { who: 'times the engine alone', ratio: round(whole / alone, 2) },
  ]);
}

function replay(log: string, engine: string): Promise<Measured> {
  return measure([...cli, 'write', '--engine', engine, '--binlog', log]);
}

function peak(measured: readonly Measured[]): { 'peak MiB': number } {
  const bytes = Math.max(...measured.map((one) => one.peakRssBytes));
  return { 'peak MiB': Math.round(bytes / 2 ** 20) };
}

function secondsOf(stdout: string): number {
  const { seconds } = JSON.parse(stdout) as { seconds: number };
  return seconds;
}
