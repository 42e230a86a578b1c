import path from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Server, ServerKind } from '../servers/index.js';
import { runInSession, startServerOfKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { openScratchEngine, record, replayFiles, sameRows } from './recorded-log.js';

const kinds: readonly ServerKind[] = ['mysql-5.7', 'mariadb'];

for (const kind of kinds) {
  testSerialWith(kind)(`${kind}: rows of an XA transaction come with its XA COMMIT`, async (t) => {
    const server = await startServer(t, kind);
    const files = await record(server, async () => {
      await server.query(
        'CREATE DATABASE xa; CREATE TABLE xa.t (id INT PRIMARY KEY, v VARCHAR(99) CHARACTER SET latin1)',
      );
      await server.query("INSERT INTO xa.t VALUES (1,'a'), (2,'b'), (3,'c')");
      await runInSession(
        server,
        "XA START 'one'; UPDATE xa.t SET v = 'x' WHERE id = 1; XA END 'one'; XA PREPARE 'one'",
      );
      await server.query("INSERT INTO xa.t VALUES (4,'d')");
      await runInSession(
        server,
        "XA START 'two','b',7; DELETE FROM xa.t WHERE id = 2; XA END 'two','b',7; XA PREPARE 'two','b',7",
      );
      await server.flushLogs();
      await server.query("INSERT INTO xa.t VALUES (5,'e')");
      await server.flushLogs();
      await runInSession(server, "XA COMMIT 'one'");
      await runInSession(server, "XA ROLLBACK 'two','b',7");
      await runInSession(
        server,
        "XA START 'three'; INSERT INTO xa.t VALUES (6,'f'); XA END 'three'; XA COMMIT 'three' ONE PHASE",
      );
    });
    t.is(files.length, 3);
    const [first = '', second = '', third = ''] = files;
    const rows = 'SELECT * FROM xa.t ORDER BY id';

    const whole = await openScratchEngine(t);
    const result = await replayFiles(whole, files);
    await sameRows(t, server, whole, rows);
    t.is(result.totals.transactions, 5);
    await whole.close();

    const inSteps = await openScratchEngine(t);
    await replayFiles(inSteps, [first]);
    const before = await replayFiles(inSteps, [first, second]);
    t.is(before.totals.rowChanges, 1, 'nothing of what is prepared');
    const error = await t.throwsAsync(replayFiles(inSteps, [third]), { code: 'NOT_FOUND' });
    t.true(error.message.includes(path.basename(first)));
    await replayFiles(inSteps, files);
    await sameRows(t, server, inSteps, rows);
    const again = await replayFiles(inSteps, files);
    t.is(again.totals.transactions, 0);
  });

  testSerialWith(kind)(
    `${kind}: an XA transaction outlives a restart of its server and the size of a batch`,
    async (t) => {
      const server = await startServer(t, kind);
      await server.query(
        'CREATE DATABASE xa; CREATE TABLE xa.t (id INT PRIMARY KEY, v VARCHAR(99) CHARACTER SET latin1)',
      );
      const values = (from: number, count: number): string =>
        Array.from({ length: count }, (_, i) => `(${from + i},'${'x'.repeat(90)}')`).join(',');
      await runInSession(
        server,
        `XA START 'large'; INSERT INTO xa.t VALUES ${values(1, 6000)}; DELETE FROM xa.t WHERE id = 5;
       XA END 'large'; XA PREPARE 'large'`,
      );
      await server.query("INSERT INTO xa.t VALUES (100000,'other')");
      await server.shutdown();
      const after = await startServerOfKind(kind, { continues: server });
      t.teardown(after.stop);
      await after.query("INSERT INTO xa.t VALUES (100001,'later')");
      await after.flushLogs();
      const before = after.binlogFiles();
      const [recovered] = await after.query('XA RECOVER');
      t.is(String(recovered?.['data']), 'large');
      await after.query("XA COMMIT 'large'; FLUSH BINARY LOGS");
      const all = after.binlogFiles();
      t.true(all.length > before.length);

      const limits = { bytesMax: 300_000 };
      const engine = await openScratchEngine(t);
      const held = await replayFiles(engine, before, { limits });
      t.is(held.totals.rowChanges, 2, 'what is prepared is not applied');
      const committed = await replayFiles(engine, all, { limits });
      t.is(committed.totals.rowChanges, 6001);
      await sameRows(t, after, engine, 'SELECT * FROM xa.t ORDER BY id');
    },
  );
}

async function startServer(t: ExecutionContext, kind: ServerKind): Promise<Server> {
  const server = await startServerOfKind(kind);
  t.teardown(server.stop);
  return server;
}

/** Runs statements on a connection that ends after them, as a prepared transaction lets it. */
