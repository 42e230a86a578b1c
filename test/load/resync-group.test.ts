// The hint of a stop is carried out as it stands: its dump, and its --only.
import { loadDump } from '../../src/load/index.js';
import type { FlashError } from '../../src/protocol/index.js';
import { openDump } from '../../src/source/index.js';
import { startServerOfKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { openScratchEngine, replayFiles, sameRows } from '../writer/recorded-log.js';
import { dumpServer } from './dump-server.js';

const kind = 'mysql-5.7';

testSerialWith(kind, 'mariadb')(
  'tables that foreign keys bind are named together, and are brought in together',
  async (t) => {
    const server = await startServerOfKind(kind);
    t.teardown(server.stop);
    await server.query(`CREATE DATABASE r; USE r;
      CREATE TABLE p (id INT PRIMARY KEY); INSERT INTO p VALUES (1), (2), (3);
      CREATE TABLE c (id INT PRIMARY KEY, p INT, t TIME,
        FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE);
      INSERT INTO c VALUES (1, 1, '10:00:00'), (2, 2, '11:00:00'), (3, 3, NULL);
      CREATE TABLE o (id INT PRIMARY KEY); INSERT INTO o VALUES (1);
      ALTER TABLE c MODIFY t VARCHAR(20); DELETE FROM p WHERE id = 1`);
    await server.flushLogs();
    const engine = await openScratchEngine(t);
    const stop = await t.throwsAsync<FlashError>(replayFiles(engine, server.binlogFiles()));
    const hint = String(stop.hint);
    t.regex(hint, /mysqldump --single-transaction --source-data=2 r c p > t\.sql/);
    const only = [...hint.matchAll(/--only (\S+)/g)].map(([, name = '']) => name);
    t.deepEqual(only, ['r.c', 'r.p']);

    const file = await dumpServer(t, server, [
      '--single-transaction',
      '--source-data=2',
      'r',
      'c',
      'p',
    ]);
    await loadDump(await openDump(file, process.stdin, undefined), engine, { only });
    await server.query('DELETE FROM r.p WHERE id = 2; INSERT INTO r.o VALUES (2)');
    await server.flushLogs();
    await replayFiles(engine, server.binlogFiles());
    for (const table of ['p', 'c', 'o']) {
      await sameRows(t, server, engine, `SELECT * FROM r.${table} ORDER BY id`);
    }
  },
);
