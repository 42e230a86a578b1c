import type { TestFn } from 'ava';
import { engineColumnType, queryRows, type ColumnType } from '../../src/protocol/index.js';
import { column, type Cell } from './change-builder.js';
import { applyBatch, type EngineUnderTest } from './engine-suite.js';

const dayMs = 86_400_000;
const micros = (iso: string): bigint => BigInt(Date.parse(`${iso}Z`)) * 1000n;
const days = (iso: string): number => Date.parse(`${iso}T00:00:00Z`) / dayMs;
const timeMax = 3_020_399n * 1_000_000n;

// Each type at its edges: what is written, and the engine's own text of it.
const cases: readonly [ColumnType, readonly Cell[], readonly string[]][] = [
  [{ kind: 'int', bits: 8, unsigned: false }, [-128, 127], ['-128', '127']],
  [{ kind: 'int', bits: 64, unsigned: true }, [0n, 2n ** 64n - 1n], ['0', '18446744073709551615']],
  [
    { kind: 'decimal', precision: 65, scale: 30, unsigned: false },
    [-(10n ** 65n) + 1n, 1n],
    [`-${'9'.repeat(35)}.${'9'.repeat(30)}`, `0.${'0'.repeat(29)}1`],
  ],
  [
    { kind: 'decimal', precision: 38, scale: 10, unsigned: false },
    [-(10n ** 38n) + 1n, 10n],
    [`-${'9'.repeat(28)}.${'9'.repeat(10)}`, '0.000000001'],
  ],
  [{ kind: 'decimal', precision: 5, scale: 2, unsigned: false }, [-99999, 1], ['-999.99', '0.01']],
  [{ kind: 'float', bits: 64 }, [5e-324, -0], ['5e-324', '-0']],
  [{ kind: 'bit', length: 64 }, [2n ** 64n - 1n, 0], ['18446744073709551615', '0']],
  [{ kind: 'year' }, [0, 2155], ['0', '2155']],
  [{ kind: 'date' }, [days('0001-01-01'), days('9999-12-31')], ['0001-01-01', '9999-12-31']],
  [{ kind: 'date' }, [-1, days('2300-01-01')], ['1969-12-31', '2300-01-01']],
  [
    { kind: 'datetime', fsp: 0 },
    [micros('1000-01-01T00:00:00') / 1_000_000n, micros('9999-12-31T23:59:59') / 1_000_000n],
    ['1000-01-01 00:00:00', '9999-12-31 23:59:59'],
  ],
  [
    { kind: 'datetime', fsp: 2 },
    [-10n, micros('9999-12-31T23:59:59') / 1000n + 990n],
    ['1969-12-31 23:59:59.99', '9999-12-31 23:59:59.99'],
  ],
  [
    { kind: 'timestamp', fsp: 6 },
    [-1n, micros('9999-12-31T23:59:59') + 999_999n],
    ['1969-12-31 23:59:59.999999', '9999-12-31 23:59:59.999999'],
  ],
  [{ kind: 'time', fsp: 0 }, [-timeMax, timeMax], ['-838:59:59', '838:59:59']],
  [{ kind: 'time', fsp: 6 }, [-1n, timeMax], ['-00:00:00.000001', '838:59:59.000000']],
  [{ kind: 'text', charset: 'utf8mb4' }, ['', 'a\0\u{1f600}'], ['', 'a\0\u{1f600}']],
  [{ kind: 'enum', members: ['a', 'b'] }, ['b', ''], ['b', '']],
  [{ kind: 'vector' }, [[1.5, -2.25], []], ['[1.5,-2.25]', '[]']],
];

/** Tests that values of every type come out of the engine as they went in. */
export function defineTypesSuite(test: TestFn, under: EngineUnderTest): void {
  test.serial('every type keeps its edge values and NULL', async (t) => {
    const engine = under.engine();
    const columns = cases.map(([type], index) => column(`c${index}`, type, true));
    const schema = {
      database: 'types',
      table: 't',
      primaryKey: ['id'],
      columns: [column('id', { kind: 'int', bits: 32, unsigned: false }), ...columns],
    };
    const ddl = schema.columns.map((each) => `${each.name} ${engineColumnType(each, schema)}`);
    await engine.execute(
      `DROP DATABASE IF EXISTS types; CREATE DATABASE types;
       CREATE TABLE types.t (${ddl.join(', ')}) ENGINE = MutableMergeTree ORDER BY (id)`,
    );
    const rows = [0, 1, 2].map((row) => ({
      values: [row, ...cases.map(([, cells]) => cells[row] ?? null)],
    }));
    await applyBatch(engine, schema, rows);
    const texts = columns.map((each) => `toString(${each.name}) AS ${each.name}`);
    const found = await queryRows(engine, `SELECT ${texts.join(', ')} FROM types.t ORDER BY id`);
    cases.forEach(([type, , expected], index) => {
      const values = found.map((row) => row[`c${index}`]);
      const absent = type.kind === 'vector' ? '[]' : null;
      t.deepEqual(values, [...expected, absent], JSON.stringify(type));
    });
    // As Arrow too: no type may fail to leave the engine.
    for await (const message of await engine.query('SELECT * FROM types.t'))
      t.true(message.rows < 4);
  });

  test.serial('a date can be the key', async (t) => {
    const engine = under.engine();
    const schema = {
      database: 'date_key',
      table: 't',
      primaryKey: ['d'],
      columns: [column('d', { kind: 'date' })],
    };
    await engine.execute(
      `DROP DATABASE IF EXISTS date_key; CREATE DATABASE date_key;
       CREATE TABLE date_key.t (d Date32) ENGINE = MutableMergeTree ORDER BY (d)`,
    );
    await applyBatch(engine, schema, [{ values: [days('9999-12-31')] }, { values: [0] }]);
    await applyBatch(engine, schema, [{ values: [0], isDelete: true }]);
    const rows = await queryRows(engine, 'SELECT toString(d) AS d FROM date_key.t');
    t.deepEqual(rows, [{ d: '9999-12-31' }]);
  });
  defineDayKeys(test, under);
}

function defineDayKeys(test: TestFn, under: EngineUnderTest): void {
  test.serial('days before 1900 and after 2299 can be keys: newest rows are read', async (t) => {
    const engine = under.engine();
    const columns = [
      column('d', { kind: 'date' }),
      column('v', { kind: 'int', bits: 32, unsigned: false }),
    ];
    const beyond = [
      ['1000-01-01', '1001-12-31', '1002-01-01', '1003-01-01', '1004-12-31'],
      ['2300-01-01', '2301-12-31', '2400-01-01', '5000-01-01', '9999-12-31'],
      ['1899-12-30', '1899-12-31'],
    ];
    await engine.execute('DROP DATABASE IF EXISTS day_key; CREATE DATABASE day_key');
    for (const [index, texts] of beyond.entries()) {
      const schema = { database: 'day_key', table: `t${index}`, primaryKey: ['d'], columns };
      await engine.execute(
        `CREATE TABLE day_key.t${index} (d Date32, v Int32) ENGINE = MutableMergeTree ORDER BY (d);
         SYSTEM STOP MERGES day_key.t${index}`,
      );
      const [first = 0, ...others] = texts.map(days);
      const all = [first, ...others];
      await applyBatch(
        engine,
        schema,
        all.map((day, v) => ({ values: [day, v] })),
      );
      await applyBatch(
        engine,
        schema,
        others.map((day) => ({ values: [day, 77] })),
      );
      await applyBatch(engine, schema, [{ values: [first, 0], isDelete: true }]);
      const rows = await queryRows(
        engine,
        `SELECT toString(d) AS d, v FROM day_key.t${index} ORDER BY d`,
      );
      t.deepEqual(
        rows,
        texts.slice(1).map((d) => ({ d, v: 77 })),
      );
    }
  });
}
