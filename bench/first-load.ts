// Goal: what the first copy of a running server costs beside only reading it, and beside the engine's own way.
// Method: 5 tables of ten columns in MySQL 9.7, and then in MariaDB; in turn, each in a process of its own and on the
// same machine as the server: `theflash write --load-only` into an empty folder; the server's own dump program, whose
// text nobody keeps; and ClickHouse's `mysql()` in the same libchdb, into plain tables of MergeTree.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  mysqldump97,
  repositoryFolder,
  skipReason,
  startServerOfKind,
  type Server,
} from '../test/servers/index.js';
import { figuresInTurn } from './in-turn.js';
import { measure, type Measured } from './measure.js';
import { report, type Figures } from './report.js';

const tables = 5;
const rowsPerTable = Number(process.argv[2] ?? 400_000);
const runs = Number(process.argv[3] ?? 3);
const rows = tables * rowsPerTable;
const names = Array.from({ length: tables }, (_, index) => `orders_${index}`);
const cli = [process.execPath, path.join(repositoryFolder, 'bin', 'run.js')];
const folder = mkdtempSync(path.join(tmpdir(), 'theflash-bench-'));
try {
  const figures = [...(await run('mysql-9.7')), ...(await run('mariadb'))];
  report('first-load', `${rows} rows in ${tables} tables of ten columns`, figures);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function run(kind: 'mysql-9.7' | 'mariadb'): Promise<Figures[]> {
  const reason = skipReason(kind);
  if (reason !== undefined) throw new Error(reason);
  const redo = kind === 'mariadb' ? '--innodb-log-file-size=512M' : '--innodb-redo-log-capacity=1G';
  const server = await startServerOfKind(kind, { args: ['--innodb-buffer-pool-size=2G', redo] });
  try {
    await fill(server);
    const measured: Record<string, Measured[]> = {};
    for (let index = 0; index < runs; index += 1) {
      for (const [who, command] of Object.entries(commandsFor(server))) {
        (measured[who] ??= []).push(await measure(command, false));
        rmSync(path.join(folder, 'engine'), { recursive: true, force: true });
      }
    }
    return figuresInTurn(kind, measured, rows);
  } finally {
    await server.stop();
  }
}

function commandsFor({ kind, port, socket }: Server): Record<string, readonly string[]> {
  const engine = ['--engine', path.join(folder, 'engine')];
  const url = `mysql://root@127.0.0.1:${port}/`;
  const dump = kind === 'mariadb' ? ['mariadb-dump'] : (mysqldump97() ?? []);
  const dumped = ['--no-defaults', '-uroot', '--single-transaction', '--databases', 'bench'];
  const copies = names.map(
    (name) =>
      `CREATE TABLE bench.${name} ENGINE = MergeTree ORDER BY id AS SELECT * FROM mysql('127.0.0.1:${port}', 'bench', '${name}', 'root', '')`,
  );
  const sql = ['CREATE DATABASE bench', ...copies].join('; ');
  return {
    'theflash write --load-only': [...cli, 'write', '--load-only', ...engine, '--binlog', url],
    'dump to nowhere': [...dump, ...dumped, `-S${socket}`],
    'mysql() of libchdb': [...cli, 'sql', sql, '--create', '--allow-external', ...engine],
  };
}

async function fill(server: Server): Promise<void> {
  await server.query('CREATE DATABASE bench CHARACTER SET utf8mb4; CREATE DATABASE help');
  await server.query(`CREATE TABLE help.k (v INT PRIMARY KEY);
    INSERT INTO help.k WITH RECURSIVE n AS (SELECT 0 AS v UNION ALL SELECT v + 1 FROM n WHERE v < 999) SELECT v FROM n`);
  for (const name of names) {
    await server.query(`USE bench; SET sql_log_bin = 0; CREATE TABLE ${name} (
        id BIGINT NOT NULL PRIMARY KEY, customer INT UNSIGNED NOT NULL, product INT NOT NULL,
        quantity SMALLINT NOT NULL, price DECIMAL(12,2) NOT NULL, weight DOUBLE,
        state ENUM('new','paid','sent','returned') NOT NULL, note VARCHAR(60),
        made DATETIME(3) NOT NULL, seen TIMESTAMP NOT NULL);
      INSERT INTO ${name} SELECT seq, crc32(seq), seq * 7 % 100000, seq % 300,
        crc32(seq + 1) % 100000000 / 100, if(seq % 10 = 0, NULL, crc32(seq + 2) / 1024), seq % 4 + 1,
        if(seq % 11 = 0, NULL, concat('große ''', left(sha2(seq, 256), seq % 50))),
        '2026-01-01' + INTERVAL seq SECOND, '2026-02-01' + INTERVAL seq SECOND
      FROM (SELECT a.v * 1000000 + b.v * 1000 + c.v + 1 AS seq
        FROM help.k AS a STRAIGHT_JOIN help.k AS b STRAIGHT_JOIN help.k AS c
        WHERE a.v <= ${rowsPerTable / 1_000_000} AND a.v * 1000 + b.v < ${rowsPerTable / 1000}) AS s
      WHERE seq <= ${rowsPerTable}; ANALYZE TABLE ${name}`);
  }
  await server.query('DROP DATABASE help');
}
