// How the writer comes to know foreign keys, and what it says where it does not.
import test from 'ava';
import { FlashError } from '../../../src/protocol/index.js';
import type { Server, ServerKind } from '../../servers/index.js';
import { skipReason, startServerOfKind } from '../../servers/index.js';
import { testSerialWith } from '../../servers/test-with.js';
import { kindsInTurn, kindsOf } from '../../short-run.js';
import { openScratchEngine, record, replayFiles } from '../recorded-log.js';
import { runIn, sameTables } from './recorded-keys.js';

const kinds: readonly ServerKind[] = ['mysql-5.7', 'mariadb', 'mysql-9.7'];
const servers = new Map<ServerKind, Server>();

test.before(async () => {
  for (const kind of kinds) {
    if (skipReason(kind) === undefined) servers.set(kind, await startServerOfKind(kind));
  }
});

test.after.always(async () => {
  for (const server of servers.values()) await server.stop();
});

function serverOf(kind: ServerKind): Server {
  const server = servers.get(kind);
  if (server === undefined) throw new Error(`${kind} is not running`);
  return server;
}

const cascade = 'ON DELETE CASCADE ON UPDATE CASCADE';

/** DDL whose foreign keys decide what the last statements do. `skips` are servers that refuse it. */
const cases: readonly {
  name: string;
  sql: string;
  tables: readonly string[];
  skips?: readonly ServerKind[];
}[] = [
  {
    name: 'REFERENCES at a column counts where the server says so',
    sql: `CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE c (id INT PRIMARY KEY, pid INT REFERENCES p (id) ON DELETE CASCADE);
      CREATE TABLE k (id INT PRIMARY KEY, x INT); ALTER TABLE k ADD pid INT REFERENCES p (id) ON DELETE SET NULL;
      INSERT INTO p VALUES (1),(2); INSERT INTO c VALUES (1,1),(2,2); INSERT INTO k VALUES (1,1,1),(2,2,2); DELETE FROM p WHERE id = 1`,
    tables: ['p', 'c', 'k'],
  },
  {
    name: 'ADD and DROP FOREIGN KEY, by given names and those of the server’s making',
    sql: `CREATE TABLE p (id INT PRIMARY KEY);
      CREATE TABLE c (id INT PRIMARY KEY, a INT, b INT, x INT, CONSTRAINT foo FOREIGN KEY bar (a) REFERENCES p (id) ON DELETE CASCADE,
        FOREIGN KEY (b) REFERENCES p (id) ON DELETE SET NULL);
      ALTER TABLE c DROP FOREIGN KEY foo, ADD CONSTRAINT FOREIGN KEY (x) REFERENCES p (id) ${cascade};
      ALTER TABLE c DROP FOREIGN KEY c_ibfk_1; ALTER TABLE c RENAME TO cc; ALTER TABLE cc ADD FOREIGN KEY (a) REFERENCES p (id) ON DELETE SET NULL;
      INSERT INTO p VALUES (1),(2),(3),(4); INSERT INTO cc VALUES (1,1,NULL,NULL),(2,NULL,NULL,2),(3,3,NULL,NULL);
      DELETE FROM p WHERE id = 1; DELETE FROM p WHERE id = 2; ALTER TABLE cc DROP FOREIGN KEY cc_ibfk_2, DROP FOREIGN KEY cc_ibfk_3;
      DELETE FROM p WHERE id = 3`,
    tables: ['p', 'cc'],
  },
  {
    name: 'foreign keys follow renamed tables and columns',
    sql: `CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE p2 (id INT PRIMARY KEY);
      CREATE TABLE c (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES p (id) ${cascade});
      INSERT INTO p VALUES (1),(2),(3); INSERT INTO p2 VALUES (1); INSERT INTO c VALUES (1,1),(2,2),(3,3);
      RENAME TABLE p TO old, p2 TO p; DELETE FROM p; DELETE FROM old WHERE id = 2; RENAME TABLE c TO child;
      ALTER TABLE child CHANGE pid parent INT; DELETE FROM old WHERE id = 3`,
    tables: ['p', 'old', 'child'],
  },
  {
    name: 'a parent that is dropped and made anew',
    sql: `CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE c (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES p (id) ${cascade});
      INSERT INTO p VALUES (1),(2),(3); INSERT INTO c VALUES (1,1),(2,2),(3,3); SET foreign_key_checks = 0; TRUNCATE TABLE p; DROP TABLE p;
      CREATE TABLE p (id INT PRIMARY KEY, x INT); INSERT INTO p VALUES (1,1),(2,2); SET foreign_key_checks = 1; DELETE FROM p WHERE id = 1`,
    tables: ['p', 'c'],
  },
  {
    name: 'a child that is made before its parent; LIKE copies no foreign keys; another engine has none',
    sql: `SET foreign_key_checks = 0; CREATE TABLE c (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES p (id) ${cascade});
      CREATE TABLE p (id INT PRIMARY KEY); SET foreign_key_checks = 1; CREATE TABLE l LIKE c;
      CREATE TABLE m (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES p (id) ${cascade}) ENGINE = MyISAM;
      INSERT INTO p VALUES (1),(2); INSERT INTO c VALUES (1,1),(2,2); INSERT INTO l SELECT * FROM c; INSERT INTO m SELECT * FROM c;
      DELETE FROM p WHERE id = 1; UPDATE p SET id = 22`,
    tables: ['p', 'c', 'l', 'm'],
  },
  {
    name: 'a parent of the child’s own database, and of another',
    sql: `CREATE DATABASE e; CREATE TABLE e.p (id INT PRIMARY KEY); CREATE TABLE p (id INT PRIMARY KEY);
      CREATE TABLE e.c (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES p (id) ${cascade});
      CREATE TABLE e.k (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES d.p (id) ${cascade});
      INSERT INTO p VALUES (1),(2); INSERT INTO e.p VALUES (1),(2); INSERT INTO e.c VALUES (1,1),(2,2); INSERT INTO e.k VALUES (1,1),(2,2);
      DELETE FROM e.p WHERE id = 1; DELETE FROM p WHERE id = 2`,
    tables: ['p', 'e.p', 'e.c', 'e.k'],
  },
  {
    name: 'a child that CREATE TABLE … SELECT fills',
    sql: `CREATE TABLE p (id INT PRIMARY KEY); INSERT INTO p VALUES (1),(2);
      CREATE TABLE c (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES p (id) ${cascade}) AS SELECT 1 AS id, 1 AS pid UNION SELECT 2, 2;
      DELETE FROM p WHERE id = 1`,
    tables: ['p', 'c'],
    skips: ['mysql-9.7'],
  },
];

for (const kind of kinds) {
  for (const [turn, { name, sql, tables, skips = [] }] of cases.entries()) {
    const able = kinds.filter((each) => !skips.includes(each));
    if (!kindsInTurn(turn, able).includes(kind)) continue;
    testSerialWith(kind)(`${kind}: ${name}`, async (t) => {
      const server = serverOf(kind);
      const files = await record(server, () => runIn(server, sql));
      const engine = await openScratchEngine(t);
      await replayFiles(engine, files);
      await sameTables(t, server, engine, tables);
    });
  }
}

for (const kind of kindsOf('mariadb', 'mysql-5.7')) {
  const serial = testSerialWith(kind);

  serial(`${kind}: a child whose parent is left out stops, again and again`, async (t) => {
    const server = serverOf(kind);
    const files = await record(server, () =>
      runIn(
        server,
        `CREATE TABLE p (id INT PRIMARY KEY); INSERT INTO p VALUES (1); CREATE TABLE o (id INT PRIMARY KEY); INSERT INTO o VALUES (1);
         CREATE TABLE c (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES p (id) ${cascade});
         CREATE TABLE r (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES p (id));
         INSERT INTO c VALUES (1,1); INSERT INTO r VALUES (1,NULL); DELETE FROM p`,
      ),
    );
    const engine = await openScratchEngine(t);
    for (let run = 0; run < 2; run += 1) {
      const error = await t.throwsAsync(() => replayFiles(engine, files, { exclude: ['d.p'] }), {
        instanceOf: FlashError,
      });
      t.regex(error.message, /d\.c is copied and d\.p is not: by the foreign key c_ibfk_1/);
      t.regex(error.hint ?? '', /--include d\.p.*--exclude d\.c/);
      t.is(error.place.table, 'd.c');
    }
    await sameTables(t, server, engine, ['o']);
    await replayFiles(engine, files, { exclude: ['d.p', 'd.c'] });
    await sameTables(t, server, engine, ['o', 'r']);
  });

  serial(`${kind}: a child that is left out needs nothing`, async (t) => {
    const server = serverOf(kind);
    const files = await record(server, () =>
      runIn(
        server,
        `CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE c (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES p (id) ${cascade});
         INSERT INTO p VALUES (1),(2); INSERT INTO c VALUES (1,1); DELETE FROM p WHERE id = 1`,
      ),
    );
    const engine = await openScratchEngine(t);
    await replayFiles(engine, files, { exclude: ['d.c'] });
    await sameTables(t, server, engine, ['p']);
  });

  serial(`${kind}: what is not certain stops at the parent’s change`, async (t) => {
    const server = serverOf(kind);
    const uncertain = [
      [
        `CREATE TABLE p (id FLOAT PRIMARY KEY); CREATE TABLE c (id INT PRIMARY KEY, pid FLOAT, FOREIGN KEY (pid) REFERENCES p (id) ${cascade})`,
        /float/,
      ],
      [
        `CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE c (id INT PRIMARY KEY, pid INT, g INT AS (pid + 1) VIRTUAL, FOREIGN KEY (pid) REFERENCES p (id) ON DELETE SET NULL)`,
        /g is computed/,
      ],
      [
        `CREATE TABLE p (id ENUM('1','2') PRIMARY KEY); CREATE TABLE c (id INT PRIMARY KEY, pid ENUM('2','1'), FOREIGN KEY (pid) REFERENCES p (id) ${cascade})`,
        /enum/,
      ],
      [
        `CREATE TABLE p (id VARCHAR(9) PRIMARY KEY); CREATE TABLE c (id INT PRIMARY KEY, pid VARCHAR(9), FOREIGN KEY (pid) REFERENCES p (id) ${cascade}); INSERT INTO p VALUES ('x'); INSERT INTO c VALUES (5,'X'); UPDATE p SET id = 'y' WHERE id = 'x'; DELETE FROM c; DELETE FROM p`,
        /as "X", and whether that is "x"/,
      ],
      [
        `CREATE TABLE p (id CHAR(9) PRIMARY KEY); CREATE TABLE c (id INT PRIMARY KEY, pid VARCHAR(9), FOREIGN KEY (pid) REFERENCES p (id) ${cascade})`,
        /char\(9\)/,
      ],
    ] as const;
    for (const [ddl, reason] of uncertain) {
      const files = await record(server, () =>
        runIn(
          server,
          `${ddl}; INSERT INTO p VALUES (1),(2); INSERT INTO c (id, pid) VALUES (1,1),(2,2); DELETE FROM p WHERE id = 1`,
        ),
      );
      const engine = await openScratchEngine(t);
      for (let run = 0; run < 2; run += 1) {
        const error = await t.throwsAsync(() => replayFiles(engine, files), {
          instanceOf: FlashError,
        });
        t.regex(error.message, reason);
        t.regex(error.hint ?? '', /--exclude d\.c/);
        t.true((error.place.offset ?? 0) > 0);
      }
      await engine.close();
    }
  });
}
