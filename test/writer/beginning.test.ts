import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { ExecutionContext } from 'ava';
import { EventDecoder, EventFramer } from '../../src/binlog/index.js';
import { type FlashError, queryRows } from '../../src/protocol/index.js';
import { openSource } from '../../src/source/index.js';
import { replay } from '../../src/writer/index.js';
import { EarlierEvents } from '../../src/writer/earlier-events.js';
import { GtidSet } from '../../src/writer/gtid-set.js';
import { startServerOfKind, type Server, type ServerKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { positionOf, resetLogs } from './log-state.js';
import { openScratchEngine, replayFiles, sameRows } from './recorded-log.js';

const kinds: readonly ServerKind[] = ['mysql-5.7', 'mysql-9.7', 'mariadb'];

async function start(t: ExecutionContext, kind: ServerKind, args: string[] = []): Promise<Server> {
  const server = await startServerOfKind(kind, { args });
  t.teardown(server.stop);
  return server;
}

/** Three logs of one row each; the table is made in the first one. */
async function threeLogs(server: Server): Promise<string[]> {
  await server.query('CREATE DATABASE s; CREATE TABLE s.t (id INT PRIMARY KEY, v INT)');
  for (const id of [1, 2, 3]) {
    await server.query(`INSERT INTO s.t VALUES (${id}, 0)`);
    await server.flushLogs();
  }
  return server.binlogFiles();
}

/** Without a word of what the copy stands on. */
const none = { beginning: undefined };

for (const kind of kinds) {
  testSerialWith(kind)(`${kind}: a copy from the first log on is whole, and says so`, async (t) => {
    const server = await start(t, kind);
    const files = await threeLogs(server);
    const engine = await openScratchEngine(t);
    const result = await replayFiles(engine, files.slice(0, 1), none);
    t.deepEqual(result.beginning, { kind: 'whole' });
    t.deepEqual((await replayFiles(engine, files, none)).beginning, { kind: 'whole' });
    await sameRows(t, server, engine, 'SELECT * FROM s.t ORDER BY id');
  });

  testSerialWith(kind)(
    `${kind}: a start inside of history is refused without a word of what it stands on`,
    async (t) => {
      const server = await start(t, kind);
      const files = await threeLogs(server);
      const engine = await openScratchEngine(t);
      const second = path.basename(files[1] ?? '');
      for (const [given, from] of [
        [files.slice(1), undefined],
        [files, { file: second, offset: 4 }],
      ] as const) {
        const run = replayFiles(engine, given, {
          ...none,
          ...(from === undefined ? {} : { from }),
        });
        const error = await t.throwsAsync(run, { code: 'SOURCE_MISMATCH' });
        t.regex(error.message, new RegExp(`${second}:4 would lack all rows`));
      }
      const pipe = await openSource(['-'], {
        stdin: Readable.from(await readFile(files[0] ?? '')),
      });
      const unnamed = await t.throwsAsync<FlashError>(replay(pipe, engine, {}), {
        code: 'SOURCE_MISMATCH',
      });
      t.regex(String(unnamed.hint), /--partial/);
      t.is(await engine.readCheckpoint('binlog'), undefined);
    },
  );

  testSerialWith(kind)(
    `${kind}: a partial copy stays partial, and knows what came before it`,
    async (t) => {
      const server = await start(t, kind, gtidArgs(kind));
      const files = await threeLogs(server);
      await server.query(`CREATE TABLE s.u (id INT PRIMARY KEY); INSERT INTO s.u VALUES (7)`);
      await server.flushLogs();
      const all = server.binlogFiles();
      const engine = await openScratchEngine(t);
      const begin = { file: path.basename(files[2] ?? ''), offset: 4 };
      const schema = {
        path: 'dump.sql',
        text: 'CREATE DATABASE `s`; USE `s`; CREATE TABLE `t` (id INT PRIMARY KEY, v INT);',
      };
      const partial = await replayFiles(engine, all.slice(2, 3), { schema });
      const again = await replayFiles(engine, all.slice(2), none);
      for (const { beginning } of [partial, again]) {
        t.is(beginning?.kind, 'partial');
        if (beginning?.kind === 'partial') t.deepEqual(beginning.position, begin);
      }
      t.deepEqual(await queryRows(engine, 'SELECT id FROM s.t'), [{ id: 3 }]);
      await sameRows(t, server, engine, 'SELECT * FROM s.u');
      t.is(GtidSet.parse(again.gtidSet).toString(), (await positionOf(server)).gtidSet);
    },
  );

  testSerialWith(kind)(
    `${kind}: a place is taken where a transaction begins, and nowhere else`,
    async (t) => {
      const server = await start(t, kind);
      await server.query('CREATE DATABASE s; CREATE TABLE s.t (id INT PRIMARY KEY, v INT)');
      await server.query(
        'BEGIN; INSERT INTO s.t VALUES (1,1); SAVEPOINT a; INSERT INTO s.t VALUES (2,2); COMMIT',
      );
      await server.flushLogs();
      const [file = ''] = server.binlogFiles();
      const name = path.basename(file);
      const bytes = await readFile(file);
      const events = [...new EventFramer(name).push(bytes)].map((raw) => ({
        ...raw,
        body: raw.body.slice(),
      }));
      const outside =
        /^(?:.*gtid.*|previous_gtids|binlog_checkpoint|rotate|stop|start_encryption)$/i;
      const allowed = (await server.query(`SHOW BINLOG EVENTS IN '${name}'`))
        .filter((row) => outside.test(String(row['Event_type'])))
        .map((row) => Number(row['Pos']));
      const taken: number[] = [];
      for (let offset = 5; offset < bytes.length; offset += 1) {
        const earlier = new EarlierEvents({ file: name, offset }, () => undefined);
        const decoder = new EventDecoder();
        try {
          for (const raw of events) for (const event of decoder.decode(raw)) earlier.passes(event);
          earlier.finish();
          taken.push(offset);
        } catch (error) {
          t.regex(String(error), /no transaction begins at/, String(offset));
        }
      }
      t.deepEqual(taken, allowed);
      const beyond = new EarlierEvents({ file: name, offset: bytes.length + 1 }, () => undefined);
      t.throws(
        () => {
          beyond.finish();
        },
        { code: 'INVALID_REQUEST' },
      );
    },
  );

  testSerialWith(kind)(
    `${kind}: a table whose CREATE is not in the logs stops a copy that is whole`,
    async (t) => {
      const server = await start(t, kind, metadataArgs(kind));
      await server.query(`CREATE DATABASE s; CREATE TABLE s.old (id INT PRIMARY KEY);
      INSERT INTO s.old VALUES (1)`);
      await resetLogs(server);
      await server.query(`CREATE TABLE s.t (id INT PRIMARY KEY); INSERT INTO s.t VALUES (1);
      INSERT INTO s.old VALUES (2); INSERT INTO s.t VALUES (2)`);
      await server.flushLogs();
      await server.query(`ALTER TABLE s.old ADD v INT`);
      await server.flushLogs();
      const files = server.binlogFiles();
      const engine = await openScratchEngine(t);
      const error = await t.throwsAsync<FlashError>(replayFiles(engine, files, none), {
        code: 'SOURCE_MISMATCH',
      });
      t.regex(error.message, /binlog\.000001 at offset \d+ changes s\.old, and no CREATE TABLE/);
      t.regex(String(error.hint), /theflash write --dump t\.sql --only s\.old/);
      t.deepEqual(await queryRows(engine, 'SELECT id FROM s.t'), [{ id: 1 }], 'all before it');
      const schema = {
        path: 'x.sql',
        text: 'CREATE DATABASE `s`; USE `s`; CREATE TABLE `old` (id INT PRIMARY KEY);',
      };
      await t.throwsAsync(replayFiles(engine, files, { ...none, schema }), {
        message: error.message,
      });

      // The ALTER alone, too: the table has rows that are not in the logs.
      await resetLogs(server);
      await server.query('ALTER TABLE s.old ADD w INT');
      await server.flushLogs();
      await engine.close();
      const other = await openScratchEngine(t);
      await t.throwsAsync(replayFiles(other, server.binlogFiles(), none), {
        message: /changes s\.old/,
      });
      await other.close();
      const without = await openScratchEngine(t);
      await replayFiles(without, server.binlogFiles(), { ...none, exclude: ['s.old'] });
    },
  );

  testSerialWith(kind)(
    `${kind}: a baseline takes over the rows that are there, by place or by GTIDs`,
    async (t) => {
      const server = await start(t, kind, gtidArgs(kind));
      await server.query(`CREATE DATABASE s; CREATE TABLE s.t (id INT PRIMARY KEY, v INT);
      INSERT INTO s.t VALUES (1, 1), (2, 2); UPDATE s.t SET v = 9 WHERE id = 1`);
      const at = await positionOf(server);
      const schema = {
        path: 'x.sql',
        text: 'CREATE DATABASE `s`; USE `s`; CREATE TABLE `t` (id INT PRIMARY KEY, v INT);',
      };
      await server.query(
        'INSERT INTO s.t VALUES (3, 3); UPDATE s.t SET v = v + 10; CREATE TABLE s.n (id INT PRIMARY KEY); INSERT INTO s.n VALUES (1)',
      );
      await server.flushLogs();
      await server.query('DELETE FROM s.t WHERE id = 2');
      await server.flushLogs();
      const files = server.binlogFiles();
      for (const place of [at.position, { gtidSet: at.gtidSet }]) {
        const engine = await openScratchEngine(t);
        await engine.execute(`CREATE DATABASE s; CREATE TABLE s.t (id Int32, v Nullable(Int32))
        ENGINE = MutableMergeTree ORDER BY id; INSERT INTO s.t VALUES (1, 9), (2, 2)`);
        const beginning = { kind: 'baseline', at: place } as const;
        await replayFiles(engine, files.slice(0, 1), { beginning, schema });
        const result = await replayFiles(engine, files, { beginning });
        t.is(result.beginning?.kind, 'baseline');
        await sameRows(t, server, engine, 'SELECT * FROM s.t ORDER BY id');
        await sameRows(t, server, engine, 'SELECT * FROM s.n ORDER BY id');
        t.is(GtidSet.parse(result.gtidSet).toString(), (await positionOf(server)).gtidSet);
        const other = { kind: 'baseline', at: { file: 'binlog.000009', offset: 4 } } as const;
        await t.throwsAsync(replayFiles(engine, files, { beginning: other }), {
          code: 'INVALID_REQUEST',
        });
        await engine.close();
      }
      // A definition alone says nothing of the rows that were there.
      const undefinedRows = await openScratchEngine(t);
      const onlyDefined = { kind: 'baseline', at: at.position } as const;
      await t.throwsAsync(replayFiles(undefinedRows, files, { beginning: onlyDefined, schema }), {
        message: /changes s\.t, and no CREATE TABLE of it/,
      });
      await undefinedRows.close();
      const engine = await openScratchEngine(t);
      await engine.execute(`CREATE DATABASE s; CREATE TABLE s.t (id Int32, v Nullable(String))
      ENGINE = MutableMergeTree ORDER BY id`);
      const beginning = { kind: 'baseline', at: at.position } as const;
      const error = await t.throwsAsync(replayFiles(engine, files, { beginning, schema }));
      t.regex(String(error), /v Nullable\(String\).*v Nullable\(Int32\)/s);
    },
  );
}

for (const kind of ['mysql-5.7', 'mysql-9.7'] as const) {
  testSerialWith(kind)(`${kind}: GTIDs of a server whose UUID has digits alone`, async (t) => {
    const server = await start(t, kind, ['--gtid-mode=ON', '--enforce-gtid-consistency=ON']);
    const statements = [
      'CREATE DATABASE s',
      'CREATE TABLE s.t (id INT PRIMARY KEY)',
      'INSERT INTO s.t VALUES (1), (2)',
      'DELETE FROM s.t WHERE id = 2',
    ];
    for (const [index, sql] of statements.entries()) {
      const gtid = `12345678-1234-1234-1234-123456789012:${index + 1}`;
      await server.query(`SET GTID_NEXT = '${gtid}'; ${sql}; SET GTID_NEXT = 'AUTOMATIC'`);
    }
    await server.flushLogs();
    const engine = await openScratchEngine(t);
    const result = await replayFiles(engine, server.binlogFiles(), none);
    t.is(result.gtidSet, (await positionOf(server)).gtidSet);
    await sameRows(t, server, engine, 'SELECT * FROM s.t');
  });
}

function metadataArgs(kind: ServerKind): string[] {
  return kind === 'mysql-5.7' ? [] : ['--binlog-row-metadata=FULL'];
}

function gtidArgs(kind: ServerKind): string[] {
  return kind === 'mysql-5.7' ? ['--gtid-mode=ON', '--enforce-gtid-consistency=ON'] : [];
}

testSerialWith('mariadb')(
  '--schema makes no empty table in a copy that has a baseline, and says so',
  async (t) => {
    const server = await start(t, 'mariadb');
    const files = await threeLogs(server);
    const engine = await openScratchEngine(t);
    const text = `CREATE DATABASE s; USE s; CREATE TABLE t (id INT PRIMARY KEY, v INT);
      CREATE TABLE later (id INT PRIMARY KEY);`;
    const schema = { path: 'schema.sql', text };
    const at = { file: path.basename(files[1] ?? ''), offset: 4 };
    const beginning = { kind: 'baseline', at } as const;
    await engine.execute(
      'CREATE DATABASE s; CREATE TABLE s.t (id Int32, v Nullable(Int32)) ENGINE = MutableMergeTree ORDER BY id; INSERT INTO s.t VALUES (1, 0)',
    );
    const first = { path: 'schema.sql', text: text.slice(0, text.indexOf('CREATE TABLE later')) };
    await replayFiles(engine, files.slice(1, 2), { beginning, schema: first });
    const warnings: string[] = [];
    const onWarning = (line: string): number => warnings.push(line);
    await replayFiles(engine, files.slice(1), { ...none, schema, onWarning });
    t.regex(warnings.join(), /Not taken from --schema.*s\.later.*--resync/);
    const [there] = await queryRows(
      engine,
      "SELECT count() AS n FROM system.tables WHERE database = 's' AND name = 'later'",
    );
    t.is(Number(there?.['n']), 0);
    await sameRows(t, server, engine, 'SELECT * FROM s.t ORDER BY id');
  },
);
