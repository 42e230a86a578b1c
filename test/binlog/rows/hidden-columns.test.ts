import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {
  createTableDecoder,
  logsHiddenColumns,
  rowsAsObjects,
  schemaFromTableMap,
  type BinlogEvent,
  type RowsEvent,
  type TableDecoderOptions,
  type TableMapColumn,
  type TableMapEvent,
} from '../../../src/binlog/index.js';
import { FlashError, type Column, type TableSchema } from '../../../src/protocol/index.js';
import { readCase } from '../fixtures/cases.js';
import { eventsOf } from '../fixtures/events-of.js';

/** Written by MySQL 8.0.17: t (a INT, INDEX ((a + 1))), to which b TEXT was added. */
const log = path.resolve(
  import.meta.dirname,
  '../../../../shared/fixtures/binlog/rust__rpl_unfiltered_hidden_gcol.000001',
);
const int: Column = {
  name: 'a',
  nullable: true,
  mysqlType: 'int',
  type: { kind: 'int', bits: 32, unsigned: false },
};
const text: Column = {
  name: 'b',
  nullable: true,
  mysqlType: 'text',
  type: { kind: 'text', charset: 'utf8mb4' },
};
const bigint: Column = {
  name: 'h',
  nullable: true,
  mysqlType: 'bigint',
  type: { kind: 'int', bits: 64, unsigned: false },
};

function schemaOf(columns: readonly Column[]): TableSchema {
  return { database: 'test', table: 't', columns, primaryKey: [] };
}

function mapAndRows(events: readonly BinlogEvent[]): [TableMapEvent, RowsEvent] | undefined {
  const at = events.findIndex((event) => event.kind === 'rows');
  const map = events.slice(0, at).findLast((event) => event.kind === 'table-map');
  const rows = events[at];
  return map?.kind === 'table-map' && rows?.kind === 'rows' ? [map, rows] : undefined;
}

test('servers that log hidden columns are MySQL 8.0.13 to 8.0.17', (t) => {
  for (const version of ['8.0.13', '8.0.17-debug', '8.0.16-7']) t.true(logsHiddenColumns(version));
  for (const version of ['8.0.12', '8.0.18', '5.7.17', '9.7.4', '8.0.17-MariaDB', '']) {
    t.false(logsHiddenColumns(version), version);
  }
});

test('a hidden column of MySQL 8.0.17 among the others is left out', (t) => {
  if (!existsSync(log)) {
    t.log('skipped: ../shared/fixtures/binlog is missing');
    t.pass();
    return;
  }
  const [map, rows] = mapAndRows(eventsOf(readFileSync(log))) ?? [];
  if (map === undefined || rows === undefined) {
    t.fail();
    return;
  }
  const schema = schemaOf([int, text]);
  const options: TableDecoderOptions = { logsHiddenColumns: true };
  // As mysqlbinlog -v prints it: @1=1, @3='1'.
  t.deepEqual(rowsAsObjects(map, schema, rows, options), [
    { change: 'insert', after: { a: 1, b: '1' } },
  ]);

  const refused = (other: TableSchema, event: RowsEvent, more: TableDecoderOptions): void => {
    const error = t.throws(() => rowsAsObjects(map, other, event, more), {
      instanceOf: FlashError,
    });
    t.is(error.code, 'SOURCE_MISMATCH');
    t.truthy(error.hint);
  };
  refused(schema, rows, {});
  refused(schemaOf([text]), { ...rows, present: Uint8Array.of(0xfd) }, options);
  refused(schemaOf([text, int]), rows, options);
  // A value of the column that seems to be hidden: it is one that the schema does not know.
  refused(schema, { ...rows, present: Uint8Array.of(0xff) }, options);
});

test('columns that fit in more than one way are not guessed', (t) => {
  const map = tableMap([logged({ typeCode: 8 }), logged({ typeCode: 8 }), logged({ typeCode: 3 })]);
  const error = t.throws(
    () => createTableDecoder(map, schemaOf([bigint, int]), { logsHiddenColumns: true }),
    { instanceOf: FlashError },
  );
  t.is(error.code, 'SOURCE_MISMATCH');
  t.regex(error.message, /the log has 3 columns of the table, the schema 2/);
});

test('columns that the log calls hidden are left out, whatever the server', (t) => {
  const map = tableMap([
    logged({ typeCode: 3, name: 'a' }),
    logged({ typeCode: 8, name: '!hidden!i!0!0' }),
    logged({ typeCode: 252, metadata: 2, collation: 255, name: 'b' }),
    logged({ typeCode: 20, metadata: 8, name: '!hidden!numbers!0!0' }),
  ]);
  t.deepEqual(
    schemaFromTableMap(map)?.columns.map((column) => column.name),
    ['a', 'b'],
  );
  const rows: RowsEvent = {
    ...map,
    kind: 'rows',
    change: 'insert',
    endOfStatement: true,
    foreignKeyChecks: true,
    logsForeignKeys: false,
    columnCount: 4,
    present: Uint8Array.of(0xf5),
    presentAfter: undefined,
    rows: Uint8Array.of(0, 7, 0, 0, 0, 1, 0, 0x78),
    partialJson: false,
  };
  t.deepEqual(rowsAsObjects(map, schemaOf([int, text]), rows), [
    { change: 'insert', after: { a: 7, b: 'x' } },
  ]);
  t.throws(() => createTableDecoder(map, schemaOf([text])), { instanceOf: FlashError });
});

test('MySQL 9.7 logs no column of a functional or multi-valued index, but invisible ones', (t) => {
  const { log: full } = readCase('hidden-columns-mysql-9.7-full-metadata');
  const columns = new Map<string, (boolean | undefined)[]>();
  for (const event of eventsOf(full)) {
    if (event.kind !== 'table-map') continue;
    columns.set(
      event.table,
      event.columns.map((column) => column.visible),
    );
  }
  t.deepEqual(columns.get('functional'), [true, true, true]);
  t.deepEqual(columns.get('arrays'), [true, true]);
  t.deepEqual(columns.get('unseen'), [true, true, false, true]);
  t.deepEqual(columns.get('keyless'), [false, true, true], 'the generated primary key');
});

function logged(known: Partial<TableMapColumn>): TableMapColumn {
  return {
    typeCode: 3,
    metadata: 0,
    nullable: true,
    unsigned: false,
    collation: undefined,
    name: undefined,
    members: undefined,
    visible: undefined,
    ...known,
  };
}

function tableMap(columns: readonly TableMapColumn[]): TableMapEvent {
  return {
    kind: 'table-map',
    tableId: 1n,
    database: 'test',
    table: 't',
    columns,
    primaryKey: [0],
    timeSeconds: 1,
    type: 19,
    serverId: 1,
    flags: 0,
    file: 'log.1',
    offset: 4,
    endOffset: 50,
  };
}
