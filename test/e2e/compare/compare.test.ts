import test from 'ava';
import {
  Binary,
  Decimal,
  Field,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  TimestampMicrosecond,
  Utf8,
} from 'apache-arrow';
import { compareTables, renderArrowTable, type TableRows } from './index.js';

const columns = [
  { name: 'k', dataType: 'varchar', fsp: 0 },
  { name: 'v', dataType: 'int', fsp: 0 },
];
const table: TableRows = {
  name: 't',
  columns,
  primaryKey: ['k'],
  rows: [
    ['a', '1'],
    ['b', null],
  ],
};
const keyless: TableRows = { ...table, primaryKey: [], rows: [...table.rows, ['a', '1']] };

test('equal tables in another order have no differences', (t) => {
  t.deepEqual(compareTables(table, { ...table, rows: table.rows.toReversed() }), []);
  t.deepEqual(compareTables(keyless, { ...keyless, rows: keyless.rows.toReversed() }), []);
});

test('a changed value, a missing row, one row more and a row twice are each named', (t) => {
  const [a = [], b = []] = table.rows;
  t.deepEqual(compareTables(table, { ...table, rows: [a, ['b', '0']] }), [
    't: ["b"] v (int): the source has null, the copy "0"',
  ]);
  t.deepEqual(compareTables(table, { ...table, rows: [a] }), [
    't: the source has 2 rows, the copy 1',
    't: the copy lacks ["b"]',
  ]);
  t.deepEqual(compareTables(table, { ...table, rows: [a, b, ['c', '0']] }), [
    't: the source has 2 rows, the copy 3',
    't: only the copy has ["c"]',
  ]);
  t.true(
    compareTables(table, { ...table, rows: [a, b, b] }).includes('t: the copy has a key twice'),
  );
  t.deepEqual(compareTables(keyless, { ...keyless, rows: [a, b, b] }), [
    't: row ["a","1"]: 2 times in the source, 1 times in the copy',
    't: row ["b",null]: 1 times in the source, 2 times in the copy',
  ]);
});

test('Arrow values become canonical text, negative and NULL ones too', (t) => {
  const fields = [
    new Field('d', new Decimal(2, 9, 128), true),
    new Field('m', new TimestampMicrosecond('UTC'), true),
    new Field('s', new Int64(), true),
    new Field('x', new Binary(), true),
    new Field('u', new Utf8(), true),
  ];
  const nullBitmap = Uint8Array.of(0b011);
  const length = 3;
  const nullCount = 1;
  const offsets = Int32Array.of(0, 2, 2, 2);
  const children = [
    makeData({
      type: new Decimal(2, 9, 128),
      length,
      nullCount,
      nullBitmap,
      data: Uint32Array.of(
        4294967291,
        4294967295,
        4294967295,
        4294967295,
        1234,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
      ),
    }),
    makeData({
      type: new TimestampMicrosecond('UTC'),
      length,
      nullCount,
      nullBitmap,
      data: BigInt64Array.of(-1n, 1_000_000n, 0n),
    }),
    makeData({
      type: new Int64(),
      length,
      nullCount,
      nullBitmap,
      data: BigInt64Array.of(-3_020_399_000_000n, 1n, 0n),
    }),
    makeData({
      type: new Binary(),
      length,
      nullCount,
      nullBitmap,
      valueOffsets: offsets,
      data: Uint8Array.of(0, 255),
    }),
    makeData({
      type: new Utf8(),
      length,
      nullCount,
      nullBitmap,
      valueOffsets: offsets,
      data: Uint8Array.of(0xc3, 0xa9),
    }),
  ];
  const schema = new Schema(fields);
  const batch = new RecordBatch(
    schema,
    makeData({ type: new Struct(fields), length, nullCount: 0, children }),
  );
  const rendered = renderArrowTable(new Table(schema, [batch]), {
    name: 't',
    primaryKey: [],
    columns: [
      { name: 'd', dataType: 'decimal', fsp: 0 },
      { name: 'm', dataType: 'datetime', fsp: 6 },
      { name: 's', dataType: 'time', fsp: 0 },
      { name: 'x', dataType: 'varbinary', fsp: 0 },
      { name: 'u', dataType: 'varchar', fsp: 0 },
    ],
  });
  t.deepEqual(rendered.rows, [
    ['-0.05', '1969-12-31 23:59:59.999999', '-838:59:59', '00FF', 'é'],
    ['12.34', '1970-01-01 00:00:01.000000', '00:00:00', '', ''],
    [null, null, null, null, null],
  ]);
});
