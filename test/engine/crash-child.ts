import { openEmbeddedEngine } from '../../src/engine/index.js';
import { buildStream } from './change-builder.js';
import { keyedTable } from './engine-suite.js';

// Run by embedded-crash.test.ts in a process of its own, which THEFLASH_FAILPOINT kills on the way:
// one batch of two tables, that replaces row 1, deletes row 2 and adds row 3 in each.
const [folder = ''] = process.argv.slice(2);
const engine = await openEmbeddedEngine(folder);
const batch = await engine.openBatch();
for (const [database, primaryKey] of [
  ['keyed', ['id']],
  ['multiset', []],
] as const) {
  const schema = { ...keyedTable(database), primaryKey };
  const changes = [
    { values: [1, 'old'], isDelete: true },
    { values: [1, 'new'] },
    { values: [2, 'old'], isDelete: true },
    { values: [3, 'new'] },
  ];
  const first = await batch.reserveVersions(changes.length);
  await batch.append(schema, buildStream(schema, changes, first));
}
await batch.commit('crash', 'second');
await batch.close();
await engine.close();
