import type { ExecutionContext } from 'ava';
import { queryRows, type FlashError } from '../../src/protocol/index.js';
import { tableDifferences } from '../e2e/replay-case.js';
import { startServerOfKind, type ServerKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { openScratchEngine, record, replayFiles } from './recorded-log.js';

const kinds: readonly ServerKind[] = ['mysql-5.7', 'mysql-9.7', 'mariadb'];
const old = 'SET SESSION explicit_defaults_for_timestamp=0;';
const table = 'CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1);';

/** Statements whose values differ by server, version or session: the copy equals the server, or stops. */
const cases: readonly { name: string; sql: string; kinds?: readonly ServerKind[] }[] = [
  {
    name: 'columns that others are computed of',
    sql: 'SET NAMES utf8mb4; SET sql_mode=\'ANSI_QUOTES\'; CREATE TABLE t (id INT PRIMARY KEY, "É`" VARCHAR(9), g VARCHAR(20) AS (CONCAT("é`", \'x\')) STORED, h INT AS (LENGTH(g)) STORED); INSERT INTO t (id, "É`") VALUES (1, \'2024\'); ALTER TABLE t MODIFY "é`" INT',
  },
  {
    name: 'a number as default of an ENUM',
    sql: `${table} ALTER TABLE t ADD i ENUM('0','1') NOT NULL DEFAULT 1`,
  },
  {
    name: 'TRUE as default of an ENUM',
    sql: `${table} ALTER TABLE t ADD i ENUM('3','2','1') NOT NULL DEFAULT TRUE`,
  },
  {
    name: 'a number as default of a SET',
    sql: `${table} ALTER TABLE t ADD i SET('2','1') DEFAULT 2`,
  },
  {
    name: 'REAL that is FLOAT',
    sql: `SET sql_mode='ANSI'; ${table} ALTER TABLE t ADD r REAL DEFAULT 0.123456789; INSERT INTO t VALUES (2, 0.7)`,
  },
  {
    name: 'REAL that is FLOAT, from DOUBLE',
    sql: `SET sql_mode='REAL_AS_FLOAT'; CREATE TABLE t (id INT PRIMARY KEY, r DOUBLE, s REAL); INSERT INTO t VALUES (1, 0.123456789, 0.1); ALTER TABLE t MODIFY r REAL`,
  },
  {
    name: 'floats of fewer digits, in place',
    sql: `SET sql_mode=''; CREATE TABLE t (id INT PRIMARY KEY, f FLOAT, d DOUBLE(8,3)); INSERT INTO t VALUES (1, 1.005, 2.555); ALTER TABLE t ADD x INT, MODIFY f FLOAT(5,1)`,
  },
  {
    name: 'floats of fewer digits, copied',
    sql: `SET sql_mode=''; CREATE TABLE t (id INT PRIMARY KEY, f FLOAT, d DOUBLE(8,3)); INSERT INTO t VALUES (1, 1.5, 2.555); ALTER TABLE t MODIFY d DOUBLE(6,1), ALGORITHM=COPY`,
  },
  {
    name: 'NULL that becomes the time',
    kinds: ['mysql-5.7'],
    sql: `${old} CREATE TABLE t (id INT PRIMARY KEY, d DATETIME NULL, ts TIMESTAMP NULL); INSERT INTO t VALUES (1, NULL, NULL); ALTER TABLE t MODIFY d TIMESTAMP NOT NULL DEFAULT '2020-01-01 00:00:00'`,
  },
  {
    name: 'NULL that becomes the time, not strict',
    kinds: ['mysql-5.7', 'mariadb'],
    sql: `SET sql_mode=''; ${old} CREATE TABLE t (id INT PRIMARY KEY, ts TIMESTAMP NULL); INSERT INTO t VALUES (1, NULL); ALTER TABLE t MODIFY ts TIMESTAMP`,
  },
  {
    name: 'bytes that become text of several bytes a character',
    sql: `SET sql_mode=''; CREATE TABLE t (id INT PRIMARY KEY, b BINARY(4)) CHARSET=gbk; INSERT INTO t VALUES (1, x'00ff'); ALTER TABLE t MODIFY b TEXT`,
  },
  {
    name: 'members of two bytes a character that become bytes',
    sql: `CREATE TABLE t (id INT PRIMARY KEY, s SET('a','b')) CHARSET=ucs2; INSERT INTO t VALUES (1, 'a,b'); ALTER TABLE t MODIFY s VARBINARY(20)`,
  },
  {
    name: 'members of latin1 that become bytes',
    sql: `CREATE TABLE t (id INT PRIMARY KEY, e ENUM('é','b') CHARACTER SET latin1); INSERT INTO t VALUES (1, 'é'); ALTER TABLE t MODIFY e VARBINARY(20)`,
  },
  {
    name: 'members of two bytes a character that are converted',
    sql: `CREATE TABLE t (id INT PRIMARY KEY, s SET('a','b')) CHARSET=utf16; INSERT INTO t VALUES (1, 'a'); ALTER TABLE t CONVERT TO CHARACTER SET cp1251`,
  },
  {
    name: 'members of two bytes a character in a table whose rows are copied',
    sql: `CREATE TABLE t (id INT PRIMARY KEY, y YEAR, e ENUM('B','a')) CHARSET=ucs2; INSERT INTO t VALUES (1, 2001, 'a'); ALTER TABLE t MODIFY y TINYTEXT`,
  },
  {
    name: 'a time before 1970 that is rounded to a day',
    sql: `CREATE TABLE t (id INT PRIMARY KEY, d DATETIME(6)); INSERT INTO t VALUES (1, '1969-12-31 23:59:59.999999'); ALTER TABLE t MODIFY d DATE`,
  },
  {
    name: 'hours of three digits in a TIME that gets shorter',
    sql: `CREATE TABLE t (id INT PRIMARY KEY, d TIME(6)); INSERT INTO t VALUES (1, '-800:01:02.5'); ALTER TABLE t MODIFY d TIME(2) NOT NULL`,
  },
  {
    name: 'a default with spaces beyond the length of its VARCHAR',
    sql: `${table} ALTER TABLE t ADD v VARCHAR(1) DEFAULT 'B ', ADD w VARCHAR(2) NOT NULL DEFAULT 'ab   ', ADD x VARCHAR(3) DEFAULT 'b  ', ADD c CHAR(1) DEFAULT 'B '; UPDATE t SET id = 2`,
  },
  {
    name: 'text of two bytes a character that becomes bytes',
    sql: `CREATE TABLE t (id INT PRIMARY KEY, s TEXT CHARACTER SET utf16le); INSERT INTO t VALUES (1, 'ab'); ALTER TABLE t MODIFY s BLOB`,
  },
  {
    name: 'bytes that become text of two bytes a character',
    sql: `CREATE TABLE t (id INT PRIMARY KEY, b VARBINARY(20)); INSERT INTO t VALUES (1, 'abcd'); ALTER TABLE t MODIFY b TEXT CHARACTER SET ucs2`,
  },
  {
    name: 'an empty string that is NULL',
    kinds: ['mariadb'],
    sql: `SET sql_mode='EMPTY_STRING_IS_NULL'; ${table} ALTER TABLE t ADD x VARCHAR(5) DEFAULT ''`,
  },
];

for (const kind of kinds) {
  testSerialWith(kind)(
    `${kind}: what sessions and versions see otherwise is equal, or stops`,
    async (t) => {
      const server = await startServerOfKind(kind);
      t.teardown(server.stop);
      const databases: string[] = [];
      const files = await record(server, async () => {
        for (const [index, each] of cases.entries()) {
          if (each.kinds?.includes(kind) === false) continue;
          const database = `c${index}`;
          const connection = await server.connection.getConnection();
          await connection.query(`CREATE DATABASE ${database}; USE ${database}; ${each.sql}`).then(
            () => databases.push(database),
            (error: unknown) => {
              // What the server itself refuses is no case for it.
              t.log(`${kind}, ${each.name}: ${String(error)}`);
            },
          );
          connection.destroy();
        }
      });
      for (const database of databases) await equalOrStops(t, server, files, database);
      t.true(databases.length > 3);
    },
  );
}

async function equalOrStops(
  t: ExecutionContext,
  server: Parameters<typeof tableDifferences>[0],
  files: readonly string[],
  database: string,
): Promise<void> {
  const name = cases[Number(database.slice(1))]?.name ?? '';
  const engine = await openScratchEngine(t);
  const error = await replayFiles(engine, files, { include: [`${database}.*`] }).then(
    () => undefined,
    (each: unknown) => each as FlashError,
  );
  if (error === undefined) {
    t.deepEqual(await tableDifferences(server, engine, { database, table: 't' }), [], name);
  } else {
    t.is(error.code, 'UNSUPPORTED', `${name}: ${error.message}`);
    t.regex(String(error.hint), /--only c\d+\.t/, name);
    t.deepEqual(await queryRows(engine, `SELECT count() AS c FROM ${database}.t`), [{ c: 1n }]);
  }
  await engine.close();
}
