import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import type { ExecutionContext } from 'ava';
import { FlashError, queryRows, type Engine } from '../../src/protocol/index.js';
import { openSource } from '../../src/source/index.js';
import { replay, type ReplayOptions, type ReplayResult } from '../../src/writer/index.js';
import { runInSession, startServerOfKind, type Server, type ServerKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { waitUntil } from '../until.js';
import { openScratchEngine, sameRows } from './recorded-log.js';

const kinds: readonly ServerKind[] = ['mysql-5.7', 'mysql-9.7', 'mariadb'];

async function start(t: ExecutionContext, kind: ServerKind): Promise<Server> {
  const server = await startServerOfKind(kind);
  t.teardown(server.stop);
  return server;
}

/** Replays what comes through a pipe as the log of that name. */
async function replayPipe(
  engine: Engine,
  stdin: Readable,
  name: string,
  options: ReplayOptions = {},
): Promise<ReplayResult> {
  const source = await openSource(['-'], { stdin, stdinName: name });
  return replay(source, engine, { from: { file: name, offset: 4 }, ...options });
}

async function countOf(engine: Engine, table: string): Promise<number> {
  const [row] = await queryRows(engine, `SELECT count() AS c FROM ${table}`);
  return Number(row?.['c']);
}

for (const kind of kinds) {
  testSerialWith(kind)(
    `${kind}: transactions of a pipe that falls quiet become visible`,
    async (t) => {
      const server = await start(t, kind);
      await server.query('CREATE DATABASE s; CREATE TABLE s.t (id INT PRIMARY KEY)');
      for (let id = 0; id < 72; id += 1) await server.query(`INSERT INTO s.t VALUES (${id})`);
      await server.flushLogs();
      const [file = ''] = server.binlogFiles();
      const bytes = await readFile(file);
      const engine = await openScratchEngine(t);
      const pipe = new PassThrough();
      // The log's last event, the ROTATE, is cut: its rest does not come for now.
      pipe.write(bytes.subarray(0, bytes.length - 5));
      const done = replayPipe(engine, pipe, path.basename(file), { limits: { ageMaxMs: 20 } });
      const seen = (): Promise<number> => countOf(engine, 's.t').catch(() => 0);
      await waitUntil('all are seen', async () => (await seen()) === 72);
      pipe.end(bytes.subarray(bytes.length - 5));
      t.is((await done).totals.transactions, 72);
    },
  );

  testSerialWith(kind)(`${kind}: log by log, over a restart of the server`, async (t) => {
    const server = await start(t, kind);
    await server.query('CREATE DATABASE s; CREATE TABLE s.t (id INT PRIMARY KEY)');
    await server.query('INSERT INTO s.t VALUES (1)');
    await server.shutdown();
    const again = await startServerOfKind(kind, { continues: server });
    t.teardown(again.stop);
    await again.query('INSERT INTO s.t VALUES (2)');
    await again.shutdown();
    const last = await startServerOfKind(kind, { continues: again });
    t.teardown(last.stop);
    await last.query('INSERT INTO s.t VALUES (3)');
    await last.flushLogs();

    const engine = await openScratchEngine(t);
    const [first = '', second = '', third = ''] = last.binlogFiles();
    const asPipe = async (file: string): Promise<ReplayResult> =>
      replayPipe(engine, Readable.from([await readFile(file)]), path.basename(file));
    await asPipe(first);
    // One that is left out is missed, also where all were closed in order.
    const early = await t.throwsAsync(asPipe(third), { instanceOf: FlashError });
    t.is(early.code, 'SOURCE_MISMATCH');
    await asPipe(second);
    // A file alone goes on there, too.
    await replay(await openSource([third]), engine);
    await sameRows(t, last, engine, 'SELECT id FROM s.t ORDER BY id');
  });

  testSerialWith(kind)(
    `${kind}: XA transactions of a pipe are held in the engine, over runs`,
    async (t) => {
      const server = await start(t, kind);
      await server.query(`CREATE DATABASE xa;
      CREATE TABLE xa.t (id INT PRIMARY KEY, v VARCHAR(99) CHARACTER SET latin1);
      INSERT INTO xa.t VALUES (1,'a'), (2,'b'), (3,'c')`);
      const values = Array.from(
        { length: 4000 },
        (_, i) => `(${100 + i},'${'x'.repeat(90)}')`,
      ).join();
      await xa(
        server,
        'one',
        "UPDATE xa.t SET v = 'x' WHERE id = 1; SAVEPOINT s; DELETE FROM xa.t WHERE id = 1; ROLLBACK TO s",
        'PREPARE',
      );
      await xa(server, 'large', `INSERT INTO xa.t VALUES ${values}`, 'PREPARE');
      await xa(server, 'gone', 'DELETE FROM xa.t WHERE id = 2', 'PREPARE');
      await xa(server, 'phase', "INSERT INTO xa.t VALUES (6,'f')", 'ONE PHASE');
      await xa(server, 'here', "INSERT INTO xa.t VALUES (7,'g')", 'PREPARE');
      await server.query("XA COMMIT 'here'");
      await server.flushLogs();
      await server.query("INSERT INTO xa.t VALUES (5,'e')");
      await server.query("XA COMMIT 'one'");
      await server.query("XA ROLLBACK 'gone'");
      await server.flushLogs();
      await server.query("XA COMMIT 'large'");
      await server.flushLogs();
      for (const chunkBytes of [1 << 16, 1009]) {
        const engine = await openScratchEngine(t);
        for (const file of server.binlogFiles()) {
          const bytes = await readFile(file);
          const stdin = Readable.from(chunksOf(bytes, chunkBytes));
          await replayPipe(engine, stdin, path.basename(file), { limits: { bytesMax: 300_000 } });
        }
        await sameRows(t, server, engine, 'SELECT * FROM xa.t ORDER BY id');
        t.is(await countOf(engine, 'theflash.prepared'), 0, 'nothing is left of them');
        await engine.close();
      }
    },
  );
}

testSerialWith('mysql-5.7')(
  'a pipe that gives a read log once more is read, and it is said that nothing was new',
  async (t) => {
    const server = await start(t, 'mysql-5.7');
    await server.query('CREATE DATABASE s; CREATE TABLE s.t (id INT)');
    await server.query('INSERT INTO s.t VALUES (1)');
    await server.flushLogs();
    await server.query('INSERT INTO s.t VALUES (2)');
    await server.flushLogs();
    await server.query('INSERT INTO s.t VALUES (3)');
    await server.flushLogs();
    const logs = await Promise.all(server.binlogFiles().map((file) => readFile(file)));
    const [one, two, three] = logs;
    if (one === undefined || two === undefined || three === undefined) throw new Error('no logs');
    const engine = await openScratchEngine(t);
    const give = async (bytes: Buffer, name = 'binlog.000001'): Promise<string[]> => {
      const lines: string[] = [];
      const onWarning = (line: string): unknown => lines.push(line);
      await replayPipe(engine, Readable.from(chunksOf(bytes, 100)), name, { onWarning });
      return lines;
    };
    // Two logs in one pipe are told each time, and not the first time alone.
    for (let runs = 0; runs < 3; runs += 1) {
      const error = await t.throwsAsync(give(Buffer.concat([one, two])), {
        instanceOf: FlashError,
      });
      t.is(error.code, 'BINLOG_FORMAT');
      t.regex(error.message, new RegExp(`offset ${one.length}: another log begins here`));
      t.is(await countOf(engine, 's.t'), 1);
    }
    const told =
      'stdin was taken for binlog.000001, by --from, which is applied already: nothing of it was. For the log that comes next: --from binlog.000002:4.';
    t.deepEqual(await give(one), [told]);
    for (const bytes of [two, one.subarray(0, -9)]) {
      const other = await t.throwsAsync(give(bytes), { instanceOf: FlashError });
      t.is(other.code, 'SOURCE_MISMATCH');
      t.regex(other.message, /has (another header|other bytes) than the binlog\.000001 that/);
    }
    t.deepEqual(await give(two, 'binlog.000002'), []);
    t.deepEqual(await give(three, 'binlog.000003'), []);
    // One that was passed long ago is held against its mark, too.
    t.is((await give(one)).length, 1);
    await t.throwsAsync(give(three), { code: 'SOURCE_MISMATCH' });
    await sameRows(t, server, engine, 'SELECT id FROM s.t ORDER BY id');
  },
);

async function xa(
  server: Server,
  xid: string,
  sql: string,
  end: 'PREPARE' | 'ONE PHASE',
): Promise<void> {
  const last = end === 'PREPARE' ? `XA PREPARE '${xid}'` : `XA COMMIT '${xid}' ONE PHASE`;
  await runInSession(server, `XA START '${xid}'; ${sql}; XA END '${xid}'; ${last}`);
}

function* chunksOf(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
