// Goal: several sources are copied into one engine, each with a place of its own. Method: two real servers
// that work, a writer for each, over TCP into one served engine, at the same time and killed; then every
// table beside its server's SELECT. And what would mix two of them, which has to be refused.
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openEmbeddedEngine } from '../engine/open-engine.js';
import { queryRows } from '../../src/protocol/index.js';
import { startServe } from '../server/serve-process.js';
import { startServerOfKind, type Server } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { chooseSeed, createRandom, runWorkload } from '../workload/index.js';
import { runCli, runCliWell, startCli, temporaryFolder } from './cli.js';
import { differences } from './replay-case.js';

const roundsMin = 3;

testSerialWith('mariadb', 'mysql-5.7')(
  'two servers are written into one served engine at the same time, killed or not',
  async (t) => {
    t.timeout(900_000);
    const seed = chooseSeed();
    t.log(`SEED=${seed}`);
    const servers = [await startServerOfKind('mariadb'), await startServerOfKind('mysql-5.7')];
    for (const server of servers) t.teardown(server.stop);
    const engine = path.join(temporaryFolder(t), 'engine');
    const served = await startServe(engine);
    t.teardown(() => served.stop());
    const copy = async (server: Server, number: number): Promise<void> => {
      const random = createRandom(seed + number);
      const database = `w${number}`;
      const state = { isDone: false };
      const working = runWorkload(server, { seed: seed + number, database, rowChanges: 3_000 });
      const done = working.finally(() => {
        state.isDone = true;
      });
      const write = ['write', '--binlog', server.folder, '--source', `s${number}`];
      const args = [...write, '--engine', served.location];
      for (let round = 0; !state.isDone || round < roundsMin; round += 1) {
        const { child, done: ended } = startCli([...args, '--follow', '--batch-interval', '50ms']);
        await delay(random.int(2000, 5000), undefined, { ref: false });
        child.kill('SIGKILL');
        await ended;
      }
      await done;
      const last = await runCli([...args, '--until', 'now']);
      t.is(last.code, 0, last.stderr);
      t.regex(last.stderr, /holds all up to/);
    };
    await Promise.all(servers.map(copy));
    const status = (await runCliWell(['status', '--engine', served.location])).toString();
    t.regex(status, /Copy +s0: holds all up to binlog\./);
    t.regex(status, /Copy +s1: holds all up to binlog\./);
    await served.stop();
    for (const [number, server] of servers.entries()) {
      t.deepEqual(await differences(server, `w${number}`, engine), [], `SEED=${seed}, s${number}`);
    }
  },
);

testSerialWith('mariadb', 'mysql-5.7')('a table belongs to one source', async (t) => {
  t.timeout(900_000);
  const [first, second] = [
    await startServerOfKind('mariadb'),
    await startServerOfKind('mysql-5.7'),
  ];
  for (const server of [first, second]) t.teardown(server.stop);
  const make = 'CREATE DATABASE shop; CREATE TABLE shop.empty (id INT PRIMARY KEY)';
  const fill = 'CREATE TABLE shop.t (id INT PRIMARY KEY, v INT); INSERT INTO shop.t VALUES';
  await first.query(`${make}; ${fill} (1, 10)`);
  await second.query(`${make}; ${fill} (1, 20), (2, 30)`);
  const engine = path.join(temporaryFolder(t), 'engine');
  // As an engine of a version before: its source has no name.
  const write = ['write', '--engine', engine, '--binlog'];
  await runCliWell([...write, first.folder]);

  const url = `mysql://root@127.0.0.1:${second.port}/`;
  const named = ['--source', 'two', '--until', 'now'];
  for (const source of [second.folder, url]) {
    const refused = await runCli([...write, source, ...named]);
    t.is(refused.code, 1, refused.stderr);
    t.regex(refused.stderr, /shop\.(empty|t) holds the rows of the source without a name, and two/);
    t.regex(refused.stderr, /--rename/);
  }
  const rename = ['--rename', 'shop.*=shop2.*'];
  await runCliWell([...write, url, ...named, ...rename]);
  await second.query('UPDATE shop.t SET v = v + 1; RENAME TABLE shop.empty TO shop.other');
  await first.query('UPDATE shop.t SET v = 11');
  await runCliWell([...write, first.folder, '--until', 'now']);
  await runCliWell([...write, url, ...named, ...rename]);

  // The source without a name may not take what the other has, either.
  await first.query('CREATE DATABASE shop2; CREATE TABLE shop2.other (id INT PRIMARY KEY)');
  const taken = await runCli([...write, first.folder]);
  t.is(taken.code, 1, taken.stderr);
  t.regex(taken.stderr, /shop2\.other holds the rows of the source two/);
  const verify = ['verify', '--engine', engine, '--source'];
  await runCliWell([...verify, url, '--source-name', 'two']);
  const nobody = await runCli([...verify, url, '--source-name', 'nobody']);
  t.is(nobody.code, 2);
  t.regex(nobody.stderr, /theflash write --source nobody --binlog/);

  const bad = await runCli([...write, first.folder, '--source', 'A b']);
  t.is(bad.code, 2, bad.stderr);
  const opened = await openEmbeddedEngine(engine, { create: false });
  try {
    const rows = await queryRows(
      opened,
      `SELECT * FROM (SELECT 'shop' AS d, id, v FROM shop.t UNION ALL SELECT 'shop2' AS d, id, v FROM shop2.t)
       ORDER BY d, id`,
    );
    t.deepEqual(
      rows.map((row) => [row['d'], Number(row['id']), Number(row['v'])]),
      [
        ['shop', 1, 11],
        ['shop2', 1, 21],
        ['shop2', 2, 31],
      ],
    );
  } finally {
    await opened.close();
  }
});
