import { queryRows, type FlashError } from '../../src/protocol/index.js';
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

// MySQL 8.0 and later take the setting at the making of the data folder only.
for (const kind of ['mysql-5.7', 'mariadb'] as const) {
  testSerialWith(kind)(`${kind}: names that the source stores in lower case`, async (t) => {
    const server = await startServerOfKind(kind, { args: ['--lower-case-table-names=1'] });
    t.teardown(server.stop);
    await server.query(`CREATE DATABASE ShopX; USE ShopX;
        CREATE TABLE Orders (id INT PRIMARY KEY, v INT); INSERT INTO ORDERS VALUES (1, 1), (2, 2);
        CREATE TABLE Lines_ (id INT PRIMARY KEY, o INT,
          CONSTRAINT c FOREIGN KEY (o) REFERENCES ORDERS (id) ON DELETE CASCADE) ENGINE=InnoDB;
        INSERT INTO lines_ VALUES (1, 1), (2, 2);
        ALTER TABLE shopx.ORDERS ADD W INT; UPDATE Orders SET W = 5 WHERE id = 2;
        CREATE TABLE Other LIKE OrderS; INSERT INTO other SELECT * FROM orders;
        RENAME TABLE Other TO Another; TRUNCATE TABLE anOther; INSERT INTO ANOTHER VALUES (7, 7, 7);
        CREATE TABLE Gone (id INT PRIMARY KEY); INSERT INTO gone VALUES (1); DROP TABLE gONE;
        DELETE FROM Orders WHERE id = 1`);
    await server.flushLogs();
    const files = server.binlogFiles();
    const engine = await openScratchEngine(t);
    const whole = { beginning: undefined };
    const message = /changes shopx\.orders, which was made as shopx\.Orders/;
    await t.throwsAsync(replayFiles(engine, files, whole), { message });
    const lowerCaseTableNames = true;
    const mixed = replayFiles(engine, files, { ...whole, lowerCaseTableNames });
    await t.throwsAsync(mixed, { message: /begun without --lower-case-table-names/ });
    await engine.close();

    const other = await openScratchEngine(t);
    await replayFiles(other, files, { ...whole, lowerCaseTableNames });
    for (const table of ['orders', 'lines_', 'another']) {
      await sameRows(t, server, other, `SELECT * FROM shopx.${table} ORDER BY id`);
    }
    // It is kept with the copy.
    await server.query('ALTER TABLE SHOPX.Another DROP W; INSERT INTO shopX.another VALUES (8, 8)');
    await server.flushLogs();
    await replayFiles(other, server.binlogFiles(), whole);
    await sameRows(t, server, other, 'SELECT * FROM shopx.another ORDER BY id');
  });
}

const reserved = [
  '_row_exists',
  '_INTERNAL_VERSION',
  '_INTERNAL_DELMARK',
  '_part',
  '_block_number',
];

testSerialWith('mariadb')('what the engine can not name stops with its place', async (t) => {
  const server = await startServerOfKind('mariadb');
  t.teardown(server.stop);
  const long = '長'.repeat(45);
  await server.query('CREATE DATABASE d CHARACTER SET utf8mb4');
  for (const [index, column] of reserved.entries()) {
    await server.query(`CREATE TABLE d.t${index} (id INT PRIMARY KEY, \`${column}\` INT);
      INSERT INTO d.t${index} VALUES (1, 2)`);
  }
  await server.query(`CREATE TABLE d.\`${long}\` (id INT PRIMARY KEY); INSERT INTO d.\`${long}\` VALUES (1);
    CREATE TABLE d.last (id INT PRIMARY KEY); INSERT INTO d.last VALUES (1)`);
  await server.flushLogs();
  const engine = await openScratchEngine(t);
  const exclude: string[] = [];
  for (;;) {
    const options = { beginning: undefined, exclude };
    const error = await replayFiles(engine, server.binlogFiles(), options).then(
      () => undefined,
      (each: unknown) => each as FlashError,
    );
    if (error === undefined) break;
    const { file, offset, table } = error.place;
    t.truthy(file !== undefined && offset !== undefined, error.message);
    if (table === undefined || exclude.includes(table)) throw error;
    t.regex(String(error.hint), /--exclude/);
    exclude.push(table);
  }
  t.deepEqual(exclude, ['d.t0', 'd.t1', 'd.t2', 'd.t4', `d.${long}`]);
  await sameRows(t, server, engine, 'SELECT * FROM d.t3');
  await sameRows(t, server, engine, 'SELECT * FROM d.last');
});
