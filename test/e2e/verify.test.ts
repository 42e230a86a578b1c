// Goal: `theflash verify` says what differs, where, and by its exit code. Method: the built command beside a server, of a
// folder that stands still and of a `serve --binlog` that follows.
import path from 'node:path';
import { startServe } from '../server/serve-process.js';
import { startServerOfKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { waitUntil } from '../until.js';
import { runCli, runCliWell, temporaryFolder } from './cli.js';

const stoppedByFormat = /follows root@127\.0\.0\.1:\d+, and is stopped since .*Z: .*binlog_format/s;

testSerialWith('mariadb')('a folder and a served copy are verified by the command', async (t) => {
  t.timeout(900_000);
  const server = await startServerOfKind('mariadb');
  t.teardown(server.stop);
  await server.query(`CREATE DATABASE s; CREATE TABLE s.t (id INT PRIMARY KEY, v VARCHAR(20));
    CREATE TABLE s.u (id INT PRIMARY KEY); CREATE TABLE s.left_out (id INT PRIMARY KEY);
    INSERT INTO s.t VALUES (1, 'a'), (2, 'ü'), (3, NULL); INSERT INTO s.u VALUES (1)`);
  const folder = path.join(temporaryFolder(t), 'engine');
  const url = `mysql://root@127.0.0.1:${server.port}/`;
  const copy = ['--binlog', url, '--exclude', 's.left_out', '--rename', 's.u=x.u'];
  const write = ['write', '--engine', folder, ...copy, '--until', 'now'];
  await runCliWell(write);

  const verify = (engine: string, ...more: string[]): ReturnType<typeof runCli> =>
    runCli(['verify', '--source', url, '--engine', engine, ...more]);
  const equal = await verify(folder);
  t.is(equal.code, 0, equal.stderr);
  t.regex(
    equal.stdout.toString(),
    /4 rows of 2 tables compared as of binlog\.000001:\d+: .* rows\/s\.\nGTIDs: 0-\d+-\d+\nSource and copy are equal\.\n/,
  );
  await runCliWell([
    'sql',
    '--engine',
    folder,
    "UPDATE s.t SET v = 'u' WHERE id = 2; DELETE FROM x.u WHERE id = 1",
  ]);
  const different = await verify(folder);
  t.is(different.code, 1);
  t.is(
    different.stdout
      .toString()
      .replace(/binlog.*rows\/s/, 'PLACE')
      .replace(/GTIDs.*\n/, ''),
    `s.t: 1 row different.
  id=2: v
    source v="ü"
    copy   v=u
s.u: 1 row missing in the copy.
  id=1: missing
    source id=1
4 rows of 2 tables compared as of PLACE.
2 tables of 2 not proven equal.
To put the rows right, while the writer works: theflash verify --source ${url} --engine ${folder} --tables s.t --tables s.u --repair
`,
  );
  const json = await verify(folder, '--tables', 's.t', '--json', '--max-differences', '0');
  t.is(json.code, 1);
  t.like(JSON.parse(json.stdout.toString()), {
    ...{ version: 1, equal: false, rows: 3, samplePercent: 100 },
    tables: [{ table: 's.t', different: 1, missing: 0, extra: 0, differences: [] }],
  });
  // The command that was printed mends it.
  const repaired = await verify(folder, '--tables', 's.t', '--tables', 's.u', '--repair');
  t.is(repaired.code, 0, repaired.stderr);
  t.regex(
    repaired.stdout.toString(),
    /id=2: v\n[^]*s\.t: repaired, 1 row changed\.\ns\.u: repaired, 1 row inserted\.\nRepaired in one batch, as of binlog\.000001:\d+, and compared again\.\nSource and copy are equal now\.\n$/,
  );
  t.is((await verify(folder, '--sample', '50', '--threads', '1', '--pause', '1')).code, 0);

  await server.query("INSERT INTO s.t VALUES (4, 'd')");
  const late = await verify(folder, '--wait-seconds', '1');
  t.is(late.code, 1);
  t.regex(
    late.stderr,
    /the copy is at binlog\.000001:\d+ and does not get to .*theflash serve --binlog/,
  );
  const served = await startServe(folder, { args: copy });
  t.teardown(() => served.stop());
  const followed = await verify(served.location);
  t.is(followed.code, 0, followed.stdout.toString() + followed.stderr);
  t.regex(followed.stdout.toString(), /5 rows of 2 tables/);

  await runCliWell(['sql', '--engine', served.location, 'DELETE FROM s.t WHERE id > 2']);
  const mended = await verify(served.location, '--repair', '--json');
  t.is(mended.code, 0, mended.stderr);
  t.like(JSON.parse(mended.stdout.toString()), {
    ...{ equal: true, rows: 5, mending: [], repairedAt: { file: 'binlog.000001' } },
    tables: [
      { table: 's.t', missing: 2, repaired: { inserted: 2, deleted: 0, changed: 0, left: 0 } },
      { table: 's.u', missing: 0, repaired: null },
    ],
  });
  // The writer knows the copy still.
  await server.query("UPDATE s.t SET v = 'after' WHERE id >= 3");
  t.is((await verify(served.location)).code, 0);

  const typos = ['--tables', 's.t', '--tables', 's.typo', '--exclude', 'zzz.*'];
  const unmet = await verify(served.location, ...typos);
  t.is(unmet.code, 1);
  t.regex(
    unmet.stdout.toString(),
    /has met --tables s\.typo: .*\n.* has met --exclude zzz\.\*: .*\n4 rows of 1 table [^]*\nWhat was compared is equal; for 2 patterns nothing was\.\n$/,
  );
  const unmetJson = await verify(served.location, ...typos, '--json');
  t.is(unmetJson.code, 1);
  t.like(JSON.parse(unmetJson.stdout.toString()), {
    ...{ equal: false, unmatchedPatterns: ['--tables s.typo', '--exclude zzz.*'] },
  });
  // The copy leaves one out; the other one is there.
  const met = ['--tables', 's.*', '--exclude', 's.left_out', '--exclude', 's.u'];
  t.is((await verify(served.location, ...met)).code, 0);

  const none = await verify(served.location, '--tables', 's.none');
  t.is(none.code, 1);
  t.regex(none.stderr, /there is no table to compare/);
  const wrong = await runCli(['verify', '--source', 'binlog.000001', '--engine', folder]);
  t.is(wrong.code, 2);

  // A copy that does not move, and its server knows why.
  await server.query("SET SESSION binlog_format = STATEMENT; INSERT INTO s.t VALUES (9, 'x')");
  // It is tried again and again: what is told may be that it connects.
  await waitUntil('verify says that it is stopped', async () => {
    const { code, stderr } = await verify(served.location, '--wait-seconds', '5');
    t.is(code, 1);
    return stoppedByFormat.test(stderr.replaceAll(/\n +/g, ' '));
  });
});
