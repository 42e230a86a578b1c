import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import { queryRows, type Engine, type FlashError } from '../../src/protocol/index.js';
import { openDump } from '../../src/source/index.js';
import { loadDump } from '../../src/load/index.js';
import {
  checkpointSource,
  parseCheckpoint,
  replay,
  type ReplayOptions,
  type ReplayResult,
} from '../../src/writer/index.js';
import { dumpServer } from '../load/dump-server.js';
import { sessionEnds, type Server, type ServerKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { liveKinds, openLive, startLive, urlOf } from '../source/live/live-server.js';
import { waitUntil } from '../until.js';
import { openScratchEngine, replayFiles, sameRows } from './recorded-log.js';

const rows = 'SELECT id, v FROM s.t ORDER BY id';

/** Replays a server up to where its logs end now. */
async function replayNow(
  t: ExecutionContext,
  server: Server,
  engine: Engine,
  options: ReplayOptions = {},
): Promise<ReplayResult> {
  const source = await openLive(t, urlOf(server));
  const result = await replay(source, engine, options);
  source.close?.();
  return result;
}

async function makeTable(server: Server): Promise<void> {
  await server.query(`CREATE DATABASE s; CREATE TABLE s.t (id INT PRIMARY KEY, v VARCHAR(20));
    INSERT INTO s.t VALUES (1, 'a'), (2, 'ü')`);
}

/** Server options with GTIDs, where a server has to be told. */
function gtidArgs(kind: ServerKind): string[] {
  return kind === 'mariadb'
    ? []
    : ['--gtid-mode=ON', '--enforce-gtid-consistency=ON', '--log-slave-updates=ON'];
}

/** Waits until a row is in the copy: the last one that the source has. */
async function waitForRow(engine: Engine, id: number): Promise<void> {
  const sql = `SELECT count() AS c FROM s.t WHERE id = ${id}`;
  await waitUntil(`row ${id} is in the copy`, async () => {
    // The table may not be there yet.
    const found = await queryRows(engine, sql).catch(() => []);
    return Number(found[0]?.['c']) === 1;
  });
}

for (const kind of liveKinds) {
  testSerialWith(kind)(`${kind}: a server's whole history, run by run`, async (t) => {
    const server = await startLive(t, kind);
    await makeTable(server);
    const engine = await openScratchEngine(t);
    const first = await replayNow(t, server, engine);
    t.deepEqual(first.beginning, { kind: 'whole' });
    await sameRows(t, server, engine, rows);
    t.is((await replayNow(t, server, engine)).totals.transactions, 0);

    await server.query("INSERT INTO s.t VALUES (3, 'c'); UPDATE s.t SET v = 'x' WHERE id = 1");
    await server.flushLogs();
    await server.query(
      'ALTER TABLE s.t ADD w INT NOT NULL DEFAULT 7; DELETE FROM s.t WHERE id = 2',
    );
    const second = await replayNow(t, server, engine);
    t.is(second.totals.transactions, 3);
    await sameRows(t, server, engine, 'SELECT * FROM s.t ORDER BY id');

    // Files and the server are one source.
    await server.query("INSERT INTO s.t VALUES (4, 'd', 1)");
    await server.flushLogs();
    t.is(
      (await replayFiles(engine, server.binlogFiles(), { beginning: undefined })).totals
        .transactions,
      1,
    );
    await server.query("INSERT INTO s.t VALUES (5, 'e', 1)");
    t.is((await replayNow(t, server, engine)).totals.transactions, 1);
    await sameRows(t, server, engine, 'SELECT * FROM s.t ORDER BY id');
  });

  testSerialWith(kind)(`${kind}: a dump, then the stream after it`, async (t) => {
    const server = await startLive(t, kind, gtidArgs(kind));
    await makeTable(server);
    await server.flushLogs();
    await server.query("INSERT INTO s.t VALUES (3, 'c')");
    const file = await dumpServer(t, server, [
      '--single-transaction',
      '--source-data=2',
      '--databases',
      's',
    ]);
    await server.query("DELETE FROM s.t WHERE id = 1; INSERT INTO s.t VALUES (4, 'd')");
    const engine = await openScratchEngine(t);
    await loadDump(await openDump(file, process.stdin, undefined), engine, {});

    const stop = new AbortController();
    const source = await openLive(t, urlOf(server), { follow: true, signal: stop.signal });
    const done = replay(source, engine, { signal: stop.signal, limits: { ageMaxMs: 20 } });
    await waitForRow(engine, 4);
    await sameRows(t, server, engine, rows);
    await server.query('INSERT INTO s.t SELECT id + 10, v FROM s.t');
    await waitForRow(engine, 14);
    for (let round = 0; round < 3; round += 1) {
      await server.flushLogs();
      await server.query(`INSERT INTO s.t VALUES (${100 + round}, 'r')`);
    }
    if (kind !== 'mysql-5.7') await server.query('SET GLOBAL binlog_checksum = NONE');
    else await server.query("SET GLOBAL binlog_checksum = 'NONE'");
    await server.query("INSERT INTO s.t VALUES (200, 'n')");
    await waitForRow(engine, 200);
    stop.abort();
    const result = await done;
    t.true(result.interrupted);
    t.is(result.beginning?.kind, 'baseline');
    await sameRows(t, server, engine, rows);
    // MariaDB may have added a BINLOG_CHECKPOINT meanwhile.
    t.is((await replayNow(t, server, engine)).totals.transactions, 0);
  });

  testSerialWith(kind)(`${kind}: logs that are gone, cut or begun anew are refused`, async (t) => {
    const server = await startLive(t, kind);
    await makeTable(server);
    const engine = await openScratchEngine(t);
    await replayNow(t, server, engine);
    const reset = kind === 'mysql-9.7' ? 'RESET BINARY LOGS AND GTIDS' : 'RESET MASTER';
    const refused = { code: 'SOURCE_MISMATCH' };

    // A series that has not come so far yet, and one that has.
    await server.query(`DROP DATABASE s; ${reset}`);
    await t.throwsAsync(replayNow(t, server, engine), refused);
    await makeTable(server);
    await makeLong(server);
    const anew = await t.throwsAsync<FlashError>(replayNow(t, server, engine), refused);
    t.regex(anew.message, /begun its logs anew/);
    await engine.close();

    const fresh = await openScratchEngine(t);
    await replayNow(t, server, fresh);
    for (let log = 0; log < 3; log += 1) await server.flushLogs();
    // MariaDB keeps a log until the engines have written down what it holds.
    await waitUntil('the log is purged', async () => {
      await server.query("PURGE BINARY LOGS TO 'binlog.000003'");
      return (await server.query('SHOW BINARY LOGS'))[0]?.['Log_name'] === 'binlog.000003';
    });
    const purged = await t.throwsAsync<FlashError>(replayNow(t, server, fresh), refused);
    t.regex(purged.message, /does not hold that log/);
    t.regex(purged.hint ?? '', /purged.*binlog_expire_logs_seconds/s);
    await fresh.close();

    const late = await openScratchEngine(t);
    await t.throwsAsync(replayNow(t, server, late), { ...refused, message: /not the first log/ });
    await replayNow(t, server, late, { beginning: { kind: 'partial' } });
    // Logs of smaller numbers than the copy has read are no news, and not nothing.
    await server.query(reset);
    await t.throwsAsync(replayNow(t, server, late), refused);
  });
}

for (const kind of liveKinds) {
  testSerialWith(kind)(`${kind}: what is read twice is read twice from a server`, async (t) => {
    const server = await startLive(t, kind);
    await makeTable(server);
    const engine = await openScratchEngine(t);
    const stop = new AbortController();
    const source = await openLive(t, urlOf(server), { follow: true, signal: stop.signal });
    const limits = { ageMaxMs: 20, bytesMax: 100_000, rowsMax: 5000 };
    const done = replay(source, engine, { signal: stop.signal, limits });
    await waitForRow(engine, 2);

    // Large ones: a part is rolled back after it was staged, another is prepared and committed later.
    const many = (first: number): string =>
      Array.from({ length: 9000 }, (_, index) => `(${first + index}, 'many')`).join();
    const session = await server.connection.getConnection();
    await session.query(`START TRANSACTION; INSERT INTO s.t VALUES ${many(1000)}; SAVEPOINT p`);
    await session.query(`INSERT INTO s.t VALUES ${many(20_000)}; UPDATE s.t SET v = 'p'`);
    await session.query('ROLLBACK TO p; INSERT INTO s.t VALUES (5, "e"); COMMIT');
    await session.query(`XA START 'x'; INSERT INTO s.t VALUES ${many(40_000)}; XA END 'x'`);
    await session.query("XA PREPARE 'x'");
    session.destroy();
    await sessionEnds(server, session.threadId);
    await server.flushLogs();
    await server.query("INSERT INTO s.t VALUES (6, 'f')");
    await waitForRow(engine, 6);
    await server.query("XA COMMIT 'x'");
    await server.query("INSERT INTO s.t VALUES (7, 'g')");
    await waitForRow(engine, 7);
    stop.abort();
    await done;
    await sameRows(t, server, engine, rows);
  });

  testSerialWith(kind)(`${kind}: a failover is followed by GTIDs`, async (t) => {
    const args = gtidArgs(kind);
    const source = await startLive(t, kind, args);
    const replica = await startLive(t, kind, [...args, '--log-slave-updates', '--server-id=77']);
    await replica.query(replicateFrom(source));
    await makeTable(source);
    const engine = await openScratchEngine(t);
    await replayNow(t, source, engine);
    await source.query("INSERT INTO s.t VALUES (3, 'c')");
    await waitUntil('the replica has the row', async () => {
      const found = await replica.query('SELECT * FROM s.t WHERE id = 3').catch(() => []);
      return found.length === 1;
    });
    await replica.query(kind === 'mysql-9.7' ? 'STOP REPLICA' : 'STOP SLAVE');
    await source.shutdown();
    await replica.query("INSERT INTO s.t VALUES (4, 'd')");
    await t.throwsAsync(replayNow(t, replica, engine), { code: 'SOURCE_MISMATCH' });

    const stop = new AbortController();
    const moved = await openLive(t, urlOf(replica), { follow: true, signal: stop.signal });
    const options = { sourceMoved: true, signal: stop.signal, limits: { ageMaxMs: 20 } };
    const done = replay(moved, engine, options);
    await waitForRow(engine, 4);
    await replica.flushLogs();
    await replica.query("INSERT INTO s.t VALUES (5, 'e')");
    await waitForRow(engine, 5);
    stop.abort();
    await done;
    await sameRows(t, replica, engine, rows);
    t.is((await replayNow(t, replica, engine)).totals.transactions, 0);
  });
}

testSerialWith('mariadb')('mariadb: encrypted logs come decrypted, at their places', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'theflash-keys-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const keys = path.join(folder, 'keys');
  await writeFile(keys, '1;770A8A65DA156D24EE2A093277530142\n');
  const server = await startLive(t, 'mariadb', [
    '--plugin-load-add=file_key_management',
    `--file-key-management-filename=${keys}`,
    '--encrypt-binlog=ON',
  ]);
  await makeTable(server);
  const engine = await openScratchEngine(t);
  await replayNow(t, server, engine);
  await server.flushLogs();
  await server.query("INSERT INTO s.t VALUES (3, 'c')");
  const { position } = await replayNow(t, server, engine);
  const events = await server.query("SHOW BINLOG EVENTS IN 'binlog.000002'");
  t.true(events.some(({ Event_type: type }) => type === 'Start_encryption'));
  t.true(events.some(({ End_log_pos: end }) => Number(end) === position?.offset));
  await server.query('UPDATE s.t SET v = id');
  await replayNow(t, server, engine);
  await sameRows(t, server, engine, rows);
});

/** The statement that makes a server a replica of another one, by GTIDs. */
function replicateFrom({ kind, port }: Server): string {
  const at = (word: string): string =>
    `${word}_HOST = '127.0.0.1', ${word}_PORT = ${port}, ${word}_USER = 'root'`;
  if (kind === 'mysql-9.7') {
    return `CHANGE REPLICATION SOURCE TO ${at('SOURCE')}, SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1; START REPLICA`;
  }
  const how = kind === 'mariadb' ? 'MASTER_USE_GTID = slave_pos' : 'MASTER_AUTO_POSITION = 1';
  return `CHANGE MASTER TO ${at('MASTER')}, ${how}; START SLAVE`;
}

async function makeLong(server: Server): Promise<void> {
  for (let id = 100; id < 150; id += 1) await server.query(`INSERT INTO s.t VALUES (${id}, 'l')`);
}

testSerialWith('mariadb')(
  'a batch that is refused is told while the source is quiet',
  async (t) => {
    t.timeout(900_000);
    const server = await startLive(t, 'mariadb');
    await server.query(
      'CREATE DATABASE s; CREATE TABLE s.bag (v INT); INSERT INTO s.bag VALUES (8), (9)',
    );
    const engine = await openScratchEngine(t);
    await replayNow(t, server, engine);
    // Nobody should: the copy is not what its source was.
    await engine.execute('DELETE FROM s.bag WHERE v = 8');
    const stop = new AbortController();
    t.teardown(() => {
      stop.abort();
    });
    const source = await openLive(t, urlOf(server), { follow: true, signal: stop.signal });
    const done = replay(source, engine, { signal: stop.signal, limits: { ageMaxMs: 20 } });
    await server.query('DELETE FROM s.bag WHERE v = 8');
    const error = await t.throwsAsync<FlashError>(done, { code: 'BROKEN_DATA' });
    t.regex(error.message, /binlog\.000001 at offset \d+/);
  },
);

testSerialWith('mariadb')(
  'the place of a copy moves with DDL and with tables that are left out, busy or quiet',
  async (t) => {
    t.timeout(900_000);
    const server = await startLive(t, 'mariadb');
    await server.query('CREATE DATABASE s; CREATE TABLE s.t (id INT); CREATE TABLE s.out (id INT)');
    const engine = await openScratchEngine(t);
    const exclude = ['s.out'];
    await replayNow(t, server, engine, { exclude });
    const stop = new AbortController();
    const source = await openLive(t, urlOf(server), { follow: true, signal: stop.signal });
    const done = replay(source, engine, { exclude, signal: stop.signal });
    const offset = async (): Promise<number> => {
      const text = await engine.readCheckpoint(checkpointSource);
      return text === undefined ? 0 : parseCheckpoint(text).position.offset;
    };
    const end = async (): Promise<number> =>
      Number((await server.query('SHOW MASTER STATUS'))[0]?.['Position']);

    await server.query('ALTER TABLE s.t ADD v INT');
    await waitUntil('the place is after the ALTER', async () => (await offset()) === (await end()));
    await server.query('INSERT INTO s.out VALUES (1)');
    await waitUntil(
      'the place is after the change that is left out',
      async () => (await offset()) === (await end()),
    );
    // While one change of a table that is left out follows another, too.
    const first = await end();
    await waitUntil('the place moves while the source is busy', async () => {
      await server.query('INSERT INTO s.out VALUES (2)');
      return (await offset()) > first;
    });
    t.true((await offset()) > first);
    stop.abort();
    await done;
  },
);
