import { openEmbeddedEngine } from '../../src/engine/index.js';
import { queryRows } from '../../src/protocol/index.js';
import { buildStream } from './change-builder.js';
import { createTable, keyedTable } from './engine-suite.js';

// Run by embedded-stdin.test.ts: writes in every way there is, then prints the rows of the tables
// and, after them, what is left on its standard input.
const [folder = ''] = process.argv.slice(2);
const engine = await openEmbeddedEngine(folder);
await createTable(engine, 'db');
await engine.execute(`CREATE TABLE db.plain (id Int64, v String) ENGINE = MergeTree ORDER BY id;
  INSERT INTO db.t VALUES (1, 'values'); -- a comment
  INSERT INTO db.plain (id, v) VALUES (1, lower('VALUES')), (2, 'a;b'); INSERT INTO db.plain SELECT 3, 'select'`);
await engine.execute(`INSERT INTO db.plain FORMAT CSV
4,"csv"
5,csv`);
await engine.execute(`UPSERT INTO db.t FORMAT JSONEachRow {"id": 2, "v": "json"}`);
const batch = await engine.openBatch();
const schema = keyedTable('db');
const first = await batch.reserveVersions(1);
await batch.append(schema, buildStream(schema, [{ values: [3, 'batch'] }], first));
await batch.commit('stdin', 'done');
await batch.close();
const sql =
  'SELECT toString(id) AS id, v FROM (SELECT id, v FROM db.t ORDER BY id UNION ALL SELECT id, v FROM db.plain) ORDER BY id, v';
for (const row of await queryRows(engine, sql)) {
  process.stdout.write(`${String(row['id'])} ${String(row['v'])}\n`);
}
await engine.close();
for await (const chunk of process.stdin) process.stdout.write(chunk as Uint8Array);
