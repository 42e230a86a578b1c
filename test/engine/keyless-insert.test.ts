import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { listSnapshots, type Engine } from '../../src/protocol/index.js';
import { createTable, readValue, throwsCode } from './engine-suite.js';
import { openEmbeddedEngine } from './open-engine.js';

let folder = '';
let engine: Engine;

test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'theflash-keyless-'));
  engine = await openEmbeddedEngine(folder);
  await createTable(engine, 'keyless', '');
});

test.after.always(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

const countRows = async (): Promise<number> =>
  Number(await readValue(engine, '(SELECT count() FROM keyless.t)'));

// Equal rows are told apart by numbers: any number that comes up twice would make two rows one.
test.serial('equal rows stay apart, however an INSERT spreads them over blocks', async (t) => {
  const smallBlocks = 'max_block_size = 1000, min_insert_block_size_rows = 1000, max_threads = 4';
  await engine.execute(
    `INSERT INTO keyless.t SELECT 1, 'x' FROM numbers_mt(200000) SETTINGS ${smallBlocks}`,
  );
  t.is(await countRows(), 200_000);
  await engine.execute(`INSERT INTO keyless.t FORMAT CSV\n${'1,x\n'.repeat(100_000)}`);
  t.is(await countRows(), 300_000);
  const threads = `INSERT INTO keyless.t SELECT 1, 'x' SETTINGS max_insert_threads = 4`;
  await throwsCode(t, () => engine.execute(threads), 'INVALID_REQUEST');
});

test.serial('an INSERT that fails half-way leaves nothing, and hides no later row', async (t) => {
  const failing = `INSERT INTO keyless.t SELECT 1, if(number = 9000, throwIf(1)::String, 'x')
    FROM numbers(10000) SETTINGS max_block_size = 100, min_insert_block_size_rows = 100,
    min_insert_block_size_bytes = 1, max_threads = 1`;
  const before = await countRows();
  await t.throwsAsync(() => engine.execute(failing));
  t.is(await countRows(), before);
  await engine.execute(`INSERT INTO keyless.t SELECT 1, 'x' FROM numbers(10000)`);
  t.is(await countRows(), before + 10_000);
});

// The INSERT takes numbers of the engine's counter beforehand, and gives back what it did not use.
test.serial('a snapshot that is made during an INSERT can be dropped after it', async (t) => {
  const insert = `INSERT INTO keyless.t SELECT 1, 'x' FROM numbers(40) WHERE sleepEachRow(0.05) = 0 SETTINGS max_block_size = 10`;
  const running = engine.execute(insert);
  await waitForInsert();
  await engine.execute('CREATE SNAPSHOT during OF keyless.t');
  await running;
  await engine.execute('DROP SNAPSHOT during');
  t.deepEqual(await listSnapshots(engine), []);
  await engine.execute('CREATE SNAPSHOT during OF keyless.t; DROP SNAPSHOT during');
  t.deepEqual(await listSnapshots(engine), []);
});

async function waitForInsert(): Promise<void> {
  const running = `(SELECT count() FROM system.processes WHERE query LIKE 'INSERT INTO%sleepEachRow%')`;
  while ((await readValue(engine, running)) === '0') await new Promise(setImmediate);
}
