// Goal: --resync, killed at any moment, leaves each table as it was or taken anew, and the same command ends in
// the server's rows. Method: the built command against real servers with a writer beside it.
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startServerOfKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { kindsOf, shortOrFull } from '../short-run.js';
import { chooseSeed, createRandom } from '../workload/index.js';
import { runCli, runCliWell, startCli, temporaryFolder } from './cli.js';
import { differences } from './replay-case.js';
import { fill, startWriter } from './working-server.js';

const killsWanted = shortOrFull(2, 4);

for (const kind of kindsOf('mariadb', 'mysql-5.7', 'mysql-9.7')) {
  testSerialWith(kind)(`${kind}: --resync that is killed at any moment`, async (t) => {
    t.timeout(900_000);
    const seed = chooseSeed();
    t.log(`SEED=${seed}`);
    const random = createRandom(seed);
    const server = await startServerOfKind(kind);
    t.teardown(server.stop);
    await fill(server);
    const engine = path.join(temporaryFolder(t), 'engine');
    const url = `mysql://root@127.0.0.1:${server.port}/`;
    const args = ['write', '--binlog', url, '--engine', engine];
    const resync = ['--resync', 'd.t1', '--resync', 'd.t2'];
    await runCliWell([...args, '--load-only']);
    const work = startWriter(server, seed);

    const startMs = performance.now();
    const first = await runCli([...args, '--until', 'now', ...resync]);
    t.is(first.code, 0, first.stderr);
    t.regex(first.stderr, /rows of 2 tables from the source/);
    const wholeMs = performance.now() - startMs;
    for (let kills = 0, runs = 0; kills < killsWanted && runs < 2 * killsWanted; runs += 1) {
      const { child, done } = startCli([...args, '--until', 'now', ...resync]);
      await Promise.race([
        done,
        delay(random.int(1, Math.ceil(wholeMs)), undefined, { ref: false }),
      ]);
      child.kill('SIGKILL');
      const { code, stderr } = await done;
      t.true(code === undefined || code === 0, stderr);
      if (code === undefined) kills += 1;
    }
    await work.stop();
    const last = await runCli([...args, '--until', 'now']);
    t.is(last.code, 0, last.stderr);
    t.deepEqual(await differences(server, 'd', engine), [], `SEED=${seed}`);
    const left = await runCliWell([
      ...['sql', "SELECT count() AS c FROM system.tables WHERE name LIKE 'load_%'"],
      ...['--engine', engine, '--format', 'csv'],
    ]);
    t.regex(left.toString(), /^c\s+0\s*$/);
  });
}

testSerialWith('mariadb')('--resync without a server is refused', async (t) => {
  const engine = path.join(temporaryFolder(t), 'engine');
  const wrong = ['write', '--resync', 'a.b', '--binlog', 'binlog.000001', '--engine', engine];
  const { code, stderr } = await runCli(wrong);
  t.is(code, 2);
  t.regex(stderr, /--resync takes tables anew from a running server.*--dump t\.sql --only/s);
});

// gh-ost and pt-online-schema-change fill a table of another name, give it the table's, and drop the old one.
for (const kind of kindsOf('mysql-9.7', 'mysql-5.7', 'mariadb')) {
  testSerialWith(kind)(
    `${kind}: the hints lead on where an online schema change lies after a stop`,
    async (t) => {
      t.timeout(900_000);
      const server = await startServerOfKind(kind);
      t.teardown(server.stop);
      await server.query(`CREATE DATABASE d; USE d; CREATE TABLE o (id INT PRIMARY KEY);
        CREATE TABLE t (id INT PRIMARY KEY, b BIT(8)); INSERT INTO t VALUES (1, 1)`);
      const engine = path.join(temporaryFolder(t), 'engine');
      const url = `mysql://root@127.0.0.1:${server.port}/`;
      const usual = ['--engine', engine, '--until', 'now'];
      await runCliWell(['write', '--binlog', url, ...usual]);
      await server.query(`USE d; ALTER TABLE t MODIFY b CHAR(9); CREATE TABLE _t_new LIKE t;
        ALTER TABLE _t_new ADD w INT DEFAULT 1; INSERT INTO _t_new (id, b) SELECT id, b FROM t;
        RENAME TABLE t TO _t_old, _t_new TO t; DROP TABLE _t_old; INSERT INTO o VALUES (1)`);
      const asked: string[] = [];
      let args = ['write', '--binlog', url];
      for (let runs = 0; runs < 9; runs += 1) {
        const { code, stderr } = await runCli([...args, ...usual]);
        if (code === 0) break;
        // A command that finds no such table names the one to be run in its place.
        const commands = [
          ...stderr.matchAll(/theflash (write --binlog \S+(?: --\w+ \S+)+?)(?=\.\s)/g),
        ];
        const [, command = ''] = commands[0] ?? [];
        t.regex(command, code === 2 ? /--exclude/ : /--resync/, stderr);
        asked.push(command.replace(/^.*?--(?=resync|exclude)/, ''));
        // With the flags of the run before it; --resync is for one run.
        const kept = args.filter(
          (each, at) => each === '--exclude' || args[at - 1] === '--exclude',
        );
        args = [...command.split(' '), ...kept];
      }
      t.deepEqual(asked, [
        'resync d.t',
        'resync d._t_new',
        'exclude d._t_new',
        'resync d._t_old',
        'exclude d._t_old',
      ]);
      t.is((await runCli(['write', '--binlog', url, ...usual])).code, 0, 'the usual command');
      t.deepEqual(await differences(server, 'd', engine), []);
    },
  );
}

testSerialWith('mariadb')('the hint leads on where a table becomes system-versioned', async (t) => {
  t.timeout(900_000);
  const server = await startServerOfKind('mariadb');
  t.teardown(server.stop);
  await server.query(`CREATE DATABASE d; USE d; CREATE TABLE o (id INT PRIMARY KEY);
    CREATE TABLE t (id INT PRIMARY KEY, v INT); INSERT INTO t VALUES (1, 1)`);
  const engine = path.join(temporaryFolder(t), 'engine');
  const usual = ['--engine', engine, '--until', 'now'];
  const args = ['write', '--binlog', `mysql://root@127.0.0.1:${server.port}/`, ...usual];
  await runCliWell(args);
  await server.query(`USE d; ALTER TABLE t ADD SYSTEM VERSIONING; UPDATE t SET v = 2;
    INSERT INTO o VALUES (1)`);
  const { code, stderr } = await runCli(args);
  t.is(code, 1, stderr);
  t.notRegex(stderr, /--resync/);
  const [, command = ''] = /theflash (write --binlog \S+ --exclude \S+)\.\s/.exec(stderr) ?? [];
  t.regex(command, / d\.t$/, stderr);
  await runCliWell([...command.split(' '), ...usual]);
  const count = ['sql', 'SELECT count() AS c FROM d.o', '--engine', engine, '--format', 'csv'];
  t.regex((await runCliWell(count)).toString(), /^c\s+1\s*$/);
});

testSerialWith('mysql-9.7')('the hint leads on where the log holds rows in part', async (t) => {
  t.timeout(900_000);
  const parts = ['--binlog-row-image=MINIMAL', '--binlog-row-value-options=PARTIAL_JSON'];
  const server = await startServerOfKind('mysql-9.7', { args: parts });
  t.teardown(server.stop);
  await server.query(`CREATE DATABASE d; USE d; CREATE TABLE o (id INT PRIMARY KEY);
    CREATE TABLE t (id INT PRIMARY KEY, j JSON); INSERT INTO t VALUES (1, JSON_OBJECT('a', REPEAT('x', 500), 'b', 1))`);
  const engine = path.join(temporaryFolder(t), 'engine');
  const usual = ['--engine', engine, '--until', 'now'];
  const args = ['write', '--binlog', `mysql://root@127.0.0.1:${server.port}/`, ...usual];
  await runCliWell(args);
  await server.query(`USE d; UPDATE t SET j = JSON_SET(j, '$.b', 2); INSERT INTO o VALUES (1)`);
  const { code, stderr } = await runCli(args);
  t.is(code, 1, stderr);
  t.regex(stderr, /binlog_row_value_options=''/);
  const [, command = ''] = /theflash (write --binlog \S+ --resync \S+)\.\s/.exec(stderr) ?? [];
  t.regex(command, / d\.t$/, stderr);
  await server.query("SET GLOBAL binlog_row_value_options = ''");
  await runCliWell([...command.split(' '), ...usual]);
  await runCliWell(args);
  t.deepEqual(await differences(server, 'd', engine), []);
});
