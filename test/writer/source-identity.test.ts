import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import { queryRows } from '../../src/protocol/index.js';
import { GtidSet } from '../../src/writer/gtid-set.js';
import { startServerOfKind, type Server, type ServerKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { waitUntil } from '../until.js';
import { positionOf, resetLogs } from './log-state.js';
import { openScratchEngine, replayFiles, sameRows } from './recorded-log.js';

const kinds: readonly ServerKind[] = ['mysql-5.7', 'mysql-9.7', 'mariadb'];
const whole = { beginning: undefined };
const rows = 'SELECT * FROM s.t ORDER BY id';

async function start(t: ExecutionContext, kind: ServerKind, args: string[]): Promise<Server> {
  const server = await startServerOfKind(kind, { args });
  t.teardown(server.stop);
  return server;
}

async function folder(t: ExecutionContext): Promise<string> {
  const path_ = await mkdtemp(path.join(tmpdir(), 'theflash-identity-'));
  t.teardown(() => rm(path_, { recursive: true, force: true }));
  return path_;
}

/** The options that put GTIDs on or off. MariaDB has them always. */
function gtidModes(kind: ServerKind): { name: string; args: string[] }[] {
  const on = ['--gtid-mode=ON', '--enforce-gtid-consistency=ON'];
  const off = ['--gtid-mode=OFF'];
  if (kind === 'mariadb') return [{ name: 'GTIDs', args: [] }];
  return [
    { name: 'GTIDs', args: on },
    { name: 'no GTIDs', args: off },
  ];
}

for (const kind of kinds) {
  for (const { name, args } of gtidModes(kind)) {
    const title = `${kind}, ${name}`;

    testSerialWith(kind)(
      `${title}: a series that was begun anew is not taken for the old one`,
      async (t) => {
        const server = await start(t, kind, args);
        await server.query(`CREATE DATABASE s; CREATE TABLE s.t (id INT PRIMARY KEY);
        INSERT INTO s.t VALUES (1)`);
        await server.flushLogs();
        const engine = await openScratchEngine(t);
        await replayFiles(engine, server.binlogFiles(), whole);
        await resetLogs(server);
        await server.query('INSERT INTO s.t VALUES (2)');
        await server.query('INSERT INTO s.t VALUES (22)');
        await server.flushLogs();
        await server.query('INSERT INTO s.t VALUES (3)');
        await server.flushLogs();
        const files = server.binlogFiles();
        t.is(path.basename(files[1] ?? ''), 'binlog.000002');
        for (const given of [files, files.slice(0, 1)]) {
          const run = replayFiles(engine, given, whole);
          await t.throwsAsync(run, { code: 'SOURCE_MISMATCH' }, `${given.length} logs`);
        }
        if (name === 'GTIDs') {
          // Without the first log, the GTIDs before the second one tell.
          await t.throwsAsync(replayFiles(engine, files.slice(1), whole), {
            code: 'SOURCE_MISMATCH',
          });
        }
        t.deepEqual(await queryRows(engine, rows), [{ id: 1 }]);
      },
    );

    testSerialWith(kind)(
      `${title}: a log that was begun anew and grew past the old place is refused`,
      async (t) => {
        const server = await start(t, kind, args);
        const copy = path.join(await folder(t), 'binlog.000001');
        const live = path.join(server.folder, 'binlog.000001');
        await server.query(
          `CREATE DATABASE s; CREATE TABLE s.t (id INT PRIMARY KEY, v VARCHAR(99))`,
        );
        await server.query(`INSERT INTO s.t VALUES (1, 'a')`);
        await copyFile(live, copy);
        const engine = await openScratchEngine(t);
        await replayFiles(engine, [copy], whole);
        await server.query(`INSERT INTO s.t VALUES (5, 'a')`);
        await copyFile(live, copy);
        await replayFiles(engine, [copy], whole);
        await sameRows(t, server, engine, rows);
        await server.query('DROP TABLE s.t');
        await resetLogs(server);
        await server.query(`CREATE TABLE s.t (id INT PRIMARY KEY, v VARCHAR(99))`);
        for (let id = 10; id < 30; id += 1)
          await server.query(`INSERT INTO s.t VALUES (${id}, 'x')`);
        await copyFile(live, copy);
        const error = await t.throwsAsync(replayFiles(engine, [copy], whole), {
          code: 'SOURCE_MISMATCH',
        });
        t.regex(error.message, /has begun its logs anew/);
        t.deepEqual(await queryRows(engine, 'SELECT id FROM s.t ORDER BY id'), [
          { id: 1 },
          { id: 5 },
        ]);
      },
    );

    testSerialWith(kind)(
      `${title}: --source-moved goes on after an upgrade, under new names`,
      async (t) => {
        const first = await start(t, kind, args);
        await first.query(`CREATE DATABASE s; CREATE TABLE s.t (id INT PRIMARY KEY);
        INSERT INTO s.t VALUES (1); INSERT INTO s.t VALUES (2)`);
        await first.shutdown();
        const old = first.binlogFiles();
        const second = await startServerOfKind(kind, {
          args: [...args, '--server-id=77'],
          continues: first,
        });
        t.teardown(second.stop);
        await second.query('INSERT INTO s.t VALUES (4); DELETE FROM s.t WHERE id = 1');
        await second.flushLogs();
        const moved = path.join(await folder(t), 'moved.000001');
        await copyFile(second.binlogFiles().at(-1) ?? '', moved);
        const engine = await openScratchEngine(t);
        await replayFiles(engine, old, whole);
        await t.throwsAsync(replayFiles(engine, [moved], whole), { code: 'SOURCE_MISMATCH' });
        if (name === 'no GTIDs') {
          const unproven = replayFiles(engine, [moved], { ...whole, sourceMoved: true });
          await t.throwsAsync(unproven, { code: 'SOURCE_MISMATCH', message: /GTIDs do not prove/ });
        }
        const from = { file: 'moved.000001', offset: 4 };
        const place = name === 'no GTIDs' ? { from } : {};
        const options = { ...whole, ...place, sourceMoved: true };
        await replayFiles(engine, [moved], options);
        // As cron runs it: the source has moved already.
        const repeated = await replayFiles(engine, [moved], options);
        t.is(repeated.totals.transactions, 0);
        await sameRows(t, second, engine, rows);
        const again = await replayFiles(engine, [moved], whole);
        t.is(again.totals.transactions, 0);
        t.deepEqual(again.beginning, { kind: 'whole' });
      },
    );
  }

  const failover = gtidModes(kind)[0]?.args ?? [];
  testSerialWith(kind)(
    `${kind}: --source-moved follows a failover, and a lost transaction stops it`,
    async (t) => {
      const args = [...failover, '--log-slave-updates'];
      const first = await start(t, kind, args);
      const replica = await start(t, kind, [...args, '--server-id=77']);
      await follow(replica, first);
      await first.query(`CREATE DATABASE s; CREATE TABLE s.t (id INT PRIMARY KEY);
      INSERT INTO s.t VALUES (1); INSERT INTO s.t VALUES (2)`);
      await first.flushLogs();
      const engine = await openScratchEngine(t);
      await replayFiles(engine, first.binlogFiles(), whole);
      await first.query('INSERT INTO s.t VALUES (3)');
      await caughtUp(replica, first);
      await replica.query(kind === 'mysql-9.7' ? 'STOP REPLICA' : 'STOP SLAVE');
      await first.query('INSERT INTO s.t VALUES (99)');
      await first.flushLogs();
      await replica.query('INSERT INTO s.t VALUES (4); DELETE FROM s.t WHERE id = 1');
      await replica.flushLogs();
      await replica.query('INSERT INTO s.t VALUES (5)');
      await replica.flushLogs();
      const moved = replica.binlogFiles();
      await t.throwsAsync(replayFiles(engine, moved, whole), { code: 'SOURCE_MISMATCH' });
      const late = replayFiles(engine, moved.slice(1), { ...whole, sourceMoved: true });
      await t.throwsAsync(late, { message: /before the first of these logs/ });
      // In two runs: what is covered is known to the second one, too.
      const until = { position: { file: 'binlog.000001', offset: 1 } };
      await replayFiles(engine, moved, { ...whole, sourceMoved: true, until });
      await replayFiles(engine, moved, { ...whole, sourceMoved: true });
      await sameRows(t, replica, engine, rows);
      await replayFiles(engine, moved, whole);
      await engine.close();

      const ahead = await openScratchEngine(t);
      await replayFiles(ahead, first.binlogFiles(), whole);
      const lost = replayFiles(ahead, moved, { ...whole, sourceMoved: true });
      await t.throwsAsync(lost, { message: /the new source lacks it/ });
    },
  );

  testSerialWith(kind)(`${kind}: another file of the same name is refused`, async (t) => {
    const args = gtidModes(kind).at(-1)?.args ?? [];
    const one = await start(t, kind, args);
    const two = await start(t, kind, args);
    for (const [server, id] of [
      [one, 1],
      [two, 3],
    ] as const) {
      await server.query(`CREATE DATABASE s; CREATE TABLE s.t (id INT PRIMARY KEY);
        INSERT INTO s.t VALUES (${id})`);
      await server.flushLogs();
    }
    const engine = await openScratchEngine(t);
    await replayFiles(engine, one.binlogFiles(), whole);
    await two.query('INSERT INTO s.t VALUES (2)');
    await two.flushLogs();
    await t.throwsAsync(replayFiles(engine, two.binlogFiles(), whole), { code: 'SOURCE_MISMATCH' });
    t.deepEqual(await queryRows(engine, rows), [{ id: 1 }]);
  });
}

/** Makes a server a replica of another one, by GTIDs. */
async function follow(replica: Server, source: Server): Promise<void> {
  const at = `'127.0.0.1', X_PORT = ${source.port}, X_USER = 'root'`;
  const how = {
    'mysql-5.7': [
      'MASTER',
      `CHANGE MASTER TO X_HOST = ${at}, MASTER_AUTO_POSITION = 1; START SLAVE`,
    ],
    'mysql-9.7': [
      'SOURCE',
      `CHANGE REPLICATION SOURCE TO X_HOST = ${at}, X_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1; START REPLICA`,
    ],
    mariadb: [
      'MASTER',
      `CHANGE MASTER TO X_HOST = ${at}, MASTER_USE_GTID = slave_pos; START SLAVE`,
    ],
    'mysql-5.6': ['MASTER', ''],
  }[replica.kind];
  await replica.query((how[1] ?? '').replaceAll('X_', `${how[0] ?? ''}_`));
}

for (const kind of kinds) {
  testSerialWith(kind)(
    `${kind}: a source that was put back to an earlier state is not proven by the numbers that it gives again`,
    async (t) => {
      const args = gtidModes(kind)[0]?.args ?? [];
      const first = await start(t, kind, args);
      await first.query(`CREATE DATABASE s; CREATE TABLE s.t (id INT PRIMARY KEY, v TEXT);
        INSERT INTO s.t VALUES (1, 'base')`);
      await first.shutdown();
      const goOn = async (v: string, count: number): Promise<Server> => {
        const server = await startServerOfKind(kind, { args, continues: first });
        t.teardown(server.stop);
        for (let id = 2; id < 2 + count; id += 1) {
          await server.query(`INSERT INTO s.t VALUES (${id}, '${v}')`);
        }
        await server.flushLogs();
        return server;
      };
      const old = await goOn('old', 3);
      const engine = await openScratchEngine(t);
      await replayFiles(engine, old.binlogFiles(), whole);
      await sameRows(t, old, engine, rows);
      // Another second than that of the old history.
      const second = (): number => Math.floor(Date.now() / 1000);
      const then = second();
      await waitUntil('the clock goes on', () => second() > then);
      const putBack = await goOn('new', 5);
      const error = await t.throwsAsync(
        replayFiles(engine, putBack.binlogFiles(), { ...whole, sourceMoved: true }),
        { message: /is another transaction in binlog\.\d+ at offset \d+, .* put back/ },
      );
      t.log(String(error));
      // And so does one whose logs were begun anew.
      await resetLogs(old);
      for (let id = 10; id < 20; id += 1) {
        await old.query(`INSERT INTO s.t VALUES (${id}, 'anew')`);
      }
      await old.flushLogs();
      await t.throwsAsync(replayFiles(engine, old.binlogFiles(), { ...whole, sourceMoved: true }), {
        message: /is another transaction in binlog\.\d+ at offset \d+, .* begun anew/,
      });
      await sameRows(t, old, engine, 'SELECT * FROM s.t WHERE id < 10 ORDER BY id');
      t.deepEqual(await queryRows(engine, 'SELECT count() AS n FROM s.t WHERE id >= 10'), [
        { n: 0n },
      ]);
    },
  );
}

async function caughtUp(replica: Server, source: Server): Promise<void> {
  const { gtidSet } = await positionOf(source);
  for (let tries = 0; tries < 9000; tries += 1) {
    const held = await positionOf(replica);
    if (GtidSet.parse(held.gtidSet).contains(gtidSet)) return;
    await replica.query('SELECT SLEEP(0.02)');
  }
  throw new Error(`the replica has not reached ${gtidSet}`);
}

testSerialWith('mysql-5.7')(
  'logs that were passed are missed when others bear their names',
  async (t) => {
    const server = await start(t, 'mysql-5.7', ['--gtid-mode=OFF']);
    const begin = async (id: number): Promise<void> => {
      await server.query('DROP DATABASE IF EXISTS s; CREATE DATABASE s');
      await server.query(`CREATE TABLE s.t (id INT PRIMARY KEY); INSERT INTO s.t VALUES (${id})`);
      await server.flushLogs();
      await server.query(`INSERT INTO s.t VALUES (${id + 1})`);
      await server.flushLogs();
    };
    await begin(1);
    const old = await folder(t);
    const kept = await Promise.all(
      server
        .binlogFiles()
        .slice(0, 2)
        .map(async (file) => {
          const copy = path.join(old, path.basename(file));
          await copyFile(file, copy);
          return copy;
        }),
    );
    await resetLogs(server);
    await begin(11);
    await server.query('INSERT INTO s.t VALUES (13)');
    await server.flushLogs();
    const files = server.binlogFiles();
    const engine = await openScratchEngine(t);
    // Nothing in these logs says that two series are mixed.
    await replayFiles(engine, [...kept, ...files.slice(2)], whole);
    await t.throwsAsync(replayFiles(engine, files, whole), {
      code: 'SOURCE_MISMATCH',
      message: /binlog\.000001 has (another header|other bytes) than/,
    });
    await replayFiles(engine, [...kept, ...files.slice(2)], whole);
  },
);

testSerialWith('mysql-5.7')(
  '--source-moved takes other logs under the names of passed ones once, and misses them from then on',
  async (t) => {
    const server = await start(t, 'mysql-5.7', ['--gtid-mode=OFF']);
    await server.query('CREATE DATABASE s; CREATE TABLE s.t (id INT)');
    let count = 0;
    const addLogs = async (logs: number): Promise<void> => {
      for (let log = 0; log < logs; log += 1) {
        await server.query(`INSERT INTO s.t VALUES (${(count += 1)})`);
        await server.flushLogs();
      }
    };
    await addLogs(3);
    const old = path.join(await folder(t), 'binlog.000001');
    await copyFile(server.binlogFiles()[0] ?? '', old);
    const engine = await openScratchEngine(t);
    await replayFiles(engine, server.binlogFiles(), whole);
    await resetLogs(server);
    await addLogs(3);
    const from = { file: 'binlog.000001', offset: 4 };
    const moved = { ...whole, sourceMoved: true, from };
    await replayFiles(engine, server.binlogFiles(), moved);
    await sameRows(t, server, engine, rows);
    // As cron runs it.
    await addLogs(1);
    for (const transactions of [1, 0]) {
      const { totals } = await replayFiles(engine, server.binlogFiles(), moved);
      t.is(totals.transactions, transactions);
      await sameRows(t, server, engine, rows);
    }
    // A log that was passed since the move, and now is the one of that name from before it.
    const mixed = [old, ...server.binlogFiles().slice(1)];
    for (const options of [moved, { ...moved, from: undefined }, whole]) {
      await t.throwsAsync(replayFiles(engine, mixed, options), {
        code: 'SOURCE_MISMATCH',
        message: /binlog\.000001 has (another header|other bytes) than/,
      });
    }
    await sameRows(t, server, engine, rows);
  },
);
