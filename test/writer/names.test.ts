import { queryRows } from '../../src/protocol/index.js';
import { startServerOfKind, type ServerKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { openScratchEngine, record, replayFiles, sameRows } from './recorded-log.js';

const kinds: readonly ServerKind[] = ['mysql-5.7', 'mysql-9.7', 'mariadb'];

for (const kind of kinds) {
  testSerialWith(kind)(`${kind}: names that hold dots and backticks are kept apart`, async (t) => {
    const server = await startServerOfKind(kind);
    t.teardown(server.stop);
    const tables = ['`r`.`b.c`', '`r.b`.`c`', '`r.b`.```c```', '`r.``b`.`c`'];
    const files = await record(server, async () => {
      await server.query('CREATE DATABASE `r`; CREATE DATABASE `r.b`; CREATE DATABASE `r.``b`');
      for (const [index, table] of tables.entries()) {
        await server.query(`CREATE TABLE ${table} (id INT PRIMARY KEY, v INT);
          INSERT INTO ${table} VALUES (1, ${index}), (2, ${index})`);
      }
      for (const table of tables) await server.query(`UPDATE ${table} SET v = v + 10 WHERE id = 1`);
      await server.query('ALTER TABLE `r`.`b.c` ADD w INT; INSERT INTO `r`.`b.c` VALUES (3, 3, 3)');
    });
    const engine = await openScratchEngine(t);
    await replayFiles(engine, files);
    const engineNames = ['`r`.`b.c`', '`r.b`.`c`', '`r.b`.`\\`c\\``', '`r.\\`b`.`c`'];
    for (const [index, name] of engineNames.entries()) {
      const expected = await server.query(`SELECT * FROM ${tables[index] ?? ''} ORDER BY id`);
      const found = await queryRows(engine, `SELECT * FROM ${name} ORDER BY id`);
      t.deepEqual(JSON.stringify(found), JSON.stringify(expected), name);
    }
    await sameRows(t, server, engine, 'SELECT * FROM `r`.`b.c` ORDER BY id');
  });
}
