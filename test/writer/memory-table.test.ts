import { type ServerKind, startServerOfKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { tableDifferences } from '../e2e/replay-case.js';
import { openScratchEngine, replayFiles } from './recorded-log.js';

const kinds: readonly ServerKind[] = ['mysql-5.7', 'mysql-9.7', 'mariadb'];

for (const kind of kinds) {
  testSerialWith(kind)(`${kind}: a MEMORY table is empty after a restart`, async (t) => {
    t.timeout(900_000);
    const first = await startServerOfKind(kind);
    t.teardown(first.stop);
    await first.query(`CREATE DATABASE mem; USE mem; CREATE TABLE m (id INT PRIMARY KEY) ENGINE=MEMORY;
      INSERT INTO m VALUES (1),(2)`);
    await first.shutdown();
    const second = await startServerOfKind(kind, { continues: first });
    t.teardown(second.stop);
    // The server writes the statement when the table is opened.
    await second.query('SELECT * FROM mem.m');
    await second.query('INSERT INTO mem.m VALUES (3)');
    await second.flushLogs();
    const engine = await openScratchEngine(t);
    await replayFiles(engine, second.binlogFiles());
    const found = await tableDifferences(second, engine, { database: 'mem', table: 'm' });
    t.deepEqual(found, []);
  });
}
