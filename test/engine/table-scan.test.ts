// Goal: a program reads a table as it would by SQL. Method: scans beside the engine's own SELECT.
import test from 'ava';
import { tableFromIPC } from 'apache-arrow';
import { scan, type ScanOptions } from '../../src/engine/scan/table-scan.js';
import { queryRows, tableRows, type Engine } from '../../src/protocol/index.js';
import { makeEngineFolder, type EngineFolder } from '../commands/engine-folder.js';
import { throwsCode } from './engine-suite.js';
import { openEmbeddedEngine } from './open-engine.js';

let folder: EngineFolder;
let engine: Engine;
test.before(async () => {
  folder = await makeEngineFolder();
  engine = await openEmbeddedEngine(folder.engine);
  await engine.execute(
    `CREATE DATABASE shop; CREATE TABLE shop.t (id UInt64, name String) PRIMARY KEY id;
     INSERT INTO shop.t SELECT number, concat('n', toString(number % 7)) FROM numbers(200000);
     CREATE SNAPSHOT before OF shop.t; DELETE FROM shop.t WHERE id % 2 = 0`,
  );
});
test.after.always(async () => {
  await engine.close();
  await folder.remove();
});

const scans: readonly [options: ScanOptions, sql: string][] = [
  [{ orderBy: 'id' }, 'SELECT id, name FROM shop.t ORDER BY id'],
  [
    { table: 'shop.t', columns: ['name'], where: 'id < 50', orderBy: 'name desc, id', limit: 9 },
    'SELECT name FROM shop.t WHERE id < 50 ORDER BY name DESC, id LIMIT 9',
  ],
  [
    { table: 'shop.t', where: 'id = 0 OR id = 1', orderBy: 'id' },
    'SELECT id, name FROM shop.t WHERE id < 2 ORDER BY id',
  ],
  [
    { snapshot: 'before', where: 'id < 2', orderBy: 'id' },
    "SELECT number AS id, concat('n', toString(number)) AS name FROM numbers(2) ORDER BY id",
  ],
];
for (const [options, sql] of scans) {
  test(JSON.stringify(options), async (t) => {
    const rows = tableRows(await tableFromIPC(scan(engine, options)));
    t.true(rows.length > 0);
    t.deepEqual(rows, await queryRows(engine, sql));
  });
}

test('a reader that leaves ends its query', async (t) => {
  const pieces = scan(engine, { table: 'shop.t' });
  const first = await pieces.next();
  t.true((first.value?.length ?? 0) > 0);
  await pieces.return();
  t.deepEqual(await queryRows(engine, 'SELECT 1 AS one'), [{ one: 1 }]);
});

test('what can not be scanned is told by a code', async (t) => {
  const read = (options: ScanOptions) => (): Promise<unknown> => scan(engine, options).next();
  await throwsCode(t, read({ table: 'shop.none' }), 'NOT_FOUND');
  await throwsCode(t, read({ snapshot: 'none' }), 'NOT_FOUND');
  await throwsCode(t, read({ columns: ['nope'] }), 'INVALID_REQUEST');
  await throwsCode(t, read({ where: '1) OR (1' }), 'INVALID_REQUEST');
  await throwsCode(t, read({ orderBy: 'id sideways' }), 'INVALID_REQUEST');
});
