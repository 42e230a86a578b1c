// Goal: sessions see the tables as they were at one place in the log, with whatever right to lock there is.
// Method: real servers and writers; a row says of each transaction where in the log it must be.
import { setImmediate } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { readTextRow } from '../../../src/source/live/result-parser.js';
import { openTableServer, type Snapshot, type TableServer } from '../../../src/source/index.js';
import type { FlashError } from '../../../src/protocol/index.js';
import type { Server, ServerKind } from '../../servers/index.js';
import { testSerialWith } from '../../servers/test-with.js';
import { leastMs } from '../../least-ms.js';
import { liveKinds, startLive, urlOf } from './live-server.js';

const table = '`s`.`t`';

async function open(t: ExecutionContext, server: Server, login: string): Promise<TableServer> {
  const tables = await openTableServer(urlOf(server, login));
  t.teardown(() => {
    tables.close();
  });
  return tables;
}

async function snapshotOf(
  t: ExecutionContext,
  tables: TableServer,
  count: number,
): Promise<Snapshot> {
  const snapshot = await tables.openSnapshot(count, [table]);
  t.teardown(() => {
    for (const session of snapshot.sessions) session.close();
  });
  return snapshot;
}

/** Opens snapshots until the server was locked for less than half a second, and gives that one. */
async function locksBriefly(
  t: ExecutionContext,
  tables: TableServer,
  count: number,
): Promise<Snapshot> {
  let snapshot = await snapshotOf(t, tables, count);
  const lockedMs = await leastMs(500, async () => {
    snapshot = await snapshotOf(t, tables, count);
    return snapshot.lockMs ?? Infinity;
  });
  t.true(lockedMs < 500, `${lockedMs} ms`);
  return snapshot;
}

/** Users with less and less right to lock; each may read. */
async function makeUsers(server: Server): Promise<void> {
  await server.query(`CREATE DATABASE s; CREATE TABLE s.t (id INT PRIMARY KEY, v INT);
    INSERT INTO s.t VALUES (1, 0);
    CREATE USER 'reload'@'%'; CREATE USER 'lock'@'%'; CREATE USER 'plain'@'%'`);
  const client = server.kind === 'mariadb' ? 'BINLOG MONITOR' : 'REPLICATION CLIENT';
  await server.query(`GRANT SELECT, REPLICATION SLAVE, ${client}, RELOAD, PROCESS ON *.* TO 'reload'@'%';
    GRANT SELECT, REPLICATION SLAVE, ${client} ON *.* TO 'lock'@'%', 'plain'@'%';
    GRANT LOCK TABLES ON s.* TO 'lock'@'%'`);
}

/** Counts up in many transactions; `stop` gives how far it came. */
function countUp(server: Server): { stop: () => Promise<void> } {
  const state = { isStopped: false };
  const work = Promise.all(
    [0, 1, 2].map(async () => {
      while (!state.isStopped) await server.query('UPDATE s.t SET v = v + 1');
    }),
  );
  return {
    stop: async () => {
      state.isStopped = true;
      await work;
    },
  };
}

/** How often the log counts up before a place: by the server's own account of its events. */
async function countedBefore(server: Server): Promise<(place: Snapshot['position']) => number> {
  const offsets = new Map<string, number[]>();
  for (const { Log_name: file } of await server.query('SHOW BINARY LOGS')) {
    const events = await server.query(`SHOW BINLOG EVENTS IN '${String(file)}'`);
    const counting = events.filter((event) => /^Update_rows/i.test(String(event['Event_type'])));
    const at = counting.map((event) => Number(event['Pos']));
    offsets.set(String(file), at);
  }
  return ({ file, offset }) => (offsets.get(file) ?? []).filter((at) => at < offset).length;
}

/** Asks for the server's status all the time, as monitoring does from time to time. */
function monitor(server: Server): { stop: () => Promise<void> } {
  const state = { isStopped: false };
  const work = (async () => {
    while (!state.isStopped) await server.query("SHOW GLOBAL STATUS LIKE 'binlog%'");
  })();
  return {
    stop: async () => {
      state.isStopped = true;
      await work;
    },
  };
}

for (const kind of liveKinds) {
  testSerialWith(kind)(
    `${kind}: all sessions see the rows of one place, by every way to it`,
    async (t) => {
      const server = await startLive(t, kind);
      await makeUsers(server);
      const logins = kind === 'mariadb' ? ['reload', 'plain'] : ['reload', 'lock'];
      const rounds = kind === 'mariadb' ? 40 : 10;
      const counting = countUp(server);
      t.teardown(counting.stop);
      const monitoring = monitor(server);
      t.teardown(monitoring.stop);
      const found: { login: string; position: Snapshot['position']; counts: number[] }[] = [];
      for (const login of logins) {
        const tables = await open(t, server, login);
        for (let round = 0; round < rounds; round += 1) {
          const { position, sessions } = await snapshotOf(t, tables, 4);
          const seen = await Promise.all(
            sessions.map((session) => session.query(`SELECT v FROM ${table}`)),
          );
          found.push({ login, position, counts: seen.map(([row]) => Number(row?.[0])) });
          for (const session of sessions) session.close();
        }
      }
      await counting.stop();
      const before = await countedBefore(server);
      const wrong = found.filter(({ position, counts }) =>
        counts.some((count) => count !== before(position)),
      );
      t.deepEqual(wrong, [], `of ${found.length}`);
    },
  );
}

for (const kind of ['mysql-5.7', 'mysql-9.7'] satisfies ServerKind[]) {
  testSerialWith(kind)(`${kind}: without any right to lock the GRANT is told`, async (t) => {
    const server = await startLive(t, kind);
    await makeUsers(server);
    const tables = await open(t, server, 'plain');
    const error = await t.throwsAsync<FlashError>(tables.openSnapshot(2, [table]), {
      code: 'AUTH',
    });
    t.regex(error.hint ?? '', /GRANT RELOAD, PROCESS ON \*\.\* TO 'plain'@'%'.*GRANT LOCK TABLES/);
  });

  testSerialWith(kind)(
    `${kind}: a statement that runs for long holds up no writer for long`,
    async (t) => {
      const server = await startLive(t, kind);
      await makeUsers(server);
      // A reader in the middle of a table keeps nobody from locking it against writers.
      const reader = server.query('SELECT SLEEP(600) FROM s.t').catch(() => undefined);
      const sleeper = async (): Promise<Record<string, unknown> | undefined> =>
        (await server.query('SHOW PROCESSLIST')).find((each) =>
          String(each['Info']).startsWith('SELECT SLEEP'),
        );
      while (Number((await sleeper())?.['Time'] ?? 0) < 1) await setImmediate();
      const tables = await open(t, server, 'root');
      await locksBriefly(t, tables, 2);

      const holder = await server.connection.getConnection();
      await holder.query('START TRANSACTION');
      await holder.query('UPDATE s.t SET v = 7');
      const locked = await open(t, server, 'lock');
      const error = await t.throwsAsync<FlashError>(locked.openSnapshot(2, [table]), {
        code: 'BUSY',
      });
      t.regex(error.hint ?? '', /INNODB_TRX/);
      // Neither is the whole server locked beside a statement that runs for long.
      await t.throwsAsync(tables.openSnapshot(2, [table]), { code: 'BUSY' });
      const sleeping = await sleeper();
      await server.query(`KILL ${String(sleeping?.['Id'])}`);
      await reader;
      // A transaction that is open and does nothing keeps a table from being locked, and not the server.
      const all = await locksBriefly(t, tables, 1);
      t.deepEqual(await all.sessions[0]?.query('SELECT v FROM s.t'), [['0']]);
      await holder.query('COMMIT');
      holder.release();
      const [last] = (await snapshotOf(t, locked, 1)).sessions;
      t.deepEqual(await last?.query('SELECT v FROM s.t'), [['7']]);
    },
  );
}

for (const kind of liveKinds) {
  testSerialWith(kind)(
    `${kind}: what the server says comes as an error, and the session goes on`,
    async (t) => {
      const server = await startLive(t, kind);
      await makeUsers(server);
      const tables = await open(t, server, 'plain');
      await t.throwsAsync(tables.query('SELECT nothing FROM s.t'), { message: /nothing/ });
      t.deepEqual(await tables.query("SELECT 1, NULL, ''"), [['1', undefined, '']]);
      const many: string[] = [];
      const [session] = (await snapshotOf(t, await open(t, server, 'reload'), 1)).sessions;
      const numbers = Array.from({ length: 5 }, (_, i) => `SELECT ${i} AS n`).join(' UNION ALL ');
      await session?.read(
        `SELECT CONCAT(a.n, b.n, c.n, d.n, e.n, f.n) FROM ${'abcdef'
          .split('')
          .map((name) => `(${numbers}) ${name}`)
          .join(', ')}`,
        {
          onRow: (source, start, end) => {
            many.push(readTextRow(source, start, end)[0] ?? '');
          },
          takeRows: () => undefined,
        },
        () => undefined,
      );
      t.is(new Set(many).size, 5 ** 6);
      await server.shutdown();
      await t.throwsAsync(tables.query('SELECT 1'), { code: 'CONNECTION' });
    },
  );
}
