import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { dumpServer } from '../load/dump-server.js';
import { type Server, startMariadb } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { chooseSeed, createRandom } from '../workload/index.js';
import { binlogArgs, runCli, runCliWell, startCli, temporaryFolder } from './cli.js';
import { differences } from './replay-case.js';

const tables = 4;
const rowsPerTable = 40_000;
const killsWanted = 4;
const dumpArgs = ['--single-transaction', '--source-data=2', '--databases', 'd'];

testSerialWith('mariadb')(
  'a load that is killed at any moment shows nothing, and the same command brings all',
  async (t) => {
    t.timeout(900_000);
    const seed = chooseSeed();
    t.log(`SEED=${seed}`);
    const random = createRandom(seed);
    const server = await startServer(t);
    const file = await dumpServer(t, server, dumpArgs);
    await server.query(
      'UPDATE d.t0 SET v = v + 1 WHERE id % 3 = 0; DELETE FROM d.t1 WHERE id < 500',
    );
    await server.flushLogs();
    const engine = path.join(temporaryFolder(t), 'engine');
    const args = ['write', '--engine', engine, '--dump', file];

    const startMs = performance.now();
    await runCliWell(['write', '--engine', `${engine}-whole`, '--dump', file]);
    const wholeMs = performance.now() - startMs;
    let loads = 0;
    for (let kills = 0; kills < killsWanted;) {
      const { child, done } = startCli(args);
      await Promise.race([
        done,
        delay(random.int(1, Math.ceil(wholeMs)), undefined, { ref: false }),
      ]);
      child.kill('SIGKILL');
      const { code, stderr } = await done;
      t.true(code === undefined || code === 0, stderr);
      if (code === undefined) kills += 1;
      else loads += 1;
      const seen = await seenTables(engine);
      t.true(seen === 0 || seen === tables, `${seen} tables after ${kills} kills`);
      if (loads > killsWanted) break;
    }
    await runCliWell([...args, ...binlogArgs(server.binlogFiles())]);
    t.deepEqual(await differences(server, 'd', engine), []);
    const left = await runCliWell([
      ...['sql', "SELECT count() AS c FROM system.tables WHERE name LIKE 'load_%'"],
      ...['--engine', engine, '--format', 'csv'],
    ]);
    t.regex(left.toString(), /^c\s+0\s*$/);
  },
);

testSerialWith('mariadb')(
  'a dump comes through a pipe; one table is replaced from a later dump',
  async (t) => {
    t.timeout(900_000);
    const server = await startServer(t);
    const engine = path.join(temporaryFolder(t), 'engine');
    const first = await dumpServer(t, server, dumpArgs);
    const load = ['write', '--engine', engine, '--dump', '-'];
    const loaded = await runCli([...load, '--json'], { stdinFile: first });
    t.is(loaded.code, 0, loaded.stderr);
    const summary = JSON.parse(loaded.stdout.toString()) as { rowChanges: number };
    t.is(summary.rowChanges, tables * rowsPerTable);
    t.deepEqual(await differences(server, 'd', engine), []);

    await server.query(
      'ALTER TABLE d.t2 ADD n BIGINT NOT NULL AUTO_INCREMENT UNIQUE; DELETE FROM d.t2 LIMIT 10',
    );
    const one = await dumpServer(t, server, [...dumpArgs.slice(0, 2), 'd', 't2']);
    await server.query('DELETE FROM d.t2 LIMIT 10; UPDATE d.t3 SET v = 0 LIMIT 10');
    await server.flushLogs();
    const logs = binlogArgs(server.binlogFiles());
    const stopped = await runCli(['write', '--engine', engine, ...logs]);
    t.is(stopped.code, 1, stopped.stderr);
    await runCliWell(['write', '--engine', engine, '--dump', one, '--only', 'd.t2', ...logs]);
    t.deepEqual(await differences(server, 'd', engine), []);

    const older = await runCli(['write', '--engine', engine, '--dump', first, '--only', 'd.t2']);
    t.is(older.code, 1);
    t.regex(older.stderr, /would be lost for d\.t2.*Dump again, now/s);
    const whole = await runCli(['write', '--engine', engine, '--dump', one]);
    t.is(whole.code, 1);
    t.regex(whole.stderr, /the engine holds a copy/);
    t.is((await runCli(['write', '--engine', engine])).code, 2);
  },
);

async function startServer(t: { teardown(clean: () => Promise<void>): void }): Promise<Server> {
  const server = await startMariadb();
  t.teardown(server.stop);
  await server.query('CREATE DATABASE d CHARACTER SET utf8mb4');
  for (let i = 0; i < tables; i += 1) {
    await server.query(`USE d; CREATE TABLE t${i} (id BIGINT PRIMARY KEY, v INT NOT NULL, s VARCHAR(60), b BLOB);
      INSERT INTO t${i} SELECT seq * 7919, seq % 1000, concat('ü''\\\\', seq), unhex(md5(seq))
      FROM seq_1_to_${rowsPerTable}`);
  }
  return server;
}

async function seenTables(engine: string): Promise<number> {
  const result = await runCli(['tables', '--json', '--engine', engine]);
  // A folder that was killed before it was one holds nothing.
  if (result.code !== 0) return 0;
  return (JSON.parse(result.stdout.toString()) as { tables: unknown[] }).tables.length;
}
