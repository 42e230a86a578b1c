// What foreign keys do to child rows, on every server, compared with the server's own rows.
import test from 'ava';
import type { ReplayOptions } from '../../../src/writer/index.js';
import type { Server, ServerKind } from '../../servers/index.js';
import { skipReason, startServerOfKind } from '../../servers/index.js';
import { testSerialWith } from '../../servers/test-with.js';
import { kindsInTurn } from '../../short-run.js';
import { openScratchEngine, record, replayFiles } from '../recorded-log.js';
import { runIn, sameTables } from './recorded-keys.js';

const kinds: readonly ServerKind[] = ['mysql-5.7', 'mariadb', 'mysql-9.7'];
const servers = new Map<ServerKind, Server>();
let turn = 0;

test.before(async () => {
  for (const kind of kinds) {
    if (skipReason(kind) === undefined) servers.set(kind, await startServerOfKind(kind));
  }
});

test.after.always(async () => {
  for (const server of servers.values()) await server.stop();
});

/** A test on each server that is there; each case has a database of its own, `d`. */
function onEach(
  name: string,
  sql: string,
  tables: readonly string[],
  options: { replay?: ReplayOptions; only?: readonly ServerKind[] } = {},
): void {
  for (const kind of kindsInTurn((turn += 1), options.only ?? kinds)) {
    const serial = testSerialWith(kind);
    serial(`${kind}: ${name}`, async (t) => {
      const server = servers.get(kind);
      if (server === undefined) throw new Error(`${kind} is not running`);
      const files = await record(server, () => runIn(server, sql));
      const engine = await openScratchEngine(t);
      await replayFiles(engine, files, options.replay);
      await sameTables(t, server, engine, tables);
      t.is((await replayFiles(engine, files, options.replay)).totals.transactions, 0);
    });
  }
}

const parent = 'CREATE TABLE p (id INT PRIMARY KEY, v INT);';

onEach(
  'CASCADE, for a deleted, an updated and a replaced parent, and with foreign_key_checks off',
  `${parent} CREATE TABLE c (id INT PRIMARY KEY, pid INT,
     FOREIGN KEY (pid) REFERENCES p (id) ON DELETE CASCADE ON UPDATE CASCADE);
   INSERT INTO p VALUES (1,1),(3,3),(5,5),(7,7); INSERT INTO c VALUES (10,1),(11,1),(30,3),(50,5),(70,7),(80,NULL);
   DELETE FROM p WHERE id = 1; UPDATE p SET id = 33 WHERE id = 3; REPLACE INTO p VALUES (5,6);
   SET foreign_key_checks = 0; DELETE FROM p WHERE id = 7; SET foreign_key_checks = 1;
   UPDATE p SET v = v + 1`,
  ['p', 'c'],
);

onEach(
  'CASCADE for equal rows of a child without a key, which came in batches of their own',
  `CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE c (pid INT, t VARCHAR(10),
     FOREIGN KEY (pid) REFERENCES p (id) ON DELETE CASCADE ON UPDATE CASCADE);
   INSERT INTO p VALUES (50),(51),(52); INSERT INTO c VALUES (50,'n'),(50,'n'),(51,'n'),(52,'n');
   INSERT INTO c VALUES (50,'n'),(51,'n'),(52,'n'); INSERT INTO c VALUES (50,'n'),(52,'n');
   UPDATE p SET id = 60 WHERE id = 50; UPDATE p SET id = 61 WHERE id = 51; DELETE FROM p WHERE id = 52`,
  ['p', 'c'],
  { replay: { limits: { ageMaxMs: 0 } } },
);

onEach(
  'SET NULL, for a deleted and an updated parent',
  `${parent} CREATE TABLE c (id INT PRIMARY KEY, pid INT, t VARCHAR(9),
     FOREIGN KEY (pid) REFERENCES p (id) ON DELETE SET NULL ON UPDATE SET NULL);
   INSERT INTO p VALUES (1,1),(3,3),(5,5); INSERT INTO c VALUES (10,1,'a'),(11,1,'é'),(30,3,NULL),(50,5,'');
   DELETE FROM p WHERE id = 1; UPDATE p SET id = 33 WHERE id = 3`,
  ['p', 'c'],
);

onEach(
  'SET DEFAULT, RESTRICT and NO ACTION do nothing',
  `${parent} CREATE TABLE c (id INT PRIMARY KEY, pid INT,
     FOREIGN KEY (pid) REFERENCES p (id) ON DELETE RESTRICT ON UPDATE NO ACTION);
   INSERT INTO p VALUES (1,1),(3,3); INSERT INTO c VALUES (30,3); DELETE FROM p WHERE id = 1;
   SET foreign_key_checks = 0; UPDATE p SET id = 4`,
  ['p', 'c'],
);

onEach(
  'tables without a primary key are multisets',
  `${parent} CREATE TABLE c (id INT, pid INT, FOREIGN KEY (pid) REFERENCES p (id) ON DELETE CASCADE ON UPDATE CASCADE);
   CREATE TABLE n (id INT, pid INT, FOREIGN KEY (pid) REFERENCES p (id) ON DELETE SET NULL ON UPDATE CASCADE);
   INSERT INTO p VALUES (1,1),(2,2),(3,3),(4,4);
   INSERT INTO c VALUES (1,1),(1,1),(2,2),(2,2),(3,3),(3,NULL); INSERT INTO n SELECT * FROM c;
   DELETE FROM c WHERE id = 2 LIMIT 1; DELETE FROM p WHERE id = 1; UPDATE p SET id = 20 WHERE id = 2;
   INSERT INTO p VALUES (1,7); INSERT INTO c VALUES (1,1); INSERT INTO n VALUES (1,1),(1,1); DELETE FROM n WHERE pid = 1 LIMIT 1;
   DELETE FROM p WHERE id IN (1, 20)`,
  ['p', 'c', 'n'],
);

onEach(
  'rows that the same transaction has written, changed and taken back',
  `${parent} CREATE TABLE c (id INT PRIMARY KEY, pid INT, v INT,
     FOREIGN KEY (pid) REFERENCES p (id) ON DELETE CASCADE ON UPDATE CASCADE);
   INSERT INTO p VALUES (1,1),(2,2),(3,3),(4,4); INSERT INTO c VALUES (1,1,0),(2,2,0),(3,3,0);
   BEGIN; INSERT INTO c VALUES (4,4,0),(5,1,0); UPDATE p SET id = 10 WHERE id = 1; UPDATE c SET v = 5 WHERE pid = 10;
     UPDATE p SET id = 11 WHERE id = 10; DELETE FROM c WHERE id = 5; DELETE FROM p WHERE id = 2;
     INSERT INTO c VALUES (2,3,9); COMMIT;
   BEGIN; DELETE FROM p WHERE id = 3; ROLLBACK;
   BEGIN; INSERT INTO c VALUES (6,4,0); SAVEPOINT s; DELETE FROM p WHERE id = 4; INSERT INTO p VALUES (40,0);
     ROLLBACK TO s; INSERT INTO p VALUES (50,0); UPDATE p SET id = 12 WHERE id = 11; COMMIT`,
  ['p', 'c'],
);

onEach(
  'a statement that moves keys along',
  `${parent} CREATE TABLE c (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES p (id) ON UPDATE CASCADE);
   INSERT INTO p VALUES (1,1),(2,2),(3,3); INSERT INTO c VALUES (1,1),(2,2),(3,3);
   UPDATE p SET id = id + 1 ORDER BY id DESC; UPDATE p SET id = id - 1 ORDER BY id`,
  ['p', 'c'],
);

onEach(
  'keys of several columns, in the child’s primary key, and grandchildren',
  `CREATE TABLE p (a INT, b VARCHAR(5), PRIMARY KEY (a, b));
   CREATE TABLE c (a INT, b VARCHAR(5), n INT, PRIMARY KEY (a, b, n),
     FOREIGN KEY (a, b) REFERENCES p (a, b) ON UPDATE CASCADE ON DELETE CASCADE);
   CREATE TABLE g (x INT PRIMARY KEY, a INT, b VARCHAR(5), n INT,
     FOREIGN KEY (a, b, n) REFERENCES c (a, b, n) ON DELETE SET NULL);
   CREATE TABLE h (x INT PRIMARY KEY, a INT, b VARCHAR(5), FOREIGN KEY (a, b) REFERENCES p (a, b) ON DELETE SET NULL ON UPDATE CASCADE);
   INSERT INTO p VALUES (1,'x'),(2,'y'),(3,'z'); INSERT INTO c VALUES (1,'x',1),(1,'x',2),(2,'y',1),(3,'z',3);
   INSERT INTO g VALUES (1,2,'y',1),(2,2,'y',NULL),(3,3,'z',3),(4,NULL,NULL,NULL);
   INSERT INTO h VALUES (1,1,'x'),(2,1,NULL),(3,2,'y');
   UPDATE p SET a = 10, b = 'xx' WHERE a = 1; DELETE FROM p WHERE a = 2`,
  ['p', 'c', 'g', 'h'],
);

onEach(
  'a chain of updates through primary keys',
  `${parent} CREATE TABLE c (pid INT PRIMARY KEY, FOREIGN KEY (pid) REFERENCES p (id) ON UPDATE CASCADE ON DELETE CASCADE);
   CREATE TABLE g (id INT PRIMARY KEY, cid INT, FOREIGN KEY (cid) REFERENCES c (pid) ON UPDATE CASCADE ON DELETE SET NULL);
   INSERT INTO p VALUES (1,1),(2,2); INSERT INTO c VALUES (1),(2); INSERT INTO g VALUES (1,1),(2,2),(3,1);
   UPDATE p SET id = 10 WHERE id = 1; DELETE FROM p WHERE id = 2; UPDATE p SET id = 11 WHERE id = 10`,
  ['p', 'c', 'g'],
  { only: ['mysql-5.7', 'mariadb', 'mysql-9.7'] },
);

onEach(
  'a table that refers to itself',
  `CREATE TABLE t (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES t (id) ON DELETE CASCADE);
   INSERT INTO t VALUES (1,NULL),(2,1),(3,2),(4,4),(5,NULL),(6,5),(7,6); DELETE FROM t WHERE id IN (1, 2, 4);
   BEGIN; INSERT INTO t VALUES (8,7),(9,8); DELETE FROM t WHERE id = 6; COMMIT; REPLACE INTO t VALUES (5,NULL);
   CREATE TABLE s (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES s (id) ON DELETE SET NULL);
   INSERT INTO s VALUES (1,NULL),(2,1),(3,2),(4,4); DELETE FROM s WHERE id IN (1, 4)`,
  ['t', 's'],
);

onEach(
  'several foreign keys on one table, in InnoDB’s order',
  `CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE q (id INT PRIMARY KEY);
   CREATE TABLE c (id INT PRIMARY KEY, a INT, b INT, FOREIGN KEY (a) REFERENCES p (id) ON DELETE CASCADE,
     FOREIGN KEY (b) REFERENCES p (id) ON DELETE SET NULL, FOREIGN KEY (b) REFERENCES q (id) ON DELETE CASCADE);
   CREATE TABLE s (id INT PRIMARY KEY, a INT, CONSTRAINT z1 FOREIGN KEY (a) REFERENCES p (id) ON DELETE CASCADE,
     CONSTRAINT a1 FOREIGN KEY (a) REFERENCES p (id) ON DELETE SET NULL);
   CREATE TABLE u (id INT PRIMARY KEY, a INT, CONSTRAINT a2 FOREIGN KEY (a) REFERENCES p (id) ON DELETE CASCADE,
     CONSTRAINT z2 FOREIGN KEY (a) REFERENCES p (id) ON DELETE SET NULL);
   INSERT INTO p VALUES (1),(2),(3); INSERT INTO q VALUES (1),(2),(3);
   INSERT INTO c VALUES (1,1,1),(2,2,1),(3,3,3),(4,2,3); INSERT INTO s VALUES (1,1),(2,2); INSERT INTO u VALUES (1,1),(2,2);
   DELETE FROM p WHERE id = 1; DELETE FROM q WHERE id = 3`,
  ['c', 's', 'u'],
);

onEach(
  'a diamond: a row that two ways lead to',
  `CREATE TABLE p (id INT PRIMARY KEY);
   CREATE TABLE a (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES p (id) ON DELETE CASCADE);
   CREATE TABLE b (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES p (id) ON DELETE SET NULL);
   CREATE TABLE k (a INT, b INT, FOREIGN KEY (a) REFERENCES a (id) ON DELETE CASCADE, FOREIGN KEY (b) REFERENCES b (id) ON DELETE CASCADE);
   INSERT INTO p VALUES (1),(2); INSERT INTO a VALUES (1,1),(2,2); INSERT INTO b VALUES (1,1),(2,2);
   INSERT INTO k VALUES (1,1),(2,2),(1,2),(1,2); DELETE FROM p WHERE id = 1; DELETE FROM b WHERE id = 2`,
  ['a', 'b', 'k'],
);

onEach(
  'a unique key that is not the primary key, REPLACE and ON DUPLICATE KEY UPDATE',
  `CREATE TABLE p (id INT PRIMARY KEY, u INT, v INT, UNIQUE (u));
   CREATE TABLE c (id INT PRIMARY KEY, pu INT, FOREIGN KEY (pu) REFERENCES p (u) ON DELETE CASCADE ON UPDATE CASCADE);
   INSERT INTO p VALUES (1,1,1),(2,2,2),(3,3,3),(4,4,4),(5,5,5); INSERT INTO c VALUES (1,1),(2,2),(3,3),(4,4),(5,5);
   REPLACE INTO p VALUES (1,50,5); REPLACE INTO p VALUES (9,2,2); INSERT INTO p VALUES (3,7,7) ON DUPLICATE KEY UPDATE u = 70;
   UPDATE p SET v = 44, id = 44 WHERE id = 4; UPDATE p SET u = NULL WHERE id = 5`,
  ['p', 'c'],
);

onEach(
  'a statement that deletes rows of parent and child',
  `CREATE TABLE p (id INT PRIMARY KEY, v INT); CREATE TABLE p2 LIKE p; CREATE TABLE p3 LIKE p; CREATE TABLE p4 LIKE p;
   CREATE TABLE c (id INT, pid INT, FOREIGN KEY (pid) REFERENCES p (id) ON DELETE CASCADE);
   CREATE TABLE k (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES p2 (id) ON DELETE CASCADE);
   CREATE TABLE n (id INT, pid INT, FOREIGN KEY (pid) REFERENCES p3 (id) ON DELETE SET NULL);
   CREATE TABLE m (id INT, pid INT, x INT, FOREIGN KEY (pid) REFERENCES p4 (id) ON UPDATE CASCADE);
   INSERT INTO p VALUES (1,1),(2,2),(3,3); INSERT INTO p2 SELECT * FROM p; INSERT INTO p3 SELECT * FROM p; INSERT INTO p4 SELECT * FROM p;
   INSERT INTO c VALUES (1,1),(1,1),(2,2),(3,3),(4,1); INSERT INTO k VALUES (1,1),(2,2),(3,1); INSERT INTO n SELECT * FROM c;
   INSERT INTO m SELECT id, pid, 0 FROM c;
   DELETE p, c FROM p JOIN c ON c.pid = p.id WHERE p.id = 1; DELETE c, p FROM p JOIN c ON c.pid = p.id WHERE p.id = 2;
   DELETE k, p2 FROM p2 JOIN k ON k.pid = p2.id WHERE p2.id = 1;
   DELETE p3, n FROM p3 JOIN n ON n.pid = p3.id WHERE p3.id = 1; DELETE p3, n FROM p3 JOIN n ON n.pid = p3.id;
   UPDATE p4 JOIN m ON m.pid = p4.id SET p4.id = 10, m.x = 5 WHERE p4.id = 1`,
  ['p', 'c', 'k', 'n', 'p2', 'p3', 'p4', 'm'],
);

onEach(
  'no trigger fires and no column is touched that the foreign key does not name',
  `${parent} CREATE TABLE c (id INT PRIMARY KEY, pid INT, ts TIMESTAMP(6) NOT NULL DEFAULT '2001-01-01' ON UPDATE CURRENT_TIMESTAMP(6),
     FOREIGN KEY (pid) REFERENCES p (id) ON DELETE SET NULL ON UPDATE CASCADE);
   INSERT INTO p VALUES (1,1),(2,2); INSERT INTO c (id, pid) VALUES (1,1),(2,2);
   DELETE FROM p WHERE id = 1; UPDATE p SET id = 20 WHERE id = 2`,
  ['p'],
);

onEach(
  'text keys with the bytes of their parents',
  `CREATE TABLE p (id VARCHAR(10) PRIMARY KEY) CHARSET utf8mb4; CREATE TABLE c (id INT PRIMARY KEY, pid VARCHAR(20), FOREIGN KEY (pid) REFERENCES p (id) ON DELETE CASCADE ON UPDATE CASCADE) CHARSET utf8mb4;
   INSERT INTO p VALUES ('a'),('b'),('é'),('日本'),('ß'),('x y'),('x-y'); INSERT INTO c VALUES (1,'a'),(2,'b'),(3,'é'),(4,'日本'),(5,'ß'),(6,'x y'),(7,'x-y'),(8,NULL);
   UPDATE p SET id = 'A' WHERE id = 'a'; DELETE FROM p WHERE id = 'x y'; DELETE FROM p WHERE id = 'é'; UPDATE p SET id = 'ss' WHERE id = 'ß';
   INSERT INTO p VALUES ('ö'); INSERT INTO c VALUES (9,'ö'); DELETE FROM p WHERE id = 'b'`,
  ['p', 'c'],
);
