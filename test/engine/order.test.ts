// Goal: a snapshot is one instant of all its tables, whatever writes them. Method: while it is being
// made, one of its first tables is written, and then one of its last.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { queryRows, type Engine } from '../../src/protocol/index.js';
import { applyBatch, createTable, keyedTable } from './engine-suite.js';
import { put } from './rows.js';
import { openEmbeddedEngine } from './open-engine.js';

/** Ways to write round `n` to a table; the first two are made visible in different ways. */
const writes: Record<string, (engine: Engine, database: string, n: number) => Promise<void>> = {
  'one part by SQL': (engine, database, n) =>
    engine.execute(`INSERT INTO ${database}.t VALUES (${n}, 'x')`),
  'staged SQL': (engine, database, n) =>
    engine.execute(`INSERT INTO ${database}.t SELECT ${n}, 'x'`),
  batch: (engine, database, n) => applyBatch(engine, keyedTable(database), [put(n, 'x')]),
};

/** Tables that the snapshot keeps between the two, so that there is time to write both. */
const fillers = Array.from({ length: 120 }, (_, index) => `between.t${index}`);

let folder = '';
let engine: Engine | undefined;
test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'theflash-order-'));
  engine = await openEmbeddedEngine(folder);
  const make = (name: string): string =>
    `CREATE TABLE ${name} (id Int64) ENGINE = MutableMergeTree ORDER BY (id)`;
  await engine.execute(`CREATE DATABASE between; ${fillers.map(make).join('; ')}`);
});
test.after.always(async () => {
  await engine?.close();
  await rm(folder, { recursive: true, force: true });
});

for (const [how, write] of Object.entries(writes)) {
  test.serial(`${how}: a snapshot holds no write without those before it`, async (t) => {
    const open = engine;
    if (open === undefined) throw new Error('the engine did not open');
    for (const database of ['earlier', 'later']) await createTable(open, database);
    const name = `snapshot_${how.replaceAll(' ', '_')}`;
    const list = ['earlier.t', ...fillers, 'later.t'].join(', ');
    const made = open.execute(`CREATE SNAPSHOT ${name} OF ${list}`);
    while ((await countRows(open, `system.tables WHERE database = 'theflash_snapshots'`)) === 0) {
      await new Promise(setImmediate);
    }
    await write(open, 'earlier', 1);
    await write(open, 'later', 1);
    await made;
    t.is(await countRows(open, `earlier.t AT SNAPSHOT ${name}`), 0);
    t.is(await countRows(open, `later.t AT SNAPSHOT ${name}`), 0);
    t.is(await countRows(open, 'later.t'), 1);
    await open.execute(`DROP SNAPSHOT ${name}`);
  });
}

async function countRows(open: Engine, from: string): Promise<number> {
  const [row] = await queryRows(open, `SELECT toInt32(count()) AS n FROM ${from}`);
  return Number(row?.['n']);
}
