import type { TestFn } from 'ava';
import { createTable, readValue, throwsCode, type EngineUnderTest } from './engine-suite.js';

/** Rows enough for several blocks, and so for several parts. */
const rowCount = 3_000_000;

/** Tests of SQL statements that write many rows: they are the engine's own, whoever asks it. */
export function defineStatementSuite(test: TestFn, under: EngineUnderTest): void {
  for (const [shape, options] of [
    ['one partition', ''],
    ['partitions', 'PARTITION BY id % 8'],
  ] as const) {
    test.serial(`a statement over ${shape} is seen whole or not at all`, async (t) => {
      const engine = under.engine();
      const database = options === '' ? 'whole' : 'whole_partitions';
      await createTable(engine, database);
      await engine.execute(
        `DROP TABLE ${database}.t; CREATE TABLE ${database}.t (id Int64, v Int64)
         ENGINE = MutableMergeTree ${options} ORDER BY id`,
      );
      const seen = new Set<string>();
      const state = { writing: true };
      const reader = (async () => {
        while (state.writing) {
          seen.add(await readValue(engine, `(SELECT sum(v) FROM ${database}.t)`));
        }
      })();
      await engine.execute(
        `INSERT INTO ${database}.t SELECT number, 1 FROM numbers(${String(rowCount)});
         UPDATE ${database}.t SET v = v + 1 WHERE true;
         DELETE FROM ${database}.t WHERE id < ${String(rowCount / 2)};
         INSERT INTO ${database}.t VALUES (-1, 1), (-2, 1), (-3, 1)`,
      );
      state.writing = false;
      await reader;
      const allowed = [0, rowCount, 2 * rowCount, rowCount, rowCount + 3].map(String);
      t.deepEqual(
        [...seen].filter((sum) => !allowed.includes(sum)),
        [],
      );
      t.is(await readValue(engine, `(SELECT sum(v) FROM ${database}.t)`), String(rowCount + 3));
      const staged = `(SELECT count() FROM system.tables WHERE database = 'theflash_staging')`;
      t.is(await readValue(engine, staged), '0');
    });
  }

  test.serial('a statement that fails half-way leaves nothing', async (t) => {
    const engine = under.engine();
    await createTable(engine, 'half');
    const failing = `SELECT number, toString(throwIf(number = 2500000)) FROM numbers(3000000)`;
    await throwsCode(t, () => engine.execute(`INSERT INTO half.t ${failing}`), 'ENGINE');
    t.is(await readValue(engine, '(SELECT count() FROM half.t)'), '0');
    const staged = `(SELECT count() FROM system.tables WHERE database = 'theflash_staging')`;
    t.is(await readValue(engine, staged), '0');
  });

  test.serial('large data after INSERT is one write as well', async (t) => {
    const engine = under.engine();
    await createTable(engine, 'large');
    const lines = Array.from({ length: 200_000 }, (_, id) => `${String(id)}\tv${String(id)}`);
    await engine.execute(`INSERT INTO large.t FORMAT TSV\n${lines.join('\n')}\n`);
    t.is(await readValue(engine, '(SELECT count() FROM large.t)'), '200000');
    t.is(await readValue(engine, '(SELECT uniqExact(_part) FROM large.t)'), '1');
  });
}
