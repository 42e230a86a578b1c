// Goal: what replaying a log costs beside what the engine alone needs for the same rows.
// Method: 1 M row changes (inserts, updates, deletes) of a ten-column table, recorded by MySQL 5.7;
// the same rows, as the writer hands them to the engine, as one Arrow file; then both, in turn, each
// in a process of its own and into an empty folder. Timed twice: from when the engine is open to
// when all rows are durable, and the whole process, whose start is loading Node.js and libchdb.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { repositoryFolder } from '../test/servers/index.js';
import { measure, median, type Measured } from './measure.js';
import { orderChangesRecording } from './orders.js';
import { recordLog } from './recorded-log.js';
import { rates, report, round, type Figures } from './report.js';

const changes = 1_000_000;
const runs = 3;
const createTable = `CREATE TABLE bench.orders (
  id Int64, customer UInt32, product Int32, quantity Int16, price Decimal(12, 2),
  weight Nullable(Float64), state LowCardinality(String), note Nullable(String),
  made Nullable(DateTime64(3, 'UTC')), seen Nullable(DateTime64(0, 'UTC'))
) ENGINE = MutableMergeTree ORDER BY (id)`;

const target = `bench.orders (_INTERNAL_DELMARK, id, customer, product, quantity, price, weight, state,
  note, made, seen, _INTERNAL_VERSION)`;

const cli = [process.execPath, path.join(repositoryFolder, 'bin', 'run.js')];
const script = (name: string): string[] => [
  process.execPath,
  '--import=tsx',
  path.join(import.meta.dirname, name),
];
const folder = mkdtempSync(path.join(tmpdir(), 'theflash-bench-'));
try {
  await run();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function run(): Promise<void> {
  const log = await recordLog(orderChangesRecording(changes));
  const arrow = path.join(folder, 'orders.arrows');
  await measure([...script('change-rows.ts'), log.file, path.join(folder, 'warm'), arrow]);

  const replays: Measured[] = [];
  const inserts: Measured[] = [];
  for (let index = 0; index < runs; index += 1) {
    replays.push(await replay(log.file, path.join(folder, `replay-${index}`)));
    const engine = path.join(folder, `insert-${index}`);
    inserts.push(
      await measure([...script('engine-insert.ts'), engine, createTable, target, arrow]),
    );
  }
  const arrowBytes = statSync(arrow).size;
  const inside = ({ stdout }: Measured): number => secondsOf(stdout);
  const whole = ({ seconds }: Measured): number => seconds;
  report('replay', `${changes} row changes of ten columns, ${log.bytes} bytes of log`, [
    figures('theflash write, engine open', replays, inside, log.bytes),
    figures('engine alone, engine open', inserts, inside, arrowBytes),
    figures('theflash write, whole process', replays, whole, log.bytes),
    figures('engine alone, whole process', inserts, whole, arrowBytes),
    { who: 'times the engine alone, engine open', ratio: ratio(replays, inserts, inside) },
    { who: 'times the engine alone, whole process', ratio: ratio(replays, inserts, whole) },
  ]);
}

type Clock = (one: Measured) => number;

function figures(who: string, measured: readonly Measured[], clock: Clock, bytes: number): Figures {
  const peakBytes = Math.max(...measured.map((one) => one.peakRssBytes));
  const seconds = median(measured.map(clock));
  const spread = measured.map((one) => clock(one).toFixed(2)).join(' ');
  return {
    who,
    ...rates(changes, bytes, seconds),
    'peak MiB': Math.round(peakBytes / 2 ** 20),
    'runs, s': spread,
  };
}

function ratio(ours: readonly Measured[], theirs: readonly Measured[], clock: Clock): number {
  return round(median(ours.map(clock)) / median(theirs.map(clock)), 2);
}

function replay(log: string, engine: string): Promise<Measured> {
  return measure([...cli, 'write', '--json', '--engine', engine, '--binlog', log]);
}

function secondsOf(stdout: string): number {
  const { seconds } = JSON.parse(stdout) as { seconds: number };
  return seconds;
}
