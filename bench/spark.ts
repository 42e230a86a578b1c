// Goal: what Spark gets out of theflash, beside its JDBC reader on the same rows in MySQL, and beside
// local Parquet of the same rows.
// Method: 5 M rows of ten columns in a mutable table behind theflash serve, the same in MySQL 5.7,
// and as Parquet that Spark wrote. One Spark of two cores runs each job on each source in turn, a
// round unmeasured and three measured; the median counts. Servers and Spark share the machine.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { repositoryFolder, startMysql57, type Server } from '../test/servers/index.js';
import { measure, median } from './measure.js';
import { report, round, type Figures } from './report.js';
import { makeOrders, serveFolder } from './served-orders.js';

const [rowsGiven = '5000000'] = process.argv.slice(2);
const rows = Number(rowsGiven);
const rounds = 3;
const module = 'spark-3.5_2.12';
const columns = `id, customer, product, quantity, price, weight, state, note, made, seen`;
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
  await makeOrders(engine, rows);
  await runCli(['scan', 'bench.orders', '--engine', engine, '--format', 'csv', '--output', csv]);
  const mysql = await startMysql57({ args: ['--skip-log-bin', '--secure-file-priv='] });
  try {
    await fillMysql(mysql, csv);
    const server = await serveFolder(engine);
    try {
      reportRuns(await runSpark(server.endpoint, mysql.port));
    } finally {
      await server.stop();
    }
  } finally {
    await mysql.stop();
  }
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
