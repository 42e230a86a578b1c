import { type ServerKind, startServerOfKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { openScratchEngine, replayFiles, sameRows } from './recorded-log.js';

const kind: ServerKind = 'mariadb';

testSerialWith(kind)(
  'an ALTER that MariaDB logs in two phases counts once, or not at all',
  async (t) => {
    const server = await startServerOfKind(kind);
    t.teardown(server.stop);
    await server.query(`CREATE DATABASE p; USE p; CREATE TABLE t (id INT PRIMARY KEY, y INT); INSERT INTO t VALUES (1, 7), (2, 7);
    SET SESSION binlog_alter_two_phase=1;
    ALTER TABLE t ADD z INT DEFAULT 4; INSERT INTO t VALUES (3, 3, 3)`);
    // The server finds the two equal values after it has begun.
    await t.throwsAsync(
      server.query(
        'USE p; SET SESSION binlog_alter_two_phase=1; ALTER TABLE t ADD UNIQUE (y), ADD w INT DEFAULT 5',
      ),
      { message: /Duplicate entry/ },
    );
    await server.query(
      'USE p; SET SESSION binlog_alter_two_phase=1; ALTER TABLE t ADD v INT DEFAULT 6, ALGORITHM=COPY; INSERT INTO t VALUES (4, 4, 4, 4)',
    );
    await server.flushLogs();
    const engine = await openScratchEngine(t);
    await replayFiles(engine, server.binlogFiles(), { beginning: undefined });
    await sameRows(t, server, engine, 'SELECT * FROM p.t ORDER BY id');
  },
);
