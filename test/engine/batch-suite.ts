import type { TestFn } from 'ava';
import { queryRows, type Engine } from '../../src/protocol/index.js';
import { buildStream, type Change } from './change-builder.js';
import { put, readRows, remove } from './rows.js';
import {
  applyBatch,
  createTable,
  keyedTable,
  readValue,
  throwsCode,
  type EngineUnderTest,
} from './engine-suite.js';

/** Tests of write batches that hold for every implementation of `Engine`. */
export function defineBatchSuite(test: TestFn, under: EngineUnderTest): void {
  defineApplyTests(test, under);
  defineVisibilityTests(test, under);
  defineRefusalTests(test, under);
  defineMultisetTests(test, under);
}

function defineApplyTests(test: TestFn, under: EngineUnderTest): void {
  test.serial('batches insert, replace and delete by key', async (t) => {
    const engine = under.engine();
    const schema = keyedTable('apply');
    await createTable(engine, 'apply');
    await applyBatch(engine, schema, [put(1, 'a'), put(2, 'b'), put(3, null)]);
    await applyBatch(engine, schema, [put(2, 'B'), remove(3), put(4, 'd'), put(4, 'D')]);
    t.deepEqual(await readRows(engine, 'apply'), ['1 a', '2 B', '4 D']);
    await applyBatch(engine, schema, [remove(1), put(1, 'back')]);
    t.deepEqual(await readRows(engine, 'apply'), ['1 back', '2 B', '4 D']);
  });

  test.serial('a checkpoint is what the last commit of its source gave', async (t) => {
    const engine = under.engine();
    const schema = keyedTable('checkpoint');
    await createTable(engine, 'checkpoint');
    t.is(await engine.readCheckpoint('checkpoint-test'), undefined);
    const text = '{"it\'s":"\\\\ \\t \t\n \u{1f600}","n":""}';
    await applyBatch(engine, schema, [put(1, 'a')], { source: 'checkpoint-test', text });
    await applyBatch(engine, schema, [put(1, 'b')], { source: 'other', text: '' });
    t.is(await engine.readCheckpoint('checkpoint-test'), text);
    t.is(await engine.readCheckpoint('other'), '');
    const empty = await engine.openBatch();
    await empty.commit('checkpoint-test', 'moved');
    await empty.close();
    t.is(await engine.readCheckpoint('checkpoint-test'), 'moved');
  });

  test.serial('a batch that is closed without a commit leaves nothing', async (t) => {
    const engine = under.engine();
    const schema = keyedTable('dropped');
    await createTable(engine, 'dropped');
    const batch = await engine.openBatch();
    const first = await batch.reserveVersions(1);
    await batch.append(schema, buildStream(schema, [put(1, 'a')], first));
    await batch.close();
    await batch.close();
    t.is(await readValue(engine, '(SELECT count() FROM dropped.t)'), '0');
    await t.throwsAsync(() => batch.commit('x', 'y'), { message: /was closed/ });
    const staged = `(SELECT count() FROM system.tables WHERE database = 'theflash_staging')`;
    t.is(await readValue(engine, staged), '0');
  });

  test.serial('versions of batches and of SQL rise together: the last write wins', async (t) => {
    const engine = under.engine();
    const schema = keyedTable('order_of_writes');
    await createTable(engine, 'order_of_writes');
    await applyBatch(engine, schema, [put(1, 'batch 1')]);
    await engine.execute(`INSERT INTO order_of_writes.t VALUES (1, 'sql')`);
    t.deepEqual(await readRows(engine, 'order_of_writes'), ['1 sql']);
    await applyBatch(engine, schema, [put(1, 'batch 2'), put(2, 'x')]);
    await engine.execute(`DELETE FROM order_of_writes.t WHERE id = 2`);
    t.deepEqual(await readRows(engine, 'order_of_writes'), ['1 batch 2']);
    await engine.execute(`UPDATE order_of_writes.t SET v = 'updated' WHERE id = 1`);
    t.deepEqual(await readRows(engine, 'order_of_writes'), ['1 updated']);
  });
}

function defineVisibilityTests(test: TestFn, under: EngineUnderTest): void {
  // Two tables hold equal sums after every batch: no scan may ever see them differ.
  test.serial('scans see whole batches over all tables, while batches are applied', async (t) => {
    const engine = under.engine();
    for (const database of ['left_side', 'right_side']) await createTable(engine, database);
    const tables = [keyedTable('left_side'), keyedTable('right_side')];
    let isWriting = true;
    const differences: string[] = [];
    let scans = 0;
    const scan = async (): Promise<void> => {
      while (isWriting) {
        const [row] = await queryRows(
          engine,
          `SELECT (SELECT sum(toInt64(v)) FROM left_side.t) AS l, sum(toInt64(v)) AS r
           FROM right_side.t HAVING l IS DISTINCT FROM r`,
        );
        if (row !== undefined) differences.push(JSON.stringify(row, (_, v: unknown) => String(v)));
        scans++;
      }
    };
    const scanners = [scan(), scan()];
    for (let round = 1; round <= 10 || (scans <= 5 && round <= 1_000); round++) {
      const batch = await engine.openBatch();
      for (const schema of tables) {
        const changes = [put(round % 7, String(round)), put(round, String(round * 3))];
        const first = await batch.reserveVersions(changes.length);
        await batch.append(schema, buildStream(schema, changes, first));
      }
      await batch.commit('visibility', String(round));
      await batch.close();
    }
    isWriting = false;
    await Promise.all(scanners);
    t.deepEqual(differences, []);
    t.true(scans > 5, `${scans} scans`);
  });

  test.serial('a scan goes on with the rows of its start', async (t) => {
    const engine = under.engine();
    const schema = keyedTable('pinned');
    await createTable(engine, 'pinned');
    await applyBatch(engine, schema, [put(1, 'old')]);
    const scan = await engine.query('SELECT id, v FROM pinned.t');
    await applyBatch(engine, schema, [put(1, 'new'), put(2, 'new')]);
    let rows = 0;
    for await (const message of scan) rows += message.rows;
    t.is(rows, 1);
    t.deepEqual(await readRows(engine, 'pinned'), ['1 new', '2 new']);
  });
}

function defineRefusalTests(test: TestFn, under: EngineUnderTest): void {
  test.serial('wrong rows are refused, and nothing of their batch is applied', async (t) => {
    const engine = under.engine();
    await createTable(engine, 'refused');
    const schema = keyedTable('refused');
    const stream = buildStream(schema, [put(1, 'a')], 1n);
    const [id, v] = schema.columns;
    if (id === undefined || v === undefined) throw new Error('the table has two columns');
    const withColumns = (columns: typeof schema.columns): Uint8Array =>
      buildStream({ ...schema, columns }, [put(1, 'a')], 1n);
    const cases: [string, () => Promise<unknown>, 'NOT_FOUND' | 'INVALID_REQUEST'][] = [
      [
        'no such table',
        () => append(engine, { database: 'refused', table: 'no' }, stream),
        'NOT_FOUND',
      ],
      ['missing column', () => append(engine, schema, withColumns([id])), 'INVALID_REQUEST'],
      [
        'unknown column',
        () => append(engine, schema, withColumns([id, v, { ...v, name: 'w' }])),
        'NOT_FOUND',
      ],
      ['cut short', () => append(engine, schema, stream.subarray(0, 600)), 'INVALID_REQUEST'],
      ['no Arrow', () => append(engine, schema, Buffer.from('id,v\n1,a\n')), 'INVALID_REQUEST'],
    ];
    for (const [name, run, code] of cases) {
      t.log(name);
      await throwsCode(t, run, code);
    }
    t.is(await readValue(engine, '(SELECT count() FROM refused.t)'), '0');
  });

  test.serial('a NULL for a column without NULLs is refused', async (t) => {
    const engine = under.engine();
    await engine.execute(
      `DROP DATABASE IF EXISTS no_null; CREATE DATABASE no_null;
       CREATE TABLE no_null.t (id Int64, v String) ENGINE = MutableMergeTree ORDER BY (id)`,
    );
    const error = await t.throwsAsync(() =>
      applyBatch(engine, keyedTable('no_null'), [put(1, null)]),
    );
    t.regex(error.message, /NULL/);
    t.is(await readValue(engine, '(SELECT count() FROM no_null.t)'), '0');
  });

  test.serial('versions that were never reserved are refused', async (t) => {
    const engine = under.engine();
    await createTable(engine, 'unreserved');
    const schema = keyedTable('unreserved');
    const batch = await engine.openBatch();
    await batch.append(schema, buildStream(schema, [put(1, 'a')], 2n ** 63n));
    await throwsCode(t, () => batch.commit('x', 'y'), 'INVALID_REQUEST');
    await batch.close();
    t.is(await readValue(engine, '(SELECT count() FROM unreserved.t)'), '0');
  });
}

function defineMultisetTests(test: TestFn, under: EngineUnderTest): void {
  test.serial('a table without a key counts equal rows exactly', async (t) => {
    const engine = under.engine();
    await createTable(engine, 'multiset', '');
    const schema = { ...keyedTable('multiset'), primaryKey: [] };
    const steps: [Change[], string[]][] = [
      [
        [put(1, 'a'), put(1, 'a'), put(1, null), put(2, '')],
        ['1 a', '1 a', '1 null', '2 '],
      ],
      [
        [put(1, 'a'), remove(1, null), put(1, null), put(1, '')],
        ['1 ', '1 a', '1 a', '1 a', '1 null', '2 '],
      ],
      [
        [remove(1, 'a'), remove(1, 'a'), remove(2, '')],
        ['1 ', '1 a', '1 null'],
      ],
      // An update of one of several equal rows, and rows that come and go within the batch.
      [
        [put(3, 'x'), remove(3, 'x'), put(3, 'x'), remove(1, 'a'), put(1, 'b')],
        ['1 ', '1 b', '1 null', '3 x'],
      ],
      [[remove(1, ''), remove(1, 'b'), remove(1, null), remove(3, 'x')], []],
      [
        [put(1, 'a'), put(1, 'a')],
        ['1 a', '1 a'],
      ],
    ];
    for (const [changes, expected] of steps) {
      await applyBatch(engine, schema, changes);
      t.deepEqual(await readRows(engine, 'multiset'), expected);
    }
  });

  test.serial('a delete of a row that is not there says that the copy is wrong', async (t) => {
    const engine = under.engine();
    await createTable(engine, 'drifted', '');
    const schema = { ...keyedTable('drifted'), primaryKey: [] };
    await applyBatch(engine, schema, [put(1, 'a')]);
    const error = await throwsCode(
      t,
      () => applyBatch(engine, schema, [remove(1, 'a'), remove(1, 'a'), remove(1, 'b')]),
      'BROKEN_DATA',
    );
    t.regex(error.message, /drifted.*2 row/);
    t.deepEqual(await readRows(engine, 'drifted'), ['1 a']);
  });
}

async function append(
  engine: Engine,
  table: { database: string; table: string },
  stream: Uint8Array,
): Promise<void> {
  const batch = await engine.openBatch();
  try {
    await batch.append(table, stream);
  } finally {
    await batch.close();
  }
}
