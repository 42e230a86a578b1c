import test from 'ava';
import type { Server, ServerKind } from '../servers/index.js';
import { skipReason, startServerOfKind } from '../servers/index.js';
import { tableDifferences } from '../e2e/replay-case.js';
import { openScratchEngine, record, replayFiles } from './recorded-log.js';

const kinds: readonly ServerKind[] = ['mysql-5.7', 'mysql-9.7', 'mariadb'];
const servers = new Map<ServerKind, Server>();

test.before(async () => {
  for (const kind of kinds) {
    if (skipReason(kind) === undefined) servers.set(kind, await startServerOfKind(kind));
  }
});

test.after.always(async () => {
  for (const server of servers.values()) await server.stop();
});

/** Statements that leave a table `t`. */
interface Case {
  name: string;
  sql: string;
  kinds?: readonly ServerKind[];
}

const cases: readonly Case[] = [
  {
    name: 'the key changes its type',
    sql: `CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO t VALUES (1,'a'),(-2,'b');
      UPDATE t SET v = 'c' WHERE id = 1; DELETE FROM t WHERE id = -2; INSERT INTO t VALUES (3,'d');
      ALTER TABLE t MODIFY id BIGINT NOT NULL AUTO_INCREMENT; INSERT INTO t VALUES (4000000000,'e');
      UPDATE t SET v = 'f' WHERE id = 1`,
  },
  {
    name: 'the key gets another name and place',
    sql: `CREATE TABLE t (id INT PRIMARY KEY, v INT); INSERT INTO t VALUES (1,1),(2,2);
      ALTER TABLE t CHANGE id code INT NOT NULL AFTER v; UPDATE t SET code = 5 WHERE v = 2`,
  },
  {
    name: 'keys come, change and go',
    sql: `CREATE TABLE t (a INT, b VARCHAR(9) CHARSET latin1, c INT); INSERT INTO t VALUES (1,'x',1),(2,'y',2);
      ALTER TABLE t ADD PRIMARY KEY (a); UPDATE t SET c = 9 WHERE a = 1; INSERT INTO t VALUES (3,'é',3);
      ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (b, a); DELETE FROM t WHERE a = 2;
      ALTER TABLE t DROP PRIMARY KEY; INSERT INTO t VALUES (3,'é',3),(3,'é',3); DELETE FROM t WHERE a = 3 LIMIT 1`,
  },
  {
    name: 'columns change in a table without a key',
    sql: `CREATE TABLE t (a INT, b VARCHAR(9) CHARSET latin1); INSERT INTO t VALUES (1,'x'),(1,'x'),(2,NULL),(2,NULL);
      DELETE FROM t WHERE a = 1 LIMIT 1; ALTER TABLE t ADD c INT NOT NULL DEFAULT 5 FIRST, MODIFY a BIGINT;
      INSERT INTO t VALUES (5,1,'x'); ALTER TABLE t DROP b; DELETE FROM t WHERE a = 2 LIMIT 1`,
  },
  {
    name: 'columns change places and names',
    sql: `CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, c INT); INSERT INTO t VALUES (1,10,20,30);
      ALTER TABLE t CHANGE a b INT, CHANGE b a INT; INSERT INTO t VALUES (2,1,2,3);
      ALTER TABLE t DROP a, ADD a VARCHAR(5) DEFAULT 'new'; INSERT INTO t VALUES (3,1,3,'x');
      ALTER TABLE t CHANGE a A VARCHAR(6); ALTER TABLE t MODIFY id INT AFTER b, ADD z INT AFTER c`,
  },
  {
    name: 'AFTER names a column by its new name',
    sql: `CREATE TABLE t (id INT PRIMARY KEY, a INT); INSERT INTO t VALUES (1,10);
      ALTER TABLE t ADD COLUMN c INT AFTER d, CHANGE COLUMN a d INT; INSERT INTO t VALUES (2,2,2)`,
  },
  {
    name: 'NULL becomes NOT NULL without strict mode',
    sql: `SET sql_mode = '';
      CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(5), i INT, e ENUM('a','b'), s SET('a','b'), d DATE,
        dt DATETIME, y YEAR, b BINARY(3), bi BIT(3), ti TIME, n DECIMAL(5,2), f FLOAT);
      INSERT INTO t (id) VALUES (1); INSERT INTO t (id, v, i, e) VALUES (2,'x',3,'b');
      ALTER TABLE t MODIFY v VARCHAR(5) NOT NULL, CHANGE i j INT NOT NULL DEFAULT 7, MODIFY e ENUM('a','b') NOT NULL,
        MODIFY s SET('a','b') NOT NULL, MODIFY y YEAR NOT NULL, MODIFY b BINARY(3) NOT NULL,
        MODIFY bi BIT(3) NOT NULL, MODIFY ti TIME NOT NULL, MODIFY n DECIMAL(5,2) NOT NULL, MODIFY f FLOAT NOT NULL`,
  },
  {
    name: 'numbers are rounded and cut',
    sql: `SET sql_mode = ''; CREATE TABLE t (id INT PRIMARY KEY, f FLOAT, d DOUBLE, n DECIMAL(10,3), i INT, b BIGINT UNSIGNED);
      INSERT INTO t VALUES (1,1.239,1.005,1.2355,300,18446744073709551615),(2,-2.5,123456.789,-1.2345,-300,5),(3,NULL,NULL,NULL,NULL,NULL);
      ALTER TABLE t MODIFY f DOUBLE(10,2), MODIFY d FLOAT(7,2), MODIFY n DECIMAL(5,2), MODIFY i TINYINT, MODIFY b INT;
      ALTER TABLE t MODIFY f INT, MODIFY n DECIMAL(2,1), MODIFY i TINYINT UNSIGNED`,
  },
  {
    name: 'text is cut and loses characters',
    sql: `SET sql_mode = ''; CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(20), b CHAR(9), c VARCHAR(9)) CHARSET=utf8mb4;
      INSERT INTO t VALUES (1,'日本é🙂x','ab ','x  '),(2,NULL,NULL,NULL),(3,'plain','','');
      ALTER TABLE t MODIFY a VARCHAR(20) CHARSET utf8; ALTER TABLE t MODIFY a VARCHAR(4) CHARSET latin1, MODIFY c CHAR(9);
      ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci; UPDATE t SET a = '日' WHERE id = 3`,
  },
  {
    name: 'numbers and members become text',
    sql: `CREATE TABLE t (id INT PRIMARY KEY, i INT, e ENUM('x','y'), s SET('p','q'), n DECIMAL(8,3), z INT(5) ZEROFILL, y YEAR);
      INSERT INTO t VALUES (1,-5,'y','p,q',1.5,42,2001),(2,NULL,NULL,NULL,NULL,NULL,NULL);
      ALTER TABLE t MODIFY i VARCHAR(12), MODIFY e VARCHAR(9), MODIFY s VARCHAR(9), MODIFY n VARCHAR(12), MODIFY z VARCHAR(9), MODIFY y CHAR(4)`,
  },
  {
    name: 'text becomes numbers and members where it is plain',
    sql: `CREATE TABLE t (id INT PRIMARY KEY, i VARCHAR(12), n VARCHAR(12), e VARCHAR(9), d VARCHAR(20));
      INSERT INTO t VALUES (1,'-5','1.255','y','2020-02-29'),(2,NULL,NULL,NULL,NULL);
      ALTER TABLE t MODIFY i INT, MODIFY n DECIMAL(5,2), MODIFY e ENUM('x','y'), MODIFY d DATE`,
  },
  {
    name: 'fractions of a second are rounded or cut',
    sql: `CREATE TABLE t (id INT PRIMARY KEY, a DATETIME(6), b TIME(6), c TIMESTAMP(6) NULL, d DATE);
      INSERT INTO t VALUES (1,'2020-01-01 23:59:59.999999','10:00:00.5','2020-01-01 10:00:00.54','2020-01-01'),
        (2,'1901-01-01 23:59:59.4','-10:00:00.5','1970-01-01 10:00:00.44','1001-01-01'),(3,NULL,NULL,NULL,NULL);
      ALTER TABLE t MODIFY a DATETIME(1), MODIFY b TIME, MODIFY c TIMESTAMP(1) NULL, MODIFY d DATETIME`,
  },
  {
    name: 'columns change, and the table gets another name',
    sql: `CREATE TABLE o (id INT PRIMARY KEY, a INT); INSERT INTO o VALUES (1,10);
      ALTER TABLE o MODIFY id BIGINT, ADD b INT DEFAULT 3, RENAME TO p; INSERT INTO p VALUES (2,2,2);
      ALTER TABLE p ADD c INT DEFAULT 4, RENAME t; INSERT INTO t VALUES (3,3,3,3)`,
  },
];

for (const kind of kinds) {
  for (const [index, { name, sql, kinds: only }] of cases.entries()) {
    if (skipReason(kind) !== undefined || only?.includes(kind) === false) continue;
    test.serial(`${kind}: ${name}`, async (t) => {
      const server = servers.get(kind);
      if (server === undefined) throw new Error(`${kind} is not running`);
      const database = `alter${index}`;
      const files = await record(server, async () => {
        await server.query(`CREATE DATABASE ${database}`);
        const connection = await server.connection.getConnection();
        await connection.query(`SET time_zone = '+00:00'; USE ${database}; ${sql}`);
        connection.destroy();
      });
      const engine = await openScratchEngine(t);
      await replayFiles(engine, files);
      t.deepEqual(await tableDifferences(server, engine, { database, table: 't' }), []);
    });
  }
}
