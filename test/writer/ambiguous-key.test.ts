import { queryRows, type FlashError } from '../../src/protocol/index.js';
import { startServerOfKind, type ServerKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { kindsOf } from '../short-run.js';
import { openScratchEngine, record, replayFiles, sameRows } from './recorded-log.js';

const kinds: readonly ServerKind[] = kindsOf('mysql-9.7', 'mysql-5.7', 'mariadb');

for (const kind of kinds) {
  testSerialWith(kind)(`${kind}: a key whose values share their text stops the run`, async (t) => {
    const server = await startServerOfKind(kind);
    t.teardown(server.stop);
    const files = await record(server, async () => {
      await server.query(`CREATE DATABASE d; CREATE TABLE d.o (id INT PRIMARY KEY); INSERT INTO d.o VALUES (1);
        CREATE TABLE d.plain (s SET('','a') , e ENUM('','x'), k SET('a','b') PRIMARY KEY); INSERT INTO d.plain VALUES (3, '', 3);
        CREATE TABLE d.t (s SET('','a') PRIMARY KEY); INSERT INTO d.t VALUES (2), (3);
        INSERT INTO d.o VALUES (2)`);
    });
    const [row] = await server.query(
      'SELECT COUNT(*) AS c, COUNT(DISTINCT CONCAT(s)) AS texts FROM d.t',
    );
    t.deepEqual([Number(row?.['c']), Number(row?.['texts'])], [2, 1]);
    const engine = await openScratchEngine(t);
    const error = await t.throwsAsync<FlashError>(replayFiles(engine, files));
    t.is(error.code, 'UNSUPPORTED', error.message);
    t.regex(error.message, /the key of d\.t has s, set/);
    t.regex(String(error.hint), /--exclude 'd\.t'/);
    t.regex(error.place.file ?? '', /^binlog\./);
    t.deepEqual(await queryRows(engine, 'SELECT count() AS c FROM d.o'), [{ c: 1n }]);
    await replayFiles(engine, files, { exclude: ['d.t'] });
    await sameRows(t, server, engine, 'SELECT * FROM d.o ORDER BY id');
  });
}
