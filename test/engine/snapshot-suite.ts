import type { TestFn } from 'ava';
import {
  createSnapshot,
  dropSnapshot,
  extendSnapshot,
  findSnapshot,
  listSnapshots,
  quoteTable,
  storedTable,
  type Engine,
} from '../../src/protocol/index.js';
import { buildStream } from './change-builder.js';
import { putRows, readRows, remove } from './rows.js';
import {
  applyBatch,
  createTable,
  keyedTable,
  readValue,
  throwsCode,
  type EngineUnderTest,
} from './engine-suite.js';

const minuteMs = 60_000;

/** Tests of snapshots that hold for every implementation of `Engine`. */
export function defineSnapshotSuite(test: TestFn, under: EngineUnderTest): void {
  defineContentTests(test, under);
  defineInstantTests(test, under);
  defineLifeTests(test, under);
  defineRefusalTests(test, under);
}

/** Makes `database`.t of three rows and a snapshot of it; gives the reader of the snapshot. */
async function snapshotOf(engine: Engine, database: string): Promise<() => Promise<string>> {
  await createTable(engine, database);
  await applyBatch(engine, keyedTable(database), putRows([1, 'a'], [2, 'b'], [3, 'c']));
  const tables = [{ database, table: 't' }];
  await createSnapshot(engine, { name: database, tables, expiresInMs: minuteMs });
  return async () =>
    await readValue(
      engine,
      `(SELECT arrayStringConcat(groupArray(concat(toString(id), v)), ' ')
        FROM (SELECT id, v FROM ${database}.t AT SNAPSHOT ${database} ORDER BY id))`,
    );
}

function defineContentTests(test: TestFn, under: EngineUnderTest): void {
  test.serial('a snapshot keeps its rows, whatever becomes of the table', async (t) => {
    const engine = under.engine();
    const readSnapshot = await snapshotOf(engine, 'kept');
    const changes: readonly (() => Promise<void>)[] = [
      () => applyBatch(engine, keyedTable('kept'), [...putRows([1, 'x'], [4, 'd']), remove(2)]),
      () =>
        engine.execute(`UPDATE kept.t SET v = 'y' WHERE id = 3; DELETE FROM kept.t WHERE id = 1`),
      () => engine.execute('OPTIMIZE TABLE kept.t FINAL'),
      () => engine.execute('OPTIMIZE TABLE kept.t ELIMINATE'),
      () => engine.execute('ALTER TABLE kept.t ADD COLUMN w Int32 DEFAULT 5'),
      () => engine.execute('TRUNCATE TABLE kept.t'),
      () => engine.execute('DROP TABLE kept.t'),
    ];
    t.is(await readSnapshot(), '1a 2b 3c');
    for (const change of changes) {
      await change();
      t.is(await readSnapshot(), '1a 2b 3c', String(change));
    }
    await dropSnapshot(engine, 'kept');
  });

  test.serial('AT SNAPSHOT stands after any table of a query', async (t) => {
    const engine = under.engine();
    await snapshotOf(engine, 'joined');
    await engine.execute(`DELETE FROM joined.t WHERE id = 2`);
    const count = async (sql: string): Promise<string> => await readValue(engine, `(${sql})`);
    t.is(
      await count(
        `SELECT count() FROM joined.t AT SNAPSHOT joined AS old LEFT ANTI JOIN joined.t AS now USING id`,
      ),
      '1',
    );
    t.is(await count('SELECT max(t.id) FROM joined.t AT SNAPSHOT joined WHERE t.id < 3'), '2');
    t.is(await count('SELECT count() FROM `joined`.`t` /* x */ at snapshot `joined` FINAL'), '3');
    t.is(await count(`SELECT count() FROM joined.t WHERE v <> 'joined.t AT SNAPSHOT nope'`), '2');
    await engine.execute('INSERT INTO joined.t SELECT id, v FROM joined.t AT SNAPSHOT joined');
    t.deepEqual(await readRows(engine, 'joined'), ['1 a', '2 b', '3 c']);
    await dropSnapshot(engine, 'joined');
  });
}

/** Writes a row into both tables of `databases` by each batch, until `stop` is called. */
function writeBoth(engine: Engine, databases: readonly string[]): { stop(): Promise<void> } {
  const state = { writing: true };
  const write = async (): Promise<void> => {
    for (let id = 0; state.writing; id += 1) {
      const batch = await engine.openBatch();
      for (const schema of databases.map(keyedTable)) {
        const first = await batch.reserveVersions(1);
        await batch.append(schema, buildStream(schema, putRows([id, 'v']), first));
      }
      await batch.commit('instant', String(id));
      await batch.close();
    }
  };
  const done = write();
  return {
    stop: async () => {
      state.writing = false;
      await done;
    },
  };
}

function defineInstantTests(test: TestFn, under: EngineUnderTest): void {
  test.serial('the tables of a snapshot are those of one instant', async (t) => {
    const engine = under.engine();
    const databases = ['instant_a', 'instant_b'];
    for (const database of databases) await createTable(engine, database);
    const writer = writeBoth(engine, databases);
    const tables = databases.map((database) => ({ database, table: 't' }));
    let rows = 0;
    while (rows < 20) {
      const snapshot = await createSnapshot(engine, { tables, expiresInMs: minuteMs });
      const [a, b] = await Promise.all(
        tables.map(async (table) => {
          const stored = quoteTable(storedTable(snapshot, table));
          return Number(await readValue(engine, `(SELECT count() FROM ${stored})`));
        }),
      );
      t.is(a, b);
      rows = a ?? 0;
      await dropSnapshot(engine, snapshot.name);
    }
    await writer.stop();
  });
}

function defineLifeTests(test: TestFn, under: EngineUnderTest): void {
  test.serial('snapshots are listed, extended and dropped', async (t) => {
    const engine = under.engine();
    const startMs = Date.now();
    await snapshotOf(engine, 'listed');
    const [listed] = (await listSnapshots(engine)).filter(({ name }) => name === 'listed');
    t.like(listed, { name: 'listed', tables: [{ database: 'listed', table: 't' }] });
    const lifeMs = (listed?.expiresAtMs ?? 0) - (listed?.createdAtMs ?? 0);
    t.is(lifeMs, minuteMs);
    t.true((listed?.createdAtMs ?? 0) >= startMs - 1);
    await extendSnapshot(engine, 'listed', 10 * minuteMs);
    t.true((await findSnapshot(engine, 'listed')).expiresAtMs >= startMs + 10 * minuteMs - 1);
    await dropSnapshot(engine, 'listed');
    await dropSnapshot(engine, 'listed');
    await throwsCode(t, () => engine.execute('DROP SNAPSHOT listed'), 'NOT_FOUND');
    await throwsCode(t, () => findSnapshot(engine, 'listed'), 'NOT_FOUND');
    await throwsCode(t, () => extendSnapshot(engine, 'listed', minuteMs), 'NOT_FOUND');
  });

  test.serial('a snapshot that expires is gone, with its tables', async (t) => {
    const engine = under.engine();
    const readSnapshot = await snapshotOf(engine, 'expired');
    const { tables } = await findSnapshot(engine, 'expired');
    await extendSnapshot(engine, 'expired', 1000);
    const untilGone = async (): Promise<void> => {
      for (;;) await readSnapshot();
    };
    await throwsCode(t, untilGone, 'NOT_FOUND');
    const stored = `(SELECT count() FROM system.tables WHERE database = 'theflash_snapshots'
      AND name = '${tables[0]?.stored.table ?? ''}')`;
    const deadlineMs = Date.now() + 2 * minuteMs;
    while ((await readValue(engine, stored)) !== '0') t.true(Date.now() < deadlineMs);
    await snapshotOf(engine, 'expired');
    t.is(await readSnapshot(), '1a 2b 3c');
    await dropSnapshot(engine, 'expired');
  });

  test.serial('a scan that reads a snapshot goes on when it is dropped', async (t) => {
    const engine = under.engine();
    await createTable(engine, 'scanned');
    await engine.execute(
      'INSERT INTO scanned.t SELECT number, toString(number) FROM numbers(1000000)',
    );
    const tables = [{ database: 'scanned', table: 't' }];
    const snapshot = await createSnapshot(engine, { tables, expiresInMs: minuteMs });
    const scan = await engine.query(`SELECT * FROM scanned.t AT SNAPSHOT ${snapshot.name}`);
    await dropSnapshot(engine, snapshot.name);
    let rows = 0;
    for await (const message of scan) rows += message.rows;
    t.is(rows, 1_000_000);
  });
}

function defineRefusalTests(test: TestFn, under: EngineUnderTest): void {
  test.serial('what can be no snapshot is refused, and leaves nothing', async (t) => {
    const engine = under.engine();
    const readSnapshot = await snapshotOf(engine, 'refused');
    const refused: readonly [string, 'INVALID_REQUEST' | 'NOT_FOUND'][] = [
      ['CREATE SNAPSHOT refused OF refused.t', 'INVALID_REQUEST'],
      ['CREATE SNAPSHOT other OF refused.t, refused.gone', 'NOT_FOUND'],
      ['CREATE SNAPSHOT other OF refused.t, refused.t', 'INVALID_REQUEST'],
      ['CREATE SNAPSHOT other', 'INVALID_REQUEST'],
      ['CREATE SNAPSHOT other OF refused.t EXPIRES IN 0 SECONDS', 'INVALID_REQUEST'],
      ['CREATE SNAPSHOT other OF refused.t EXPIRES IN 1 HOUR', 'INVALID_REQUEST'],
      ['CREATE SNAPSHOT other OF refused.t, system.numbers', 'INVALID_REQUEST'],
      ['SELECT 1 FROM refused.t AT SNAPSHOT other', 'NOT_FOUND'],
      ['SELECT 1 FROM refused.gone AT SNAPSHOT refused', 'NOT_FOUND'],
      ['DROP DATABASE theflash_snapshots', 'INVALID_REQUEST'],
      ['DROP DATABASE IF EXISTS theflash_snapshots', 'INVALID_REQUEST'],
      ['INSERT INTO theflash_snapshots.x VALUES (1)', 'INVALID_REQUEST'],
      ['TRUNCATE TABLE `theflash_snapshots`.x', 'INVALID_REQUEST'],
      ['RENAME TABLE refused.t TO theflash_staging.t', 'INVALID_REQUEST'],
    ];
    for (const [sql, code] of refused) {
      await throwsCode(t, () => engine.execute(sql), code);
    }
    t.is(await readSnapshot(), '1a 2b 3c');
    const left = `(SELECT count() FROM system.tables WHERE database = 'theflash_snapshots')`;
    t.is(await readValue(engine, left), '1');
    await dropSnapshot(engine, 'refused');
  });
}
