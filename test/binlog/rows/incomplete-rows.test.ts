import test from 'ava';
import {
  ChangeBuilder,
  createTableDecoder,
  readValue,
  type IncompleteRows,
  type RowsEvent,
} from '../../../src/binlog/index.js';
import { FlashError, type TableSchema } from '../../../src/protocol/index.js';
import { readCase } from '../fixtures/cases.js';
import { eventsOf } from '../fixtures/events-of.js';

/**
 * What is told of rows that the log holds in part. That rows completed by it are those of the server
 * is shown by the completed-… cases of recorded-logs.test.ts.
 */
interface Appended {
  gap: IncompleteRows | undefined;
  /** Rows as [delmark, values …]. */
  rows: unknown[][];
}

function appendEach(name: string, table: string): Appended[] {
  const { log, tables } = readCase(name);
  const schema = schemaIn(tables, table);
  const events = eventsOf(log);
  const map = events.find((event) => event.kind === 'table-map' && event.table === table);
  if (map?.kind !== 'table-map') throw new Error(`no map of ${table}`);
  const decoder = createTableDecoder(map, schema);
  return events.flatMap((event) => {
    if (event.kind !== 'rows' || event.tableId !== map.tableId) return [];
    const builder = new ChangeBuilder(schema);
    const gap = decoder.appendIncomplete(event, builder);
    const taken = builder.take();
    const rows = Array.from({ length: taken.rows }, (_, r) => [
      taken.delmarks[r],
      ...schema.columns.map((_column, i) => readValue(taken, i, r)),
    ]);
    return [{ gap, rows }];
  });
}

function schemaIn(tables: readonly { schema: TableSchema }[], table: string): TableSchema {
  const found = tables.find((one) => one.schema.table === table);
  if (found === undefined) throw new Error(`no table ${table}`);
  return found.schema;
}

test('an update with MINIMAL images lacks the columns that neither image holds', (t) => {
  const [insert, update] = appendEach('stop-minimal-update-mysql-5.7', 't');
  t.is(insert?.gap, undefined);
  t.deepEqual(update, {
    gap: { missing: [2], source: 'current-row', rows: [0], keyRows: [0] },
    rows: [[0, 1, 2, null]],
  });
});

test('an update with NOBLOB images lacks the texts that did not change', (t) => {
  const [, update] = appendEach('stop-noblob-update-mariadb', 't');
  t.deepEqual(update, {
    gap: { missing: [2], source: 'current-row', rows: [0], keyRows: [0] },
    rows: [[0, 1, 2, null]],
  });
});

test('an update that changes the key is completed from the row with the old key', (t) => {
  const moved = appendEach('completed-minimal-mysql-5.7', 't').find(
    ({ gap }) => gap !== undefined && gap.rows[0] !== gap.keyRows[0],
  );
  t.deepEqual(moved?.gap?.rows, [1]);
  t.deepEqual(moved?.gap?.keyRows, [0]);
  t.deepEqual(moved?.rows[0]?.slice(0, 3), [1, 1, 'one']);
  t.deepEqual(moved?.rows[1]?.slice(0, 3), [0, 1, 'uno']);
});

test('updates of a table without a key have all their columns in one image or the other', (t) => {
  for (const server of ['mysql-5.7', 'mysql-9.7', 'mariadb']) {
    const changes = appendEach(`completed-minimal-${server}`, 'heap');
    t.true(changes.length >= 4, server);
    t.true(
      changes.every(({ gap }) => gap === undefined),
      server,
    );
  }
});

test('an insert lacks the columns that the statement did not name, whose values are defaults', (t) => {
  t.deepEqual(appendEach('stop-minimal-insert-mysql-9.7', 't'), [
    {
      gap: { missing: [2], source: 'default', rows: [0], keyRows: [0] },
      rows: [[0, 1, 1, null]],
    },
  ]);
});

test('a row whose key is not in the log is refused, and so is one that may not be completed', (t) => {
  const { log, tables } = readCase('stop-minimal-update-mysql-5.7');
  const events = eventsOf(log);
  const map = events.find((event) => event.kind === 'table-map');
  const update = events.find(
    (event): event is RowsEvent => event.kind === 'rows' && event.change === 'update',
  );
  if (map?.kind !== 'table-map' || update === undefined) return t.fail();
  const schema = schemaIn(tables, 't');
  const keyedByA = { ...schema, primaryKey: ['a'] };
  const builder = new ChangeBuilder(keyedByA);
  const refused = (act: () => void, message: RegExp): void => {
    const error = t.throws(act, { instanceOf: FlashError });
    t.is(error.code, 'UNSUPPORTED');
    t.regex(error.message, message);
    t.is(builder.rows, 0);
  };
  refused(
    () => createTableDecoder(map, keyedByA).appendIncomplete(update, builder),
    /no value of a for an update/,
  );
  refused(() => {
    createTableDecoder(map, schema).append(update, builder);
  }, /no value of b for an update/);
});
