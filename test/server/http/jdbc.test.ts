// Goal: ClickHouse's JDBC driver, as Maven Central has it, reads and writes a served copy, by its own packed
// blocks, by LZ4 of HTTP and plain. Method: a Java program (jdbc/JdbcCheck.java) whose libraries lie below
// build/, fetched once; without a JDK, Maven or the registry it is passed over.
import { access, mkdir } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { projectRoot } from '../../../src/build/index.js';
import { startHttp, type HttpServer } from './http-server.js';

const folder = path.join(projectRoot, 'build', 'jdbc-v2-0.10.0');
const libraries = path.join(folder, 'lib');
const source = path.join(projectRoot, 'test', 'server', 'http', 'jdbc');

/** Why it can't be had, or undefined. */
async function install(): Promise<string | undefined> {
  const run = (program: string, args: string[]): Promise<{ exitCode?: number; stdout: string }> =>
    execa(program, args, { reject: false, timeout: 600_000 });
  await mkdir(folder, { recursive: true });
  const driver = path.join(libraries, 'jdbc-v2-0.10.0.jar');
  const isThere = await access(driver).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${libraries}`];
    const got = await run('mvn', ['-q', '-B', '-f', path.join(source, 'pom.xml'), ...goal]);
    if (got.exitCode !== 0) return `Maven can't: ${got.stdout.slice(0, 300)}`;
  }
  const classes = ['-d', folder, '-cp', `${libraries}/*`, path.join(source, 'JdbcCheck.java')];
  const compiled = await run('javac', classes);
  return compiled.exitCode === 0 ? undefined : `javac can't: ${compiled.stdout.slice(0, 300)}`;
}

let missing: string | undefined;
let server: HttpServer;
test.before(async () => {
  missing = await install();
  server = await startHttp();
  await server.engine.execute(`CREATE DATABASE db;
    CREATE TABLE db.t (k Int64, v String, d Decimal(10, 2)) ENGINE = MutableMergeTree ORDER BY k COMMENT 'the table';
    INSERT INTO db.t VALUES (1, 'old', 1.5), (2, 'gone', 1); UPDATE db.t SET v = 'new' WHERE k = 1;
    DELETE FROM db.t WHERE k = 2;
    CREATE TABLE db.types ENGINE = MergeTree ORDER BY tuple() AS SELECT
      true AS b, toInt8(-1) AS i8, 18446744073709551615 AS u64, toInt256(-5) AS i256, toFloat32(1.5) AS f,
      toDecimal128('1.23', 5) AS dec, toDate('2026-01-02') AS d, toDate32('1925-01-02') AS d32,
      toDateTime64('2026-01-02 03:04:05.123', 3, 'UTC') AS dt, toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS u,
      toIPv4('1.2.3.4') AS ip, CAST('a', 'Enum8(\\'a\\' = 1)') AS e, ['a', 'b'] AS arr, map('k', 1) AS m,
      CAST(NULL, 'Nullable(String)') AS n, toLowCardinality('lc') AS lc`);
});
test.after.always(async () => {
  await server.stop();
});

const expected: Readonly<Record<string, string>> = {
  valid: 'true',
  tables: 't,types',
  remarks: 'the table',
  columns: 'k,v,d',
  types: 'Int64,String,Decimal(10, 2)',
  keys: 'k',
  rows: '[1|new|1.50]',
  prepared: "[it's\t\\|5|2026-01-02 03:04:05.0]",
  batch: '1000',
  written: "[900|it's\t\\100|999]",
  streamed: '1000000 1000000',
  unknown: '47',
  cancelled: '394',
  running: '[0]',
  values:
    '[true|-1|18446744073709551615|-5|1.5|1.23000|2026-01-02|1925-01-02|2026-01-02 03:04:05.123|' +
    '61f0c404-5cb3-11e7-907b-a6006ad3dba0|/1.2.3.4|a|[a, b]|{k=1}|null|lc]',
  late: 'an error',
};

for (const [name, properties] of [
  ['packed blocks', ['compress', 'true', 'decompress', 'true']],
  [
    'LZ4 of HTTP',
    ['compress', 'true', 'decompress', 'true', 'client.use_http_compression', 'true'],
  ],
  ['plain', ['compress', 'false']],
] as const) {
  test.serial(`the JDBC driver, ${name}`, async (t) => {
    if (missing !== undefined) {
      t.log(`passed over: ${missing}`);
      t.pass();
      return;
    }
    await server.engine.execute('DROP TABLE IF EXISTS db.j');
    const args = ['-Duser.timezone=UTC', '-cp', `${libraries}/*:${folder}`, 'JdbcCheck'];
    const url = `jdbc:clickhouse://127.0.0.1:${server.port}/db`;
    const { stdout } = await execa('java', [...args, url, server.token, ...properties], {
      timeout: 200_000,
    });
    const lines = stdout
      .split('\n')
      .filter((line) => /^\w+=/.test(line))
      .map((line) => [line.replace(/=.*/, ''), line.replace(/^\w+=/, '')]);
    t.deepEqual(Object.fromEntries(lines), expected);
  });
}
