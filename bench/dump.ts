// Goal: what bringing in an existing database costs beside loading the same dump into its own server.
// Method: 5 M rows in 20 tables of ten columns, made by MariaDB and dumped by mariadb-dump; then, in
// turn, `theflash write --dump` into an empty folder, and the `mariadb` client into an empty server.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { repositoryFolder, type Server, startMariadb } from '../test/servers/index.js';
import { measure } from './measure.js';
import { rates, report, round } from './report.js';

const tables = 20;
const rowsPerTable = Number(process.argv[2] ?? 250_000);
const rows = tables * rowsPerTable;
const options = { args: ['--innodb-buffer-pool-size=1G', '--innodb-log-file-size=512M'] };
const folder = mkdtempSync(path.join(tmpdir(), 'theflash-bench-'));
const dump = path.join(folder, 'dump.sql');
try {
  await run();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function run(): Promise<void> {
  await withServer(async (server) => {
    await fill(server);
    const access = ['--no-defaults', '-uroot', `-S${server.socket}`, `--result-file=${dump}`];
    const args = ['--single-transaction', '--master-data=2', '--databases', 'bench'];
    execFileSync('mariadb-dump', [...access, ...args]);
  });
  const bytes = statSync(dump).size;
  const engine = path.join(folder, 'engine');
  const cli = [process.execPath, path.join(repositoryFolder, 'bin', 'run.js')];
  const ours = await measure([...cli, 'write', '--json', '--engine', engine, '--dump', dump]);
  let theirs = 0;
  await withServer((server) => {
    const startMs = performance.now();
    execFileSync('mariadb', ['--no-defaults', '-uroot', `-S${server.socket}`], {
      stdio: [openSync(dump, 'r'), 'ignore', 'inherit'],
    });
    theirs = (performance.now() - startMs) / 1000;
    return Promise.resolve();
  });
  const peak = Math.round(ours.peakRssBytes / 2 ** 20);
  report('dump', `${rows} rows in ${tables} tables of ten columns, ${bytes} bytes of dump`, [
    { who: 'theflash write --dump', ...rates(rows, bytes, ours.seconds), 'peak MiB': peak },
    { who: 'mariadb < dump.sql', ...rates(rows, bytes, theirs) },
    { who: 'times as fast', ratio: round(theirs / ours.seconds, 1) },
  ]);
}

async function withServer(work: (server: Server) => Promise<void>): Promise<void> {
  const server = await startMariadb(options);
  try {
    await work(server);
  } finally {
    await server.stop();
  }
}

async function fill(server: Server): Promise<void> {
  await server.query('CREATE DATABASE bench CHARACTER SET utf8mb4');
  for (let i = 0; i < tables; i += 1) {
    await server.query(`USE bench; CREATE TABLE orders_${i} (
        id BIGINT NOT NULL PRIMARY KEY, customer INT UNSIGNED NOT NULL, product INT NOT NULL,
        quantity SMALLINT NOT NULL, price DECIMAL(12,2) NOT NULL, weight DOUBLE,
        state ENUM('new','paid','sent','returned') NOT NULL, note VARCHAR(60),
        made DATETIME(3) NOT NULL, seen TIMESTAMP NOT NULL);
      INSERT INTO orders_${i} SELECT seq, crc32(seq), seq * 7 % 100000, seq % 300,
        crc32(seq + 1) % 100000000 / 100, if(seq % 10 = 0, NULL, crc32(seq + 2) / 1024), seq % 4 + 1,
        if(seq % 11 = 0, NULL, concat('große ''', left(sha1(seq), seq % 50))),
        '2026-01-01' + INTERVAL seq SECOND, '2026-02-01' + INTERVAL seq SECOND
      FROM seq_1_to_${rowsPerTable}`);
  }
}
