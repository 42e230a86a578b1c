import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { type Server, startMysql57 } from '../servers/index.js';
import { binlogArgs, runCli, runCliWell, startCli, temporaryFolder, writeLogs } from './cli.js';
import { differences } from './replay-case.js';

let server: Server;
/** Holds CREATE TABLE and the first rows; the second file holds the rest. */
let first: string;
let second: string;
/** What the source held between the two files. */
let middleCount: number;

test.before('record two logs', async () => {
  server = await startMysql57();
  await server.query(`CREATE DATABASE s; USE s;
    CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(90) CHARACTER SET latin1);
    CREATE TABLE b (id INT PRIMARY KEY, v INT)`);
  for (let i = 0; i < 20; i += 1) {
    await server.query(
      `INSERT INTO s.a VALUES ${rowsFrom(i * 1000)}; INSERT INTO s.b VALUES (${i}, 0)`,
    );
  }
  middleCount = Number((await server.query('SELECT count(*) AS c FROM s.a'))[0]?.['c']);
  await server.flushLogs();
  await server.query(`UPDATE s.a SET id = id + 1000000 WHERE id % 7 = 0; DELETE FROM s.a WHERE id % 5 = 0;
    UPDATE s.b SET v = v + 1`);
  await server.flushLogs();
  [first = '', second = ''] = server.binlogFiles();
});

test.after.always('stop the server', async () => {
  await server.stop();
});

test.serial(
  'a log that comes through a pipe, and the next one after it, end in the same tables',
  async (t) => {
    const engine = path.join(temporaryFolder(t), 'engine');
    for (const file of [first, second]) {
      const from = ['--from', `${path.basename(file)}:4`];
      const args = ['write', '--engine', engine, '--binlog', '-', ...from];
      const result = await runCli(args, { stdinFile: file });
      t.is(result.code, 0, result.stderr);
    }
    t.deepEqual(await differences(server, 's', engine), []);
  },
);

test.serial('--until stops before a transaction, and the next run goes on there', async (t) => {
  const engine = path.join(temporaryFolder(t), 'engine');
  const until = `${path.basename(second)}:4`;
  const args = ['write', '--json', '--engine', engine, ...binlogArgs([first, second])];
  await runCliWell([...args, '--until', until]);
  t.is(await countOf(engine, 's.a'), middleCount);
  const [{ rowChanges }] = [
    JSON.parse((await runCliWell(args)).toString()) as { rowChanges: number },
  ];
  t.is(rowChanges, changesOfSecond());
  t.deepEqual(await differences(server, 's', engine), []);

  const other = path.join(temporaryFolder(t), 'engine');
  await runCliWell(['write', '--engine', other, ...binlogArgs([first]), '--until', '2001-01-01']);
  const tables = await runCliWell(['tables', '--json', '--engine', other]);
  t.deepEqual((JSON.parse(tables.toString()) as { tables: unknown[] }).tables, []);
});

test.serial(
  '--schema brings the tables that --from leaves out; --rename gives them other names',
  async (t) => {
    const folder = temporaryFolder(t);
    const engine = path.join(folder, 'engine');
    const dump = path.join(folder, 'dump.sql');
    const create = await Promise.all(
      ['a', 'b'].map(
        async (table) => (await server.query(`SHOW CREATE TABLE s.${table}`))[0]?.['Create Table'],
      ),
    );
    writeFileSync(dump, `CREATE DATABASE \`s\`;\nUSE \`s\`;\n${create.join(';\n')};\n`);
    const args = ['write', '--engine', engine, '--partial', ...binlogArgs([second])];
    const unknown = await runCli(args);
    t.is(unknown.code, 1);
    t.regex(unknown.stderr, /--schema/);

    const fresh = path.join(folder, 'fresh');
    const from = ['--from', `${path.basename(second)}:4`];
    await runCliWell([
      ...['write', '--engine', fresh, ...binlogArgs([first, second]), ...from],
      ...['--partial', '--schema', dump, '--rename', 's.a=copy.renamed'],
    ]);
    const since = `partial since ${path.basename(second)}:4`;
    const again = await runCli([
      'write',
      '--engine',
      fresh,
      ...binlogArgs([second]),
      '--rename',
      's.a=copy.renamed',
    ]);
    t.true(again.stderr.includes(since), again.stderr);
    const listed = await runCli(['tables', '--engine', fresh]);
    t.regex(listed.stderr, new RegExp(`${since}: rows of s.a, s.b from before`, 'i'));
    const status = await runCli(['status', '--engine', fresh]);
    t.true(status.stdout.toString().includes(since), status.stdout.toString());
    const [moved] = await server.query('SELECT count(*) AS c FROM s.a WHERE id > 1000000');
    t.is(await countOf(fresh, 'copy.renamed'), Number(moved?.['c']));
    t.is(await countOf(fresh, 's.b'), 20);
  },
);

test.serial('a pattern that meets no table is told, with exit code 1', async (t) => {
  const engine = path.join(temporaryFolder(t), 'engine');
  const args = ['write', '--engine', engine, ...binlogArgs([first]), '--include', 's.aa', 's.b'];
  const { code, stderr } = await runCli(args);
  t.is(code, 1, stderr);
  t.regex(stderr, /No table has met --include s\.aa/);
  const mended = await runCli([...args.slice(0, -2), 's.a', 's.b']);
  t.is(mended.code, 1);
  t.regex(mended.stderr, /made without s\.a, whose rows/);
});

test.serial(
  'a statement that stops the run is left out by --skip with the place that its error names',
  async (t) => {
    await server.query(`CREATE DATABASE k; CREATE TABLE k.c (id INT PRIMARY KEY, w INT NOT NULL, g INT AS (w) STORED);
    INSERT INTO k.c (id, w) VALUES (1, 2), (2, 3);
    ALTER TABLE k.c MODIFY g INT AS (w + 0) STORED`);
    await server.flushLogs();
    const third = server.binlogFiles().at(-1) ?? '';
    const engine = path.join(temporaryFolder(t), 'engine');
    const args = ['write', '--engine', engine, '--partial', ...binlogArgs([third])];
    const stopped = await runCli(args);
    t.is(stopped.code, 1);
    const [, file = '', offset = ''] = /in (\S+) at offset (\d+)/.exec(stopped.stderr) ?? [];
    t.true(stopped.stderr.includes('MODIFY g INT'), stopped.stderr);
    t.is(await countOf(engine, 'k.c'), 2, 'all before it is applied');
    t.is((await runCli(args)).code, 1, 'it stops the next run too');
    await runCliWell([...args, '--skip', `${file}:${offset}`]);
    t.deepEqual(await differences(server, 'k', engine), []);
  },
);

test.serial(
  'SIGINT stops after a whole transaction with 130, and the same command goes on',
  async (t) => {
    t.timeout(900_000);
    const engine = path.join(temporaryFolder(t), 'engine');
    // A pipe that stays open: the writer is in the middle of the log, whatever its speed.
    const args = [
      'write',
      '--engine',
      engine,
      '--binlog',
      '-',
      '--from',
      `${path.basename(first)}:4`,
    ];
    const { child, done } = startCli(args, { stdin: 'open' });
    const bytes = readFileSync(first);
    const { stdin } = child;
    if (stdin === null) throw new Error('no pipe');
    if (!stdin.write(bytes.subarray(0, bytes.length >> 1))) await once(stdin, 'drain');
    // Rows have come so far when the engine's folder is there.
    while (!existsSync(engine)) await delay(10);
    child.kill('SIGINT');
    const { code, stderr } = await done;
    t.is(code, 130, stderr);
    await writeLogs(engine, [first, second]);
    t.deepEqual(await differences(server, 's', engine), []);
  },
);

function rowsFrom(start: number): string {
  return Array.from({ length: 1000 }, (_, i) => `(${start + i},'${'x'.repeat(80)}')`).join(',');
}

/** 20,000 rows: those of a key that 7 divides get another key, then those that 5 divides go. */
function changesOfSecond(): number {
  const keys = Array.from({ length: 20_000 }, (_, i) => (i % 7 === 0 ? i + 1_000_000 : i));
  const moved = keys.filter((key) => key >= 1_000_000).length;
  return moved + keys.filter((key) => key % 5 === 0).length + 20;
}

async function countOf(engine: string, table: string): Promise<number> {
  const output = await runCliWell([
    'sql',
    `SELECT count() AS c FROM ${table}`,
    '--json',
    '--engine',
    engine,
  ]);
  const parsed: unknown = JSON.parse(output.toString());
  const [, count] = /"c":\s*"?(\d+)/.exec(JSON.stringify(parsed)) ?? [];
  return Number(count);
}
