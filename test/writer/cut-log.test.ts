// Goal: a log whose copy is not whole is found, and the whole one mends that. Method: logs of real servers, cut
// between two transactions, and with an event left out; and logs of servers that were ended in order, or as a crash ends them.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import { EventFramer } from '../../src/binlog/index.js';
import { FlashError } from '../../src/protocol/index.js';
import { temporaryFolder } from '../e2e/cli.js';
import { crash, startServerOfKind, type Server, type ServerKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { readCopyState } from '../../src/writer/index.js';
import { openScratchEngine, replayFiles, sameRows } from './recorded-log.js';

const gtids = ['--gtid-mode=ON', '--enforce-gtid-consistency=ON'];
const servers: readonly { kind: ServerKind; args: readonly string[] }[] = [
  { kind: 'mysql-5.6', args: [] },
  { kind: 'mysql-5.7', args: [] },
  { kind: 'mysql-5.7', args: gtids },
  { kind: 'mysql-9.7', args: ['--gtid-mode=OFF', '--enforce-gtid-consistency=OFF'] },
  { kind: 'mysql-9.7', args: gtids },
  { kind: 'mariadb', args: [] },
];
/** A crash loses nothing that was committed. */
const durable = ['--innodb-flush-log-at-trx-commit=1', '--sync-binlog=1'];
const allRows = 'SELECT id, v FROM d.t ORDER BY id';

for (const { kind, args } of servers) {
  const name = args === gtids ? `${kind} with GTIDs` : kind;

  testSerialWith(kind)(`${name}: a log without its end is not passed`, async (t) => {
    const server = await startServerOfKind(kind, { args });
    t.teardown(server.stop);
    await server.query('CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v INT)');
    await server.query('INSERT INTO d.t VALUES (1, 1)');
    const cutAt = await logSize(server);
    await server.query('INSERT INTO d.t VALUES (2, 2)');
    await server.flushLogs();
    await server.query('DELETE FROM d.t WHERE id = 1');
    await server.flushLogs();

    const whole = server.binlogFiles();
    const [cut, ...next] = cutCopies(t, whole, cutAt);
    const engine = await openScratchEngine(t);
    const options = { beginning: undefined };
    for (const files of [[cut ?? ''], [cut ?? '', ...next], [cut ?? '', ...next]]) {
      const result = await replayFiles(engine, files, options).catch((error: unknown) => error);
      if (files.length === 1) continue;
      t.true(result instanceof FlashError, JSON.stringify(result));
      const { code, message, hint } = result as FlashError;
      t.is(code, 'SOURCE_MISMATCH');
      t.regex(message, new RegExp(`ends at offset ${cutAt} without the event .* is not whole`));
      t.regex(hint ?? '', new RegExp(`it goes on at \\S+:${cutAt}\\.`));
    }
    const warnings: string[] = [];
    await replayFiles(engine, whole, { ...options, onWarning: (line) => warnings.push(line) });
    await sameRows(t, server, engine, allRows);
    t.deepEqual(warnings, []);
  });

  testSerialWith(kind)(`${name}: a hole inside of a log is not passed`, async (t) => {
    const server = await startServerOfKind(kind, { args });
    t.teardown(server.stop);
    await server.query('CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v INT)');
    await server.query('INSERT INTO d.t VALUES (1, 1), (2, 2)');
    await server.query('BEGIN; UPDATE d.t SET v = 7; INSERT INTO d.t VALUES (3, 3); COMMIT');
    await server.query('ALTER TABLE d.t ADD w INT');
    await server.query('DELETE FROM d.t WHERE id = 1');
    await server.flushLogs();
    await server.query('INSERT INTO d.t VALUES (4, 4, 4)');
    await server.flushLogs();
    await refusesHoles(t, server);
  });

  testSerialWith(kind)(
    `${name}: a log that a crash has left open is passed, and told of`,
    async (t) => {
      const server = await startServerOfKind(kind, { args: [...args, ...durable] });
      t.teardown(server.stop);
      await server.query('CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v INT)');
      await server.query('INSERT INTO d.t VALUES (1, 1)');
      await crash(server);
      const crashed = await startServerOfKind(kind, { args, continues: withOpenLog(server) });
      t.teardown(crashed.stop);
      await crashed.query('INSERT INTO d.t VALUES (2, 2)');
      await crashed.shutdown();
      const stopped = await startServerOfKind(kind, { args, continues: crashed });
      t.teardown(stopped.stop);
      await stopped.query('INSERT INTO d.t VALUES (3, 3)');
      await stopped.flushLogs();

      const logs = stopped.binlogFiles();
      const engine = await openScratchEngine(t);
      const warnings: string[] = [];
      // Log by log: what is known of the end of one is known in the next run.
      for (let count = 1; count <= logs.length; count += 1) {
        await replayFiles(engine, logs.slice(0, count), {
          beginning: undefined,
          onWarning: (line) => warnings.push(line),
        });
      }
      await sameRows(t, stopped, engine, allRows);
      // What has GTIDs proves itself.
      const isProven = args === gtids || kind === 'mariadb';
      t.is(warnings.length, isProven ? 0 : 1, warnings.join('\n'));
      if (!isProven)
        t.regex(warnings[0] ?? '', /000001 ends after \d+ bytes without an event that/);
    },
  );
}

testSerialWith('mysql-5.7')(
  'a log that may have been cut is told of for good, and missed once it is whole',
  async (t) => {
    const server = await startServerOfKind('mysql-5.7', { args: durable });
    t.teardown(server.stop);
    await server.query('CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v INT)');
    await server.query('INSERT INTO d.t VALUES (1, 1)');
    const cutAt = await logSize(server);
    await server.query('INSERT INTO d.t VALUES (2, 2)');
    await crash(server);
    const crashed = await startServerOfKind('mysql-5.7', { continues: withOpenLog(server) });
    t.teardown(crashed.stop);
    await crashed.query('INSERT INTO d.t VALUES (3, 3)');
    await crashed.flushLogs();

    const whole = crashed.binlogFiles();
    const [first = ''] = whole;
    const cut = cutCopies(t, whole, cutAt);
    const engine = await openScratchEngine(t);
    const unclosed = [{ file: path.basename(first), offset: cutAt, bytes: cutAt }];
    for (const files of [cut, cut, cut.slice(1)]) {
      const result = await replayFiles(engine, files, { beginning: undefined });
      t.deepEqual(result.unclosedLogs, unclosed);
      const state = await readCopyState(engine);
      t.deepEqual(state?.unclosedLogs, unclosed);
      t.regex(state?.summary ?? '', /, but for what logs that nothing closed may have lacked$/);
    }
    const replayed = replayFiles(engine, whole, { beginning: undefined });
    const error = await t.throwsAsync(replayed, { instanceOf: FlashError });
    t.is(error.code, 'SOURCE_MISMATCH');
    t.regex(
      error.message,
      new RegExp(`and had ${cutAt} when .* lacks what it holds after offset ${cutAt}`),
    );
    t.regex(error.hint ?? '', new RegExp(`take ${path.basename(first)} out of what`));
    await t.notThrowsAsync(replayFiles(engine, whole.slice(1), { beginning: undefined }));
  },
);

testSerialWith('mysql-5.7')('GTIDs from before they were turned off prove nothing', async (t) => {
  const server = await startServerOfKind('mysql-5.7', { args: [...gtids, ...durable] });
  t.teardown(server.stop);
  await server.query('CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v INT)');
  for (const mode of ['ON_PERMISSIVE', 'OFF_PERMISSIVE', 'OFF']) {
    await server.query(`SET GLOBAL gtid_mode = ${mode}`);
  }
  await server.query('INSERT INTO d.t VALUES (1, 1)');
  await crash(server);
  const again = await startServerOfKind('mysql-5.7', { continues: withOpenLog(server) });
  t.teardown(again.stop);
  await again.query('INSERT INTO d.t VALUES (2, 2)');
  await again.flushLogs();

  const logs = again.binlogFiles();
  const engine = await openScratchEngine(t);
  const warnings: string[] = [];
  for (let count = 1; count <= logs.length; count += 1) {
    await replayFiles(engine, logs.slice(0, count), {
      beginning: undefined,
      onWarning: (line) => warnings.push(line),
    });
  }
  await sameRows(t, again, engine, allRows);
  t.is(warnings.length, 1, warnings.join('\n'));
});

/** A hole in the first log is found wherever it begins; what lies before it stays, and the whole log mends it. */
async function refusesHoles(t: ExecutionContext, server: Server): Promise<void> {
  const [whole = '', ...next] = server.binlogFiles();
  const bytes = readFileSync(whole);
  const offsets = [...new EventFramer('whole').push(bytes)].map(({ header }) => header.offset);
  const engine = await openScratchEngine(t);
  const holed = path.join(temporaryFolder(t), path.basename(whole));
  const ends = offsets.slice(2);
  t.true(ends.length > 15);
  for (const [index, end] of ends.entries()) {
    const start = offsets[index + 1] ?? 0;
    writeFileSync(holed, Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]));
    const replayed = replayFiles(engine, [holed, ...next], { beginning: undefined });
    const error = await t.throwsAsync(replayed, { instanceOf: FlashError });
    t.is(error.code, 'BINLOG_FORMAT');
    t.is(error.place.offset, start);
    t.regex(error.message, new RegExp(` ${end - start} bytes before it are missing`));
  }
  await replayFiles(engine, [whole, ...next], { beginning: undefined });
  await sameRows(t, server, engine, 'SELECT id, v, w FROM d.t ORDER BY id');
}

async function logSize(server: Server): Promise<number> {
  const rows = await server.query('SHOW BINARY LOGS');
  return Number(rows.at(-1)?.['File_size']);
}

/** Copies of logs, the first of them without what lies after a place. */
function cutCopies(t: ExecutionContext, files: readonly string[], cutAt: number): string[] {
  const folder = temporaryFolder(t);
  return files.map((file, index) => {
    const copy = path.join(folder, path.basename(file));
    const bytes = readFileSync(file);
    writeFileSync(copy, index === 0 ? bytes.subarray(0, cutAt) : bytes);
    return copy;
  });
}

/** A server that crashed, with the log that it was writing. */
function withOpenLog({ folder }: Server): Pick<Server, 'folder' | 'binlogFiles'> {
  const names = readdirSync(folder).filter((name) => /^binlog\.\d+$/.test(name));
  return { folder, binlogFiles: () => names.sort().map((name) => path.join(folder, name)) };
}
