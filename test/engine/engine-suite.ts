import type { ExecutionContext, TestFn } from 'ava';
import { tableFromIPC, type Table } from 'apache-arrow';
import {
  arrowEndOfStream,
  FlashError,
  queryRows,
  type Engine,
  type ErrorCode,
  type TableSchema,
} from '../../src/protocol/index.js';
import { endsInTime } from './cancel-time.js';
import { buildStream, column, type Change } from './change-builder.js';

/** What a suite runs against: an engine that is open while its tests run. */
export interface EngineUnderTest {
  engine(): Engine;
}

/** `db.t`, a keyed table of an id and a text, made anew. */
export const keyedTable = (database: string): TableSchema => ({
  database,
  table: 't',
  primaryKey: ['id'],
  columns: [
    column('id', { kind: 'int', bits: 64, unsigned: false }),
    column('v', { kind: 'text', charset: 'utf8mb4' }, true),
  ],
});

/** Makes a database with `t` in it; without `key` the table is a multiset. */
export async function createTable(engine: Engine, database: string, key = 'id'): Promise<void> {
  await engine.execute(
    `DROP DATABASE IF EXISTS ${database}; CREATE DATABASE ${database};
     CREATE TABLE ${database}.t (id Int64, v Nullable(String))
     ENGINE = MutableMergeTree ORDER BY ${key === '' ? 'tuple()' : `(${key})`}`,
  );
}

/** Applies changes to one table as one batch. */
export async function applyBatch(
  engine: Engine,
  schema: TableSchema,
  changes: readonly Change[],
  checkpoint = { source: 'test', text: 'x' },
): Promise<void> {
  const batch = await engine.openBatch();
  try {
    const first = await batch.reserveVersions(changes.length);
    await batch.append(schema, buildStream(schema, changes, first));
    await batch.commit(checkpoint.source, checkpoint.text);
  } finally {
    await batch.close();
  }
}

/** Reads a whole result with apache-arrow. */
export async function readTable(engine: Engine, sql: string): Promise<Table> {
  const messages: Uint8Array[] = [];
  for await (const message of await engine.query(sql)) messages.push(message.bytes.slice());
  return tableFromIPC([...messages, arrowEndOfStream]);
}

/** The only value of a result, as text. */
export async function readValue(engine: Engine, expression: string): Promise<string> {
  const [row] = await queryRows(engine, `SELECT toString(${expression}) AS value`);
  return String(row?.['value']);
}

/** Asserts that a promise rejects with a FlashError of that code, and gives the error. */
export async function throwsCode(
  t: ExecutionContext,
  run: () => Promise<unknown>,
  code: ErrorCode,
): Promise<FlashError> {
  const error = await t.throwsAsync(run, { instanceOf: FlashError });
  t.is(error.code, code, error.message);
  return error;
}

/** Tests of the `Engine` port that hold for every implementation of it. */
export function defineEngineSuite(test: TestFn, under: EngineUnderTest): void {
  defineQueryTests(test, under);
  defineStreamTests(test, under);
  defineCancelTests(test, under);
}

function defineQueryTests(test: TestFn, under: EngineUnderTest): void {
  test.serial('a query gives types, values and NULLs as Arrow', async (t) => {
    const table = await readTable(
      under.engine(),
      `SELECT toInt8(-1) AS i8, 18446744073709551615 AS u64, 'ü' AS s, NULL::Nullable(String) AS n,
       toDecimal128('-1.50', 2) AS d, [1.5, 2]::Array(Float32) AS list`,
    );
    t.deepEqual(
      table.schema.fields.map((field) => [field.name, String(field.type)]),
      [
        ['i8', 'Int8'],
        ['u64', 'Uint64'],
        ['s', 'Utf8'],
        ['n', 'Utf8'],
        ['d', 'Decimal[38e+2]'],
        ['list', 'List<Float32>'],
      ],
    );
    const row = table.get(0)?.toJSON();
    t.is(row?.['u64'], 18446744073709551615n);
    t.is(row?.['s'], 'ü');
    t.is(row?.['n'], null);
  });

  test.serial('an empty result still has its schema', async (t) => {
    const table = await readTable(
      under.engine(),
      'SELECT number FROM numbers(10) WHERE number > 99',
    );
    t.is(table.numRows, 0);
    t.deepEqual(table.schema.names, ['number']);
  });

  test.serial('statements that give no rows give an empty schema', async (t) => {
    const table = await readTable(under.engine(), 'CREATE DATABASE IF NOT EXISTS empty_schema');
    t.is(table.schema.fields.length, 0);
  });

  test.serial('SHOW and several statements in one text give the rows of the last', async (t) => {
    const rows = await queryRows(
      under.engine(),
      `CREATE DATABASE IF NOT EXISTS several; -- ; not a statement
       CREATE DATABASE IF NOT EXISTS several; SHOW DATABASES LIKE 'several'`,
    );
    t.deepEqual(rows, [{ name: 'several' }]);
    const two = 'SELECT 1 AS x; SELECT 2 AS x';
    await throwsCode(t, () => queryRows(under.engine(), two), 'INVALID_REQUEST');
  });
}

function defineStreamTests(test: TestFn, under: EngineUnderTest): void {
  test.serial('a result of millions of rows arrives whole and can be left early', async (t) => {
    let rows = 0;
    const sql = 'SELECT number, toString(number) AS s FROM numbers(3000000)';
    for await (const message of await under.engine().query(sql)) rows += message.rows;
    t.is(rows, 3_000_000);
    for await (const message of await under.engine().query(sql)) if (message.rows > 0) break;
    t.is(await readValue(under.engine(), '1'), '1');
  });

  test.serial('a table comes in record batches of up to 4 MiB', async (t) => {
    const engine = under.engine();
    await createTable(engine, 'batches');
    await engine.execute(
      `INSERT INTO batches.t SELECT number, repeat('x', 150) FROM numbers(100000);
       OPTIMIZE TABLE batches.t FINAL`,
    );
    const sizes: number[] = [];
    for await (const { rows, bytes } of await engine.query('SELECT * FROM batches.t'))
      if (rows > 0) sizes.push(bytes.length);
    t.true(sizes.length <= 8, `16 MB in ${sizes.length} batches`);
    t.true(Math.max(...sizes) < 5 * 2 ** 20, `batches of ${sizes.join(', ')} bytes`);
  });

  test.serial('many scans run at once', async (t) => {
    const sums = await Promise.all(
      Array.from({ length: 48 }, (_, index) =>
        readValue(under.engine(), `(SELECT sum(number) FROM numbers(${index * 10_000}))`),
      ),
    );
    const expected = sums.map((_, index) => (index * 10_000 * (index * 10_000 - 1)) / 2);
    t.deepEqual(
      sums.map(Number),
      expected.map((sum) => Math.max(sum, 0)),
    );
  });

  test.serial('errors have a code, a message and the engine code', async (t) => {
    const engine = under.engine();
    const missing = await throwsCode(
      t,
      () => readTable(engine, 'SELECT * FROM no.such'),
      'NOT_FOUND',
    );
    t.is(missing.place.engineCode, 81);
    const wrong = await throwsCode(t, () => engine.execute('SELEC 1'), 'INVALID_REQUEST');
    t.regex(wrong.message, /^Syntax error/);
    const late = 'SELECT throwIf(number = 2000000) FROM numbers(3000000)';
    await throwsCode(t, () => readTable(engine, late), 'ENGINE');
    await throwsCode(t, () => engine.execute("SELECT 'no end"), 'INVALID_REQUEST');
    t.is(await readValue(engine, '1'), '1', 'the engine goes on');
  });
}

function defineCancelTests(test: TestFn, under: EngineUnderTest): void {
  const endless = 'SELECT sum(sipHash64(number, number)) FROM numbers(1000000000000)';
  // Scalar subqueries run while a query is planned.
  const planning = `SELECT 1 WHERE (${endless}) = 1`;

  test.serial('a running query ends within 200 ms of its cancellation', async (t) => {
    for (const run of ['query', 'execute', 'planning'] as const) {
      const sql = run === 'planning' ? planning : endless;
      await endsInTime(t, async () => {
        const abort = new AbortController();
        const { signal } = abort;
        const running =
          run === 'execute'
            ? under.engine().execute(sql, { signal })
            : drain(under.engine(), sql, signal);
        await waitForQuery(under.engine(), sql);
        const start = performance.now();
        abort.abort();
        await throwsCode(t, () => running, 'CANCELLED');
        return performance.now() - start;
      });
    }
  });

  test.serial('closing a scan from outside ends its query', async (t) => {
    const scan = await under.engine().query(endless);
    const first = scan[Symbol.asyncIterator]().next();
    await waitForQuery(under.engine(), endless);
    await Promise.all([scan.close(), throwsCode(t, () => first, 'CANCELLED')]);
    t.is(await runningQueries(under.engine(), endless), 0);
  });

  test.serial('an aborted signal refuses a query at once', async (t) => {
    const signal = AbortSignal.abort();
    await throwsCode(t, () => under.engine().execute('SELECT 1', { signal }), 'CANCELLED');
  });
}

async function drain(engine: Engine, sql: string, signal: AbortSignal): Promise<void> {
  for await (const message of await engine.query(sql, { signal })) if (message.rows < 0) return;
}

async function runningQueries(engine: Engine, sql: string): Promise<number> {
  const rows = await queryRows(
    engine,
    `SELECT count() AS n FROM system.processes WHERE query = '${sql}'`,
  );
  return Number(rows[0]?.['n']);
}

/** Waits until the engine works on a query. */
export async function waitForQuery(engine: Engine, sql: string): Promise<void> {
  while ((await runningQueries(engine, sql)) !== 1) await new Promise(setImmediate);
}
