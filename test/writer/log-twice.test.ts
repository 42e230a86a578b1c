// Goal: a log that is given twice, under two names, is applied once; logs that are alike by right are applied. Method: logs
// of real servers, copied under the next name as a slip of the hand does; and logs that one session makes in one second.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { EventFramer } from '../../src/binlog/index.js';
import { FlashError, queryRows, type Engine } from '../../src/protocol/index.js';
import { openSource } from '../../src/source/index.js';
import { replay, type ReplayOptions, type ReplayResult } from '../../src/writer/index.js';
import { headerMark } from '../../src/writer/log-mark.js';
import { temporaryFolder } from '../e2e/cli.js';
import { startServerOfKind, type Server, type ServerKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { openScratchEngine, replayFiles, sameRows } from './recorded-log.js';

const gtids = ['--gtid-mode=ON', '--enforce-gtid-consistency=ON'];
const noGtids = ['--gtid-mode=OFF', '--enforce-gtid-consistency=OFF'];
const servers: readonly { kind: ServerKind; args: readonly string[] }[] = [
  { kind: 'mysql-5.6', args: [] },
  { kind: 'mysql-5.7', args: [] },
  { kind: 'mysql-5.7', args: gtids },
  { kind: 'mysql-9.7', args: noGtids },
  { kind: 'mysql-9.7', args: gtids },
  { kind: 'mariadb', args: [] },
];
const whole = { beginning: undefined };
/** A table without a primary key keeps each row that it is given. */
const allRows = 'SELECT id, v FROM d.t ORDER BY id, v';

interface Logs {
  server: Server;
  /** The logs as the server wrote them. */
  files: string[];
  /** The rows after the first log, as the server had them. */
  firstRows: Record<string, unknown>[];
  /** Puts bytes into a folder of their own, under the name of a log. */
  give: (bytes: Uint8Array, number: number) => string;
}

async function makeLogs(
  t: ExecutionContext,
  kind: ServerKind,
  args: readonly string[],
): Promise<Logs> {
  const server = await startServerOfKind(kind, { args });
  t.teardown(server.stop);
  await server.query('CREATE DATABASE d; CREATE TABLE d.t (id INT, v INT)');
  await server.query('INSERT INTO d.t VALUES (1, 1), (2, 2)');
  await server.query('INSERT INTO d.t VALUES (3, 3)');
  const firstRows = await server.query(allRows);
  await server.flushLogs();
  await server.query('INSERT INTO d.t VALUES (4, 4)');
  await server.flushLogs();
  await server.query('INSERT INTO d.t VALUES (5, 5)');
  await server.flushLogs();
  const folder = temporaryFolder(t);
  let count = 0;
  const give = (bytes: Uint8Array, number: number): string => {
    count += 1;
    const file = path.join(folder, String(count), `binlog.00000${number}`);
    mkdirSync(path.dirname(file));
    writeFileSync(file, bytes);
    return file;
  };
  return { server, files: server.binlogFiles(), firstRows, give };
}

/** A log without its last event, as one is that is copied while its server writes it. */
function withoutEnd(file: string): Buffer {
  const bytes = readFileSync(file);
  const last = [...new EventFramer('log').push(bytes)].at(-1);
  return bytes.subarray(0, last?.header.offset);
}

async function replayPipe(
  engine: Engine,
  bytes: Uint8Array,
  name: string,
  options: ReplayOptions = {},
): Promise<ReplayResult> {
  const stdin = Readable.from([bytes.subarray(0, 60), bytes.subarray(60)]);
  const source = await openSource(['-'], { stdin, stdinName: name });
  return replay(source, engine, { from: { file: name, offset: 4 }, ...options });
}

/** Runs what has to be refused, and asserts that it has left the rows alone. */
async function refuses(
  t: ExecutionContext,
  engine: Engine,
  expected: Record<string, unknown>[],
  run: () => Promise<unknown>,
  message: RegExp,
): Promise<FlashError> {
  const error = await t.throwsAsync(run, { instanceOf: FlashError });
  t.is(error.code, 'SOURCE_MISMATCH', error.message);
  t.regex(error.message, message);
  t.deepEqual(await queryRows(engine, allRows), expected);
  return error;
}

for (const { kind, args } of servers) {
  const name = args === gtids ? `${kind} with GTIDs` : kind;

  testSerialWith(kind)(`${name}: a log under the next name too is applied once`, async (t) => {
    const { server, files, firstRows, give } = await makeLogs(t, kind, args);
    const [first = '', second = '', third = ''] = files;
    const engine = await openScratchEngine(t);
    const bytes = readFileSync(first);
    const copy = give(bytes, 2);
    const place = { sourceMoved: true, from: { file: 'binlog.000002', offset: 4 } };
    const given: [string[], ReplayOptions][] = [
      [[first, copy], {}],
      [[first, copy], {}],
      [[copy], {}],
      [[first, copy], place],
    ];
    for (const [logs, options] of given) {
      const run = (): Promise<unknown> => replayFiles(engine, logs, { ...whole, ...options });
      const error = await refuses(
        t,
        engine,
        firstRows,
        run,
        /000002 ends with binlog\.000002 as the next log, and so is binlog\.000001 under another/,
      );
      t.notRegex(error.hint ?? '', /--source-moved|--from \S/);
      t.regex(error.hint ?? '', /^Nothing of it is applied\. Put the log in its place/);
    }
    // Where its end says nothing, its beginning does.
    const cut = withoutEnd(first);
    const again = /000002,? .*is binlog\.000001 under another name: up to offset \d+ they are/;
    const cutCopy = give(cut, 2);
    for (const logs of [[first, cutCopy], [cutCopy]]) {
      const run = (): Promise<unknown> => replayFiles(engine, logs, whole);
      await refuses(t, engine, firstRows, run, again);
    }
    for (const part of [bytes, cut]) {
      for (const options of [{}, place]) {
        const run = (): Promise<unknown> => replayPipe(engine, part, 'binlog.000002', options);
        await refuses(t, engine, firstRows, run, again);
      }
      const moved = (): Promise<unknown> => replayFiles(engine, [give(part, 2)], place);
      await refuses(t, engine, firstRows, moved, /binlog\.000001 under another name/);
    }
    await replayFiles(engine, [first, second], whole);
    // One that was passed is known, too.
    const late = (): Promise<unknown> => replayPipe(engine, cut, 'binlog.000003');
    await refuses(t, engine, await server.query(`${allRows} LIMIT 4`), late, /000001 under/);
    await replayFiles(engine, [first, second, third], whole);
    await sameRows(t, server, engine, allRows);
    // What GTIDs prove to be in the copy is passed over, under any name.
    const moved = replayFiles(engine, [give(cut, 4)], { ...whole, sourceMoved: true });
    await moved.catch((error: unknown) => error);
    await sameRows(t, server, engine, allRows);
  });

  testSerialWith(kind)(`${name}: logs of one second that are alike are all applied`, async (t) => {
    const { files, server } = await makeAlikeLogs(t, kind, args);
    const count = files.length;
    const runs: ((engine: Engine) => Promise<void>)[] = [
      async (engine) => {
        await replayFiles(engine, files, whole);
      },
      async (engine) => {
        for (const file of files) await replayFiles(engine, [file], whole);
      },
      async (engine) => {
        for (const file of files) {
          await replayPipe(engine, readFileSync(file), path.basename(file));
        }
      },
    ];
    t.true(count >= 8, `${count} logs`);
    for (const run of runs) {
      const engine = await openScratchEngine(t);
      await run(engine);
      await sameRows(t, server, engine, allRows);
      await engine.close();
    }
  });
}

for (const args of [noGtids, gtids]) {
  testSerialWith('mysql-5.7')(
    `a log that is still written is held back until it differs (${args[0] ?? ''})`,
    async (t) => {
      const { files, server } = await makeAlikeLogs(t, 'mysql-5.7', args);
      const last = files.at(-1) ?? '';
      const engine = await openScratchEngine(t);
      await replayFiles(engine, files.slice(0, -1), whole);
      const before = await queryRows(engine, allRows);
      const pipe = new PassThrough();
      const bytes = withoutEnd(last);
      pipe.write(bytes);
      const source = await openSource(['-'], { stdin: pipe, stdinName: path.basename(last) });
      const from = { file: path.basename(last), offset: 4 };
      const done = replay(source, engine, { from, limits: { ageMaxMs: 20 } });
      if (args === gtids) {
        // Its GTID is enough, and the rest need not come.
        for (let tries = 0; tries < 18_000; tries += 1) {
          if ((await queryRows(engine, allRows)).length > before.length) break;
          await delay(10);
        }
        await sameRows(t, server, engine, allRows);
      }
      pipe.end();
      t.is((await done).totals.transactions, 1);
      await sameRows(t, server, engine, allRows);
    },
  );
}

/**
 * Logs with the same first event: some with nothing in them, and some with one statement each, the same one by the same
 * session, on a table whose rows have no XID.
 */
async function makeAlikeLogs(
  t: ExecutionContext,
  kind: ServerKind,
  args: readonly string[],
): Promise<{ server: Server; files: string[] }> {
  const server = await startServerOfKind(kind, { args });
  t.teardown(server.stop);
  const session = await server.connection.getConnection();
  // MariaDB and MySQL 9.7 take the time of the clock for a log that they open; a second is long.
  for (let tries = 0; tries < 100; tries += 1) {
    await session.query(`SET SESSION timestamp = DEFAULT; DROP DATABASE IF EXISTS d; CREATE DATABASE d;
      CREATE TABLE d.t (id INT, v INT) ENGINE=MyISAM`);
    const before = server.binlogFiles().length;
    await session.query(`SET SESSION timestamp = UNIX_TIMESTAMP(); ${'FLUSH BINARY LOGS; '.repeat(4)}
      ${'INSERT INTO d.t VALUES (1, 1); FLUSH BINARY LOGS; '.repeat(4)}`);
    const files = server.binlogFiles();
    const marks = files.slice(before + 1).map(openingOf);
    t.log(marks.join(' '));
    if (new Set(marks).size > 1) continue;
    session.destroy();
    return { server, files };
  }
  throw new Error('no logs of one second');
}

/** What is the same of the first events of two logs. */
function openingOf(file: string): string {
  for (const raw of new EventFramer(file).push(readFileSync(file))) return headerMark(raw);
  return '';
}
