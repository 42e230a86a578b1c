// Goal: what Spark gets out of theflash, beside its JDBC reader on the same rows in MySQL, and beside
// local Parquet of the same rows.
// Method: 5 M rows of ten columns in a mutable table behind theflash serve, the same in MySQL 5.7,
// and as Parquet that Spark wrote. One Spark of two cores runs each job on each source in turn, a
// round unmeasured and three measured; the median counts. Servers and Spark share the machine.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { openEmbeddedEngine } from '../src/engine/embedded/index.js';
import { repositoryFolder, startMysql57, type Server } from '../test/servers/index.js';
import { measure, median } from './measure.js';
import { report, round, type Figures } from './report.js';

const [rowsGiven = '5000000'] = process.argv.slice(2);
const rows = Number(rowsGiven);
const rounds = 3;
const module = 'spark-3.5_2.12';
const columns = `id, customer, product, quantity, price, weight, state, note, made, seen`;
const createTable = `CREATE DATABASE bench; CREATE TABLE bench.orders (
  id Int64, customer UInt32, product Int32, quantity Int16, price Decimal(12, 2),
  weight Nullable(Float64), state LowCardinality(String), note Nullable(String),
  made Nullable(DateTime64(3, 'UTC')), seen Nullable(DateTime64(0, 'UTC'))
) ENGINE = MutableMergeTree ORDER BY (id)`;
const fill = `INSERT INTO bench.orders SELECT number, cityHash64(number) % 4000000, number % 90000,
  number % 300, number / 100, if(number % 10 = 0, NULL, number / 1024),
  ['new', 'paid', 'sent', 'returned'][number % 4 + 1],
  if(number % 10 = 1, NULL, concat('blue große 赤い ', toString(number % 100000))),
  fromUnixTimestamp64Milli(toInt64(1767225600000 + number * 977), 'UTC'),
  toDateTime64(1767225600 + number, 0, 'UTC') FROM numbers(${rows})`;
const createMysqlTable = `CREATE DATABASE bench; CREATE TABLE bench.orders (
  id BIGINT NOT NULL PRIMARY KEY, customer INT UNSIGNED NOT NULL, product INT NOT NULL,
  quantity SMALLINT NOT NULL, price DECIMAL(12, 2) NOT NULL, weight DOUBLE,
  state ENUM('new', 'paid', 'sent', 'returned') NOT NULL, note VARCHAR(60) CHARACTER SET utf8mb4,
  made DATETIME(3), seen DATETIME)`;

interface Run {
  source: string;
  job: string;
  seconds: number;
}

const folder = mkdtempSync(path.join(tmpdir(), 'theflash-bench-'));
try {
  await compare();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function compare(): Promise<void> {
  const engine = path.join(folder, 'engine');
  const csv = path.join(folder, 'orders.csv');
  await fillEngine(engine);
  await runCli(['scan', 'bench.orders', '--engine', engine, '--format', 'csv', '--output', csv]);
  const mysql = await startMysql57({ args: ['--skip-log-bin', '--secure-file-priv='] });
  try {
    await fillMysql(mysql, csv);
    const server = await serve(engine);
    try {
      reportRuns(await runSpark(server.endpoint, mysql.port));
    } finally {
      server.child.kill();
      await once(server.child, 'exit');
    }
  } finally {
    await mysql.stop();
  }
}

async function fillEngine(engineFolder: string): Promise<void> {
  const engine = await openEmbeddedEngine(engineFolder, { create: true });
  await engine.execute(createTable);
  await engine.execute(fill);
  await engine.execute('OPTIMIZE TABLE bench.orders FINAL');
  await engine.close();
}

/** CSV has nothing for NULL, which is told apart from an empty text by its missing quotes. */
async function fillMysql(mysql: Server, csv: string): Promise<void> {
  await mysql.query(createMysqlTable);
  await mysql.query(`LOAD DATA INFILE '${csv}' INTO TABLE bench.orders CHARACTER SET utf8mb4
    FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' IGNORE 1 LINES
    (id, customer, product, quantity, price, @weight, state, @note, @made, @seen)
    SET weight = NULLIF(@weight, ''), note = NULLIF(@note, ''), made = NULLIF(@made, ''),
      seen = NULLIF(@seen, '')`);
  const [count] = await mysql.query('SELECT count(*) AS count FROM bench.orders');
  if (Number(count?.['count']) !== rows) throw new Error(`MySQL has other rows: ${columns}`);
  await mysql.query('ANALYZE TABLE bench.orders');
}

async function serve(engine: string): Promise<{ child: ChildProcess; endpoint: string }> {
  const cli = path.join(repositoryFolder, 'bin', 'run.js');
  const args = [cli, 'serve', '--engine', engine, '--listen', '127.0.0.1:0'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  for await (const line of createInterface({ input: child.stdout })) {
    const endpoint = /^Listening on (.*)$/.exec(line)?.[1];
    if (endpoint !== undefined) return { child, endpoint };
  }
  throw new Error('theflash serve did not start');
}

async function runSpark(endpoint: string, mysqlPort: number): Promise<Run[]> {
  const connector = path.join(repositoryFolder, 'spark-connector');
  const build = ['-q', '-B', '-DskipTests', '-Pbench', '--projects', module, '--also-make'];
  execFileSync('mvn', [...build, 'package'], { cwd: connector, stdio: 'inherit' });
  const target = path.join(connector, module, 'target');
  const libraries = readFileSync(path.join(target, 'bench-classpath.txt'), 'utf8').trim();
  const classes = ['test-classes', 'classes'].map((name) => path.join(target, name));
  const url = `jdbc:mysql://127.0.0.1:${mysqlPort}/bench?useSSL=false&allowPublicKeyRetrieval=true&useCursorFetch=true&connectionTimeZone=UTC`;
  const opens = readFileSync(path.join(connector, 'pom.xml'), 'utf8').match(/--add-opens=\S+/g);
  const { stdout } = await measure([
    ...['java', '-Xmx2g', ...(opens ?? []), '-Duser.timezone=UTC'],
    ...['-cp', [...classes, libraries].join(':'), 'com.theflash.spark.SparkBench'],
    ...[endpoint, url, path.join(folder, 'parquet'), String(rows), String(rounds)],
  ]);
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Run);
}

function reportRuns(runs: readonly Run[]): void {
  const jobs = [...new Set(runs.map(({ job }) => job))];
  const seconds = (job: string, source: string): number =>
    median(
      runs.filter((run) => run.job === job && run.source === source).map((run) => run.seconds),
    );
  const figures: Figures[] = jobs.map((job) => {
    const ours = seconds(job, 'theflash');
    const jdbc = seconds(job, 'jdbc');
    const parquet = seconds(job, 'parquet');
    return {
      who: job,
      'theflash s': round(ours, 2),
      'JDBC s': round(jdbc, 2),
      'Parquet s': round(parquet, 2),
      'times JDBC': round(jdbc / ours, 1),
      'of Parquet': round(ours / parquet, 1),
      'rows/s': Math.round(rows / ours),
    };
  });
  report('spark', `${rows} rows of ten columns, Spark of two cores`, figures);
}

async function runCli(args: readonly string[]): Promise<void> {
  await measure([process.execPath, path.join(repositoryFolder, 'bin', 'run.js'), ...args]);
}
