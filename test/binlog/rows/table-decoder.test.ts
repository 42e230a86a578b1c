import test from 'ava';
import {
  ChangeBuilder,
  createTableDecoder,
  readValue,
  rowsAsObjects,
  schemaFromTableMap,
  type BinlogEvent,
  type RowsEvent,
  type TableMapEvent,
} from '../../../src/binlog/index.js';
import { FlashError, type Column, type TableSchema } from '../../../src/protocol/index.js';
import { readCase } from '../fixtures/cases.js';
import { eventsOf } from '../fixtures/events-of.js';

const changes = readCase('changes-mysql-5.7');
const events = eventsOf(changes.log);

function schemaOf(name: string, from = changes): TableSchema {
  const found = from.tables.find((one) => one.schema.table === name);
  if (found === undefined) throw new Error(`no table ${name}`);
  return found.schema;
}

function mapOf(table: string, all: readonly BinlogEvent[] = events): TableMapEvent {
  const found = all.find((event) => event.kind === 'table-map' && event.table === table);
  if (found?.kind !== 'table-map') throw new Error(`no map of ${table}`);
  return found;
}

function rowsOf(table: string, all: readonly BinlogEvent[] = events): RowsEvent[] {
  const ids = new Set(
    all.flatMap((event) =>
      event.kind === 'table-map' && event.table === table ? [event.tableId] : [],
    ),
  );
  return all.flatMap((event) => (event.kind === 'rows' && ids.has(event.tableId) ? [event] : []));
}

/** Rows as [delmark, values …]. */
function appended(table: string, rows: readonly RowsEvent[]): unknown[][] {
  const schema = schemaOf(table);
  const builder = new ChangeBuilder(schema);
  const decoder = createTableDecoder(mapOf(table), schema);
  for (const event of rows) decoder.append(event, builder);
  const taken = builder.take();
  return Array.from({ length: taken.rows }, (_, r) => [
    taken.delmarks[r],
    ...schema.columns.map((_column, i) => readValue(taken, i, r)),
  ]);
}

test('an update that keeps the key is one row, one that changes it takes the old key away first', (t) => {
  const updates = rowsOf('keyed').filter((event) => event.change === 'update');
  const [plain, upper, moved] = updates;
  if (plain === undefined || upper === undefined || moved === undefined) return t.fail();
  t.deepEqual(appended('keyed', [plain]).slice(0, 1), [[0, 1, 'one', 11, 'xy']]);
  t.deepEqual(appended('keyed', [upper]), [
    [1, 1, 'one', 11, 'xy'],
    [0, 1, 'ONE', 11, 'xy'],
  ]);
  t.deepEqual(appended('keyed', [moved]), [
    [1, 2, 'two', 21, null],
    [0, 22, 'TWO', 21, null],
  ]);
});

test('a table without a key has both rows of an update', (t) => {
  const updates = rowsOf('heap').filter((event) => event.change === 'update');
  t.deepEqual(appended('heap', updates), [
    [1, 1, 'x'],
    [0, 1, 'xx'],
  ]);
});

test('an event that fails in the middle leaves no row of it, and later events come out right', (t) => {
  const schema = schemaOf('keyed');
  const builder = new ChangeBuilder(schema);
  const decoder = createTableDecoder(mapOf('keyed'), schema);
  const [insert] = rowsOf('keyed');
  if (insert === undefined) return t.fail();
  decoder.append(insert, builder);
  const before = builder.rows;
  const cut = { ...insert, rows: insert.rows.slice(0, -1) };
  const error = t.throws(
    () => {
      decoder.append(cut, builder);
    },
    { instanceOf: FlashError },
  );
  t.is(error.code, 'BINLOG_FORMAT');
  t.is(error.place.table, 'f.keyed');
  t.is(error.place.offset, insert.offset);
  t.is(builder.rows, before);
  decoder.append(insert, builder);
  const taken = builder.take();
  t.is(taken.rows, before * 2);
  for (const [i] of schema.columns.entries()) {
    for (let r = 0; r < before; r++) {
      t.deepEqual(readValue(taken, i, r + before), readValue(taken, i, r));
    }
  }
});

test('zero dates outside the key become NULL and are counted, and truncate takes the count back', (t) => {
  const types = readCase('types-mysql-5.7');
  const schema = schemaOf('temporals', types);
  const all = eventsOf(types.log);
  const builder = new ChangeBuilder(schema);
  const decoder = createTableDecoder(mapOf('temporals', all), schema);
  const empty = builder.mark();
  for (const rows of rowsOf('temporals', all)) decoder.append(rows, builder);
  const da2 = schema.columns.findIndex((column) => column.name === 'da2');
  t.is(builder.zeroDates[da2], 1, 'the date 2024-00-10');
  builder.truncate(empty);
  t.is(builder.zeroDates[da2], 0);
  t.is(builder.rows, 0);
  const strict = createTableDecoder(mapOf('temporals', all), schema, { zeroDate: 'error' });
  const error = t.throws(
    () => {
      for (const rows of rowsOf('temporals', all)) strict.append(rows, builder);
    },
    { instanceOf: FlashError },
  );
  t.is(error.code, 'UNSUPPORTED');
  t.regex(error.message, /the date \d{4}-\d\d-\d\d does not exist/);
});

test('a schema that is not the log’s is refused with the column', (t) => {
  const schema = schemaOf('keyed');
  const changed = (change: (column: Column) => Column): TableSchema => ({
    ...schema,
    columns: schema.columns.map(change),
  });
  const refused = (other: TableSchema, message: RegExp): void => {
    const error = t.throws(() => createTableDecoder(mapOf('keyed'), other), {
      instanceOf: FlashError,
    });
    t.is(error.code, 'SOURCE_MISMATCH');
    t.regex(error.message, message);
    t.is(error.place.table, 'f.keyed');
  };
  refused({ ...schema, columns: schema.columns.slice(1) }, /4 columns of the table, the schema 3/);
  refused(
    changed((column) =>
      column.name === 'c'
        ? { ...column, type: { kind: 'int', bits: 64, unsigned: false } }
        : column,
    ),
    /column c: the log has LONG/,
  );
  refused(
    changed((column) => (column.name === 'd' ? { ...column, type: { kind: 'date' } } : column)),
    /column d/,
  );
});

test('FULL metadata gives the schema that the server’s catalog has', (t) => {
  const types = readCase('types-mysql-9.7-full-metadata');
  const maps = eventsOf(types.log).filter((event) => event.kind === 'table-map');
  for (const { schema } of types.tables) {
    const map = maps.find((one) => one.table === schema.table);
    const read = map && schemaFromTableMap(map);
    t.deepEqual(read?.primaryKey, schema.primaryKey);
    for (const [i, column] of schema.columns.entries()) {
      t.is(read?.columns[i]?.name, column.name);
      t.deepEqual(read?.columns[i]?.type, column.type, column.name);
      t.is(read?.columns[i]?.nullable, column.nullable, column.name);
    }
  }
});

test('MINIMAL metadata gives no schema', (t) => {
  t.is(schemaFromTableMap(mapOf('keyed')), undefined);
});

test('objects show both images, and leave out what the log does not hold', (t) => {
  const minimal = readCase('stop-minimal-update-mysql-5.7');
  const all = eventsOf(minimal.log);
  const shown = rowsOf('t', all).flatMap((rows) =>
    rowsAsObjects(mapOf('t', all), schemaOf('t', minimal), rows),
  );
  t.deepEqual(shown, [
    { change: 'insert', after: { id: 1, a: 1, b: 1 } },
    { change: 'update', before: { id: 1 }, after: { a: 2 } },
  ]);
});
