// Loads and follows real servers in this process, for the tests of both, and a workload of transfers.
import type { ExecutionContext } from 'ava';
import { loadServer, type LoadResult, type ServerLoadOptions } from '../../../src/load/index.js';
import type { Engine } from '../../../src/protocol/index.js';
import { openSource, openTableServer } from '../../../src/source/index.js';
import { replay, type ReplayOptions } from '../../../src/writer/index.js';
import { sourceTables } from '../../e2e/compare/index.js';
import { tableDifferences } from '../../e2e/replay-case.js';
import { startServerOfKind, type Server, type ServerKind } from '../../servers/index.js';
import { chooseSeed, createRandom } from '../../workload/index.js';

export const accounts = 20_000;

/** Two tables of accounts, a table without a key, children that go with their parents, and users. */
export async function makeBank(server: Server): Promise<void> {
  await server.query(`CREATE DATABASE w; USE w;
    CREATE TABLE one (id INT PRIMARY KEY, v INT NOT NULL);
    CREATE TABLE two (id BIGINT UNSIGNED PRIMARY KEY, v INT NOT NULL);
    CREATE TABLE line (a INT, b INT, f FLOAT, at TIMESTAMP(6) NULL);
    CREATE TABLE total (k VARCHAR(9) PRIMARY KEY, n INT NOT NULL); INSERT INTO total VALUES ('x', 0);
    CREATE TABLE parent (id INT PRIMARY KEY);
    CREATE TABLE child (id INT PRIMARY KEY, p INT,
      CONSTRAINT c FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE);
    CREATE TABLE digit (d INT PRIMARY KEY); INSERT INTO digit VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
    INSERT INTO one SELECT n, 100 FROM (SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d AS n
      FROM digit a, digit b, digit c, digit e, digit f) AS s WHERE n < ${accounts};
    INSERT INTO two SELECT id * 7, v FROM one; INSERT INTO parent SELECT id FROM one;
    INSERT INTO child SELECT id, id FROM one;
    CREATE USER 'reload'@'%'; CREATE USER 'lock'@'%'; CREATE USER 'plain'@'%'`);
  const client = server.kind === 'mariadb' ? 'BINLOG MONITOR' : 'REPLICATION CLIENT';
  const rights = `REPLICATION SLAVE, ${client}`;
  await server.query(`GRANT SELECT, RELOAD, PROCESS, ${rights} ON *.* TO 'reload'@'%';
    GRANT ${rights} ON *.* TO 'lock'@'%', 'plain'@'%';
    GRANT SELECT, LOCK TABLES ON w.* TO 'lock'@'%'; GRANT SELECT ON w.* TO 'plain'@'%'`);
}

/** Moves money, writes a line of each move, and deletes parents, until it is stopped. */
export function startTransfers(server: Server): { stop: () => Promise<void> } {
  const random = createRandom(chooseSeed());
  const state = { isStopped: false };
  const work = [0, 1, 2].map(async (worker) => {
    while (!state.isStopped) {
      const id = random.int(0, accounts - 1);
      const transfer =
        server.query(`START TRANSACTION; UPDATE w.one SET v = v - ${id % 9} WHERE id = ${id};
        UPDATE w.two SET v = v + ${id % 9} WHERE id = ${id * 7};
        INSERT INTO w.line (a, b, f, at) VALUES (${worker}, ${id}, ${random.int(1, 9_999_999)} / 7, NOW(6));
        UPDATE w.total SET n = n + 1; DELETE FROM w.parent WHERE id = ${id}; COMMIT`);
      await transfer.catch((error: unknown) => {
        if (!String(error).includes('Deadlock')) throw error;
      });
    }
  });
  return {
    stop: async () => {
      state.isStopped = true;
      await Promise.all(work);
    },
  };
}

export async function startServer(t: ExecutionContext, kind: ServerKind): Promise<Server> {
  t.timeout(900_000);
  const gtids = ['--gtid-mode=ON', '--enforce-gtid-consistency=ON'];
  const server = await startServerOfKind(kind, { args: kind === 'mysql-9.7' ? gtids : [] });
  t.teardown(server.stop);
  return server;
}

export async function load(
  server: Server,
  engine: Engine,
  options: ServerLoadOptions & { login?: string; after?: () => Promise<void> } = {},
): Promise<LoadResult> {
  const { login = 'root', after, ...rest } = options;
  const tables = await openTableServer(`mysql://${login}@127.0.0.1:${server.port}/`);
  const openSnapshot: typeof tables.openSnapshot = async (count, names) => {
    const snapshot = await tables.openSnapshot(count, names);
    await after?.();
    return snapshot;
  };
  try {
    return await loadServer({ ...tables, openSnapshot }, engine, rest);
  } finally {
    tables.close();
  }
}

/** Reads the stream to where it ends now. */
export async function follow(
  server: Server,
  engine: Engine,
  options: ReplayOptions = {},
): ReturnType<typeof replay> {
  const url = `mysql://root@127.0.0.1:${server.port}/`;
  const source = await openSource([url], { stdin: process.stdin, live: { follow: false } });
  try {
    return await replay(source, engine, options);
  } finally {
    source.close?.();
  }
}

export async function allDifferences(server: Server, engine: Engine): Promise<string[]> {
  const found: string[] = [];
  for (const table of await sourceTables(server, 'w')) {
    found.push(...(await tableDifferences(server, engine, { database: 'w', table })));
  }
  return found;
}
