// Goal: `--source-moved --from` goes on at the place that the user names, and a wrong place costs nothing: nothing is
// applied twice where the logs can tell, and the copy's own place is kept. Method: logs of real servers, under new names.
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import type { Engine } from '../../src/protocol/index.js';
import { checkpointSource } from '../../src/writer/index.js';
import { temporaryFolder } from '../e2e/cli.js';
import { startServerOfKind, type Server, type ServerKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { resetLogs } from './log-state.js';
import { openScratchEngine, replayFiles, sameRows } from './recorded-log.js';

const gtids = ['--gtid-mode=ON', '--enforce-gtid-consistency=ON'];
const servers: readonly { kind: ServerKind; args: readonly string[]; hasGtids: boolean }[] = [
  { kind: 'mysql-5.7', args: [], hasGtids: false },
  { kind: 'mysql-9.7', args: gtids, hasGtids: true },
  { kind: 'mariadb', args: [], hasGtids: true },
];
const whole = { beginning: undefined };
/** A table without a primary key keeps each row that it is given. */
const allRows = 'SELECT id, v FROM d.t ORDER BY id, v';
/** More than are known again by what they begin with. */
const logsCount = 11;

interface Logs {
  server: Server;
  /** The closed logs as the server wrote them. */
  files: () => string[];
  /** Adds a log of one row. */
  add: () => Promise<void>;
  /** Gives a copy of a log under another name. */
  under: (file: string, name: string) => string;
}

async function makeLogs(
  t: ExecutionContext,
  kind: ServerKind,
  args: readonly string[],
): Promise<Logs> {
  const server = await startServerOfKind(kind, { args });
  t.teardown(server.stop);
  await server.query('CREATE DATABASE IF NOT EXISTS d');
  await server.query('CREATE TABLE IF NOT EXISTS d.t (id INT, v INT)');
  let count = 0;
  const add = async (): Promise<void> => {
    count += 1;
    await server.query(`INSERT INTO d.t VALUES (${count}, ${count})`);
    await server.flushLogs();
  };
  for (let log = 0; log < logsCount; log += 1) await add();
  const folder = temporaryFolder(t);
  let copies = 0;
  const under = (file: string, name: string): string => {
    const to = path.join(folder, String((copies += 1)), name);
    mkdirSync(path.dirname(to));
    copyFileSync(file, to);
    return to;
  };
  return { server, files: () => server.binlogFiles(), add, under };
}

/** Holds that a run is refused, and that the copy and its place are as before. */
async function isRefused(
  t: ExecutionContext,
  engine: Engine,
  server: Server,
  run: () => Promise<unknown>,
): Promise<void> {
  const before = await engine.readCheckpoint(checkpointSource);
  await t.throwsAsync(run, { code: 'SOURCE_MISMATCH' });
  t.is(await engine.readCheckpoint(checkpointSource), before);
  await sameRows(t, server, engine, allRows);
}

for (const { kind, args, hasGtids } of servers) {
  const title = `${kind}, ${hasGtids ? 'GTIDs' : 'no GTIDs'}`;

  testSerialWith(kind)(`${title}: the next log goes on under a new name`, async (t) => {
    const { server, files, add, under } = await makeLogs(t, kind, args);
    const engine = await openScratchEngine(t);
    await replayFiles(engine, files(), whole);
    const rename = async (): Promise<void> => {
      await server.query('RENAME TABLE d.t TO d.u; RENAME TABLE d.u TO d.t');
      await add();
    };
    const works = [
      { name: 'moved.000001', work: add, transactions: 1 },
      { name: 'moved.000007', work: add, transactions: 1 },
      { name: 'renamed.000001', work: rename, transactions: 1 },
      { name: 'empty.000001', work: () => server.flushLogs(), transactions: 0 },
    ];
    for (const { name, work, transactions } of works) {
      await work();
      const next = under(files().at(-1) ?? '', name);
      const from = { file: name, offset: 4 };
      const options = { ...whole, sourceMoved: true, from };
      const before = await engine.readCheckpoint(checkpointSource);
      // Ctrl-C, before anything was applied.
      await replayFiles(engine, [next], { ...options, signal: AbortSignal.abort() });
      t.is(await engine.readCheckpoint(checkpointSource), before, name);
      const { totals, beginning } = await replayFiles(engine, [next], options);
      t.is(totals.transactions, transactions, name);
      t.not(await engine.readCheckpoint(checkpointSource), before, name);
      t.deepEqual(beginning, { kind: 'whole' });
      // As cron runs it.
      t.is((await replayFiles(engine, [next], options)).totals.transactions, 0, name);
      await sameRows(t, server, engine, allRows);
    }
  });

  testSerialWith(kind)(
    `${title}: a wrong place is refused, and the copy's own is kept`,
    async (t) => {
      const { server, files, add, under } = await makeLogs(t, kind, args);
      const engine = await openScratchEngine(t);
      await replayFiles(engine, files(), whole);
      const old = files();
      const begin = (file: string, name: string, offset = 4): Promise<unknown> =>
        replayFiles(engine, [under(file, name)], {
          ...whole,
          sourceMoved: true,
          from: { file: name, offset },
        });
      if (hasGtids) {
        // From its start, and from within it; of all logs, those that are known by their bytes as well.
        for (const [index, file] of old.entries()) {
          const own = path.basename(file);
          const names = index === 0 ? ['moved.000001', own] : ['moved.000001'];
          for (const name of names) await isRefused(t, engine, server, () => begin(file, name));
        }
        await add();
        await add();
        // A log between the copy's place and that one is missing.
        const [last = ''] = files().slice(-1);
        await t.throwsAsync(() => begin(last, 'moved.000001'), {
          code: 'SOURCE_MISMATCH',
          message: /begins after .*, which the copy does not hold/,
        });
      }
      await replayFiles(engine, files(), whole);
      await sameRows(t, server, engine, allRows);
    },
  );

  testSerialWith(kind)(`${title}: a first statement that fails costs no place`, async (t) => {
    const { server, files, under } = await makeLogs(t, kind, args);
    const engine = await openScratchEngine(t);
    await replayFiles(engine, files(), whole);
    await resetLogs(server);
    await delay(1_100);
    // The rows of this log are a statement that only its server can run.
    await server.query(`SET SESSION binlog_format = 'STATEMENT'; INSERT INTO d.t VALUES (99, 99)`);
    await server.flushLogs();
    const before = await engine.readCheckpoint(checkpointSource);
    const first = under(files()[0] ?? '', 'moved.000001');
    const from = { file: 'moved.000001', offset: 4 };
    await t.throwsAsync(replayFiles(engine, [first], { ...whole, sourceMoved: true, from }));
    t.is(await engine.readCheckpoint(checkpointSource), before);
  });
}

testSerialWith('mariadb')(
  'mariadb: logs that were begun anew go on where the user says',
  async (t) => {
    const { server, files, add } = await makeLogs(t, 'mariadb', []);
    const engine = await openScratchEngine(t);
    await replayFiles(engine, files(), whole);
    await resetLogs(server);
    // Their transactions have the numbers of old ones: the clock tells them from those.
    await delay(1_100);
    await add();
    const from = { file: 'binlog.000001', offset: 4 };
    await replayFiles(engine, files(), { ...whole, sourceMoved: true, from });
    await sameRows(t, server, engine, allRows);
    await add();
    await replayFiles(engine, files(), whole);
    await sameRows(t, server, engine, allRows);
  },
);
