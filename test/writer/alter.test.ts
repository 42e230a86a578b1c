import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import type { Engine } from '../../src/protocol/index.js';
import type { Server, ServerKind } from '../servers/index.js';
import { skipReason, startServerOfKind } from '../servers/index.js';
import { kindsInTurn } from '../short-run.js';
import { sourceTables } from '../e2e/compare/index.js';
import { tableDifferences } from '../e2e/replay-case.js';
import { openEmbeddedEngine } from '../engine/open-engine.js';
import { replayFiles } from './recorded-log.js';

const kinds: readonly ServerKind[] = ['mysql-5.7', 'mysql-9.7', 'mariadb'];
const servers = new Map<ServerKind, Server>();
let folder = '';
let copy: { kind: ServerKind; engine: Engine } | undefined;

test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'theflash-alter-'));
  for (const kind of kinds) {
    if (skipReason(kind) === undefined) servers.set(kind, await startServerOfKind(kind));
  }
});

test.after.always(async () => {
  await copy?.engine.close();
  for (const server of servers.values()) await server.stop();
  await rm(folder, { recursive: true, force: true });
});

/** One engine for all cases of a server, each in a database of its own: opening one takes as long as a case. */
async function engineOf(kind: ServerKind): Promise<Engine> {
  if (copy?.kind === kind) return copy.engine;
  await copy?.engine.close();
  const engine = await openEmbeddedEngine(path.join(folder, kind));
  copy = { kind, engine };
  return engine;
}

/** Statements that leave a table `t`. */
interface Case {
  name: string;
  sql: string;
  kinds?: readonly ServerKind[];
  /** The error of the last statement, which is logged although it fails. */
  fails?: RegExp;
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
    name: 'a column changes beside computed ones that are not made of it',
    sql: `CREATE TABLE t (id INT PRIMARY KEY, a INT, v VARCHAR(50), g INT AS (a + 1) STORED, w INT AS (a * 2) VIRTUAL);
      INSERT INTO t (id, a, v) VALUES (1,10,'x'),(2,20,'y'); ALTER TABLE t MODIFY v VARCHAR(40); INSERT INTO t (id, a, v) VALUES (3,30,'z');
      ALTER TABLE t MODIFY v VARBINARY(60); UPDATE t SET a = 5 WHERE id = 1`,
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
    name: 'floats that hold no more digits than the new (M,D), and decimals of another scale that lose NULL',
    sql: `SET sql_mode = ''; CREATE TABLE t (id INT PRIMARY KEY, f FLOAT, d DOUBLE(8,3), n DECIMAL(4,4), m DECIMAL(9,2) UNSIGNED);
      INSERT INTO t VALUES (1, 1.5, 2.25, 0.1235, 7.5), (2, NULL, NULL, NULL, NULL);
      ALTER TABLE t MODIFY f FLOAT(5,1); ALTER TABLE t MODIFY d DOUBLE(9,2), ALGORITHM=COPY;
      ALTER TABLE t CHANGE n o DECIMAL(30,10) NOT NULL, MODIFY m DECIMAL(12,5) NOT NULL; INSERT INTO t VALUES (3, 1, 1, 1, 1)`,
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
  {
    name: 'literal defaults are stored as their column stores them',
    sql: `CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1);
      ALTER TABLE t ADD d1 DATE DEFAULT '9999-12-31', ADD d2 DATE DEFAULT '1000-01-01', ADD d3 DATE DEFAULT 20200102,
        ADD n1 DECIMAL(5,1) DEFAULT 7.25, ADD n2 DECIMAL(8,2) DEFAULT '1e3', ADD n3 DECIMAL(65,30) DEFAULT -0.5,
        ADD f1 FLOAT(5,2) DEFAULT 1.239, ADD f2 FLOAT DEFAULT 0.1, ADD f3 DOUBLE DEFAULT -1.5e-3, ADD f4 DOUBLE(6,1) DEFAULT 2.25,
        ADD t1 DATETIME DEFAULT '2020-01-01 10:00:00.6', ADD t2 DATETIME(2) DEFAULT '9999-12-31 10:00:00.129', ADD t3 DATETIME DEFAULT '2020-1-2',
        ADD t4 TIMESTAMP NULL DEFAULT '2020-01-01 10:00:00', ADD t5 TIMESTAMP(3) NULL DEFAULT '2030-01-01 00:00:00.1239',
        ADD e1 ENUM('a','b') DEFAULT 'B', ADD e2 ENUM('a','b') NOT NULL DEFAULT 'b', ADD s1 SET('x','y','z') DEFAULT 'z,X', ADD s2 SET('x','y') DEFAULT '',
        ADD c1 CHAR(5) DEFAULT 'x ', ADD v1 VARCHAR(5) DEFAULT 'x ', ADD v2 VARCHAR(5) DEFAULT 7, ADD v3 VARCHAR(9) DEFAULT 1.50,
        ADD v4 VARCHAR(9) DEFAULT _latin1'é', ADD v5 VARCHAR(9) DEFAULT _utf8mb4'é', ADD v6 VARCHAR(9) DEFAULT x'41', ADD v7 VARCHAR(9) CHARSET latin1 DEFAULT 'é',
        ADD y1 YEAR DEFAULT '0', ADD y2 YEAR DEFAULT 70, ADD y3 YEAR DEFAULT 2155, ADD i1 INT DEFAULT 007, ADD i2 TINYINT DEFAULT '5', ADD i3 BIGINT UNSIGNED DEFAULT 18446744073709551615,
        ADD i4 INT DEFAULT TRUE, ADD b1 BIT(8) DEFAULT b'101', ADD b2 BIT(3) DEFAULT 5, ADD x1 BINARY(4) DEFAULT 'ab', ADD x2 VARBINARY(9) DEFAULT 0x00ff, ADD x3 BINARY(2) NOT NULL DEFAULT 'z',
        ADD h1 TIME DEFAULT '-838:59:59', ADD h2 TIME(2) DEFAULT '10:11:12.345', ADD h3 TIME DEFAULT 101112, ADD h4 TIME DEFAULT '10:11', ADD j VARCHAR(20) DEFAULT 'a''b' 'c' ;
      INSERT INTO t (id) VALUES (2)`,
  },
  {
    name: 'the time of the statement is that of its session',
    sql: `CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1); SET time_zone = '-03:30', timestamp = 1700000000.987654;
      ALTER TABLE t ADD a DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP, ADD b TIMESTAMP NOT NULL DEFAULT now() ON UPDATE CURRENT_TIMESTAMP;
      ALTER TABLE t ADD c DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6), ADD d TIMESTAMP(3) NULL DEFAULT CURRENT_TIMESTAMP(3);
      ALTER TABLE t ADD e DATETIME(3) DEFAULT LOCALTIME(3) FIRST, ADD f TIMESTAMP NULL DEFAULT '2020-06-01 12:00:00';
      SET timestamp = DEFAULT; ALTER TABLE t ADD g DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6), MODIFY d DATETIME(3), MODIFY a TIMESTAMP NULL`,
  },
  {
    name: 'the first TIMESTAMP gets the time by itself, where the server does so',
    sql: `CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1); SET explicit_defaults_for_timestamp = 0, timestamp = 1700000000;
      ALTER TABLE t ADD a TIMESTAMP; SET sql_mode = ''; ALTER TABLE t ADD b TIMESTAMP, ADD c TIMESTAMP NOT NULL, ADD d TIMESTAMP NULL;
      ALTER TABLE t ADD z TIMESTAMP NOT NULL FIRST; SET explicit_defaults_for_timestamp = 1; ALTER TABLE t ADD e TIMESTAMP FIRST`,
  },
  {
    name: 'rows without a value get the empty one of the type',
    sql: `SET sql_mode = ''; CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1);
      ALTER TABLE t ADD a INT NOT NULL, ADD b VARCHAR(5) NOT NULL, ADD c ENUM('p','q') NOT NULL, ADD d DATE NOT NULL, ADD e DATETIME NOT NULL,
        ADD f BINARY(3) NOT NULL, ADD g BIT(4) NOT NULL, ADD h TIME NOT NULL, ADD i SET('p') NOT NULL, ADD j DECIMAL(5,2) NOT NULL, ADD k TEXT NOT NULL, ADD l YEAR NOT NULL`,
  },
  {
    name: 'joins whose outer side may be NULL',
    kinds: ['mysql-5.7', 'mariadb', 'mysql-9.7'],
    sql: `CREATE TABLE t (id INT NOT NULL PRIMARY KEY, v INT NOT NULL, w VARCHAR(9) NOT NULL); CREATE TABLE u (id INT NOT NULL PRIMARY KEY, v INT NOT NULL);
      INSERT INTO t VALUES (1,1,'a'),(2,2,'b'),(3,3,'c'); INSERT INTO u VALUES (1,1),(3,3);
      UPDATE t LEFT JOIN u USING (id) SET u.v = 2, t.v = 7; UPDATE u RIGHT JOIN t USING (id) SET u.v = 4, t.w = 'z' WHERE t.id < 3;
      DELETE t, u FROM t LEFT JOIN u USING (id) WHERE t.id = 1`,
  },
  {
    name: 'statements of every spelling are read',
    kinds: ['mariadb'],
    sql: `CREATE TABLE t (t.id INT PRIMARY KEY, e ENUM(0x61, x'62'), b BIT(0), l LONG BYTE); INSERT INTO t VALUES (1,'a',1,'x');
      ALTER TABLE t WAIT 5 ADD c INT DEFAULT 3; ALTER TABLE t ADD d VARCHAR(9) DEFAULT 'a' 'b', ORDER BY t.id;
      ALTER TABLE t MODIFY COLUMN IF EXISTS nope INT, ADD k VARCHAR(5) CHARSET utf8mb4 DEFAULT _koi8r 0xC1;
      SET sql_mode = 'ORACLE'; CREATE TABLE o (id NUMBER(5), v VARCHAR2(9), d DATE, c CLOB, r RAW(3), n NUMBER); INSERT INTO o VALUES (1,'x','2020-01-01 10:00:00','c','r',1.5);
      DROP TABLE t; RENAME TABLE o TO t`,
  },
  {
    name: 'a DROP of a table that is not there drops the others',
    kinds: ['mysql-5.7', 'mariadb'],
    sql: `CREATE TABLE a (id INT PRIMARY KEY); INSERT INTO a VALUES (1); CREATE TABLE t (id INT PRIMARY KEY);
      DROP TABLE a, nope`,
    fails: /Unknown table/,
  },
  {
    name: 'sequences are left out, and their numbers are in the rows',
    kinds: ['mariadb'],
    sql: `CREATE SEQUENCE s; CREATE TABLE t (id INT PRIMARY KEY, n BIGINT DEFAULT NEXT VALUE FOR s, m BIGINT DEFAULT nextval(s));
      INSERT INTO t (id) VALUES (1),(2); SELECT nextval(s); ALTER SEQUENCE s RESTART 50; INSERT INTO t VALUES (3,1,1); CREATE SEQUENCE s3; RENAME TABLE s3 TO s2; SELECT nextval(s2); DROP SEQUENCE s2`,
  },
  {
    name: 'partitions are dropped and emptied with their rows',
    sql: `CREATE TABLE t (id INT, y DATETIME NOT NULL, PRIMARY KEY (id, y)) PARTITION BY RANGE (YEAR(y))
        (PARTITION p0 VALUES LESS THAN (2019), PARTITION p1 VALUES LESS THAN (2020), PARTITION p2 VALUES LESS THAN MAXVALUE);
      INSERT INTO t VALUES (1,'2018-12-31 23:59:59'),(2,'2019-01-01 00:00:00'),(3,'2019-12-31 23:59:59'),(4,'2020-01-01 00:00:00');
      ALTER TABLE t REORGANIZE PARTITION p2 INTO (PARTITION p2 VALUES LESS THAN (2021), PARTITION pm VALUES LESS THAN (MAXVALUE));
      ALTER TABLE t DROP PARTITION p1; INSERT INTO t VALUES (5,'2019-05-05 00:00:00'),(6,'2022-01-01 00:00:00'); ALTER TABLE t TRUNCATE PARTITION p2`,
  },
  {
    name: 'partitions of days, numbers and lists, with NULL in the first',
    sql: `CREATE TABLE d (id INT, x DATE) PARTITION BY RANGE (TO_DAYS(x)) (PARTITION p0 VALUES LESS THAN (TO_DAYS('2020-01-01')), PARTITION p1 VALUES LESS THAN (737791), PARTITION p2 VALUES LESS THAN MAXVALUE);
      INSERT INTO d VALUES (1,NULL),(2,'2019-12-31'),(3,'2020-01-01'),(3,'2020-01-01'),(4,'2020-01-02'),(5,'9999-12-31'); ALTER TABLE d DROP PARTITION p0; ALTER TABLE d TRUNCATE PARTITION p1;
      CREATE TABLE n (id INT PRIMARY KEY) PARTITION BY RANGE (id) SUBPARTITION BY HASH (id) SUBPARTITIONS 2 (PARTITION p0 VALUES LESS THAN (0), PARTITION p1 VALUES LESS THAN (10));
      INSERT INTO n VALUES (-1),(0),(9); ALTER TABLE n ADD PARTITION (PARTITION p2 VALUES LESS THAN (20)); INSERT INTO n VALUES (10); ALTER TABLE n DROP PARTITION p0, p1;
      CREATE TABLE c (x DATE, v INT) PARTITION BY RANGE COLUMNS (x) (PARTITION a VALUES LESS THAN ('2020-01-01'), PARTITION b VALUES LESS THAN (MAXVALUE)); INSERT INTO c VALUES ('2019-05-01',1),('2020-01-01',2); ALTER TABLE c DROP PARTITION a;
      CREATE TABLE t (id INT, k INT) PARTITION BY LIST (k) (PARTITION a VALUES IN (1, 2, NULL), PARTITION b VALUES IN (3), PARTITION c VALUES IN (-4));
      INSERT INTO t VALUES (1,1),(2,NULL),(3,3),(3,3),(4,-4); ALTER TABLE t DROP PARTITION a; ALTER TABLE t TRUNCATE PARTITION c; INSERT INTO t SELECT id, 3 FROM d; INSERT INTO t SELECT id, -4 FROM n; INSERT INTO t SELECT v, 3 FROM c`,
  },
  {
    name: 'a column that was added, and filled by the server, may be NULL later',
    sql: `SET sql_mode = ''; CREATE TABLE t (id INT PRIMARY KEY, z INT); INSERT INTO t VALUES (1,1),(2,2);
      ALTER TABLE t ADD s SET('a','b') NOT NULL FIRST, ADD e ENUM('','a') NOT NULL, ADD i INT NOT NULL, ADD n DECIMAL(5,2) NOT NULL,
        ADD v VARCHAR(5) CHARACTER SET latin1 NOT NULL, ADD b VARBINARY(5) NOT NULL, ADD f DOUBLE NOT NULL, ADD y YEAR NOT NULL,
        ADD bi BIT(3) NOT NULL, ADD ti TIME NOT NULL, ADD d INT NOT NULL DEFAULT 7, ADD x INT NOT NULL, ADD bb TEXT NOT NULL;
      INSERT INTO t (id, s, e, b, bb) VALUES (3,'b','a','x','y'); DELETE FROM t WHERE id = 2;
      ALTER TABLE t CHANGE s r SET('a','b') CHARACTER SET utf8 DEFAULT 'a,b', MODIFY e ENUM('','a'), MODIFY i INT, MODIFY n DECIMAL(5,2) DEFAULT 3,
        MODIFY v VARCHAR(6) CHARACTER SET latin1, MODIFY b VARBINARY(9), MODIFY f DOUBLE, MODIFY y YEAR, MODIFY bi BIT(4), MODIFY ti TIME(3),
        MODIFY d INT, ALTER x SET DEFAULT 5, MODIFY bb TEXT;
      INSERT INTO t (id) VALUES (4); ALTER TABLE t MODIFY x BIGINT FIRST; ALTER TABLE t MODIFY i BIGINT, CHANGE v w TEXT CHARACTER SET latin1`,
  },
  {
    name: 'an empty member of a SET leaves no comma where it comes first',
    sql: `SET sql_mode = '';
      CREATE TABLE t (id INT PRIMARY KEY, f SET('','a','b b') CHARACTER SET utf8, m SET('a','','b'), l SET('a','b',''));
      INSERT INTO t VALUES (0,0,0,0),(1,1,1,1),(2,2,2,2),(3,3,3,3),(4,4,4,4),(5,5,5,5),(6,6,6,6),(7,7,7,7),(8,',b b',',b',',b'),(9,'a,','a,','a,');
      UPDATE t SET f = 7 WHERE id = 0; DELETE FROM t WHERE id = 4;
      CREATE TABLE u LIKE t; INSERT INTO u SELECT * FROM t; CREATE TABLE v LIKE t; INSERT INTO v SELECT * FROM t;
      ALTER TABLE u ADD x SET('','a','b') NOT NULL DEFAULT ',b', ADD y SET('a','','b') DEFAULT ',b', ADD z SET('a','b','') DEFAULT 'a,';
      INSERT INTO u (id) VALUES (10);
      ALTER TABLE t MODIFY f SET('a','','b b') CHARACTER SET utf8, MODIFY m SET('','b','a'), MODIFY l SET('','b','a','c'); INSERT INTO t VALUES (10,3,3,7);
      ALTER TABLE v MODIFY f VARCHAR(9) CHARACTER SET utf8, MODIFY m SET('a','','b','c'), MODIFY l SET('a','b','') NOT NULL; INSERT INTO v VALUES (10,3,3,7)`,
  },
  {
    name: 'columns have names that the questions to the engine use',
    sql: `CREATE TABLE t (id INT PRIMARY KEY, d0 VARCHAR(5), d1 VARCHAR(5), m SET('a','b')); INSERT INTO t VALUES (1,'a','b','a'),(2,'b',NULL,'a,b');
      ALTER TABLE t MODIFY d1 ENUM('a','b'), MODIFY d0 ENUM('a','b'), MODIFY m SET('b','a')`,
  },
];

for (const kind of kinds) {
  for (const [index, { name, sql, kinds: only, fails }] of cases.entries()) {
    if (skipReason(kind) !== undefined || !kindsInTurn(index, only ?? kinds).includes(kind))
      continue;
    test.serial(`${kind}: ${name}`, async (t) => {
      const server = servers.get(kind);
      if (server === undefined) throw new Error(`${kind} is not running`);
      const engine = await engineOf(kind);
      const database = `alter${index}`;
      // The log that is open begins where the case before this one ended.
      const before = server.binlogFiles().length;
      await server.query(`CREATE DATABASE ${database}`);
      const connection = await server.connection.getConnection();
      await connection.query(`SET time_zone = '+00:00'; USE ${database}`);
      await connection.query(sql).catch((error: unknown) => {
        // What it names is the last statement's: one that fails in part, and is logged.
        if (!fails?.test(String(error))) throw error;
      });
      if (fails !== undefined) await connection.query('INSERT INTO t VALUES (1)');
      connection.destroy();
      await server.flushLogs();
      await replayFiles(engine, server.binlogFiles().slice(before));
      for (const table of await sourceTables(server, database)) {
        t.deepEqual(await tableDifferences(server, engine, { database, table }), []);
      }
    });
  }
}
