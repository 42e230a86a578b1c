import test from 'ava';
import {
  Binary,
  Field,
  Int64,
  Schema,
  Table,
  tableFromIPC,
  tableToIPC,
  TimeMicrosecond,
  Timestamp,
  TimeUnit,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import {
  decodeSchemaMessage,
  encodeSchemaMessage,
  mysqlTypeFamily,
  mysqlTypeKey,
  relabelSchema,
  tableRows,
  type MysqlTypeFamily,
} from '../../src/protocol/index.js';

const given = new Schema(
  [
    new Field('name', new Utf8(), true),
    new Field('token', new Utf8(), true),
    new Field('at', new TimeMicrosecond(), false),
    new Field('placed', new Timestamp(TimeUnit.SECOND, 'UTC'), true),
    new Field('seen', new Timestamp(TimeUnit.SECOND, 'UTC'), true),
    new Field('own', new Utf8(), false),
  ],
  new Map([['origin', 'engine']]),
);
const mysqlTypes = new Map([
  ['name', 'varchar(20)'],
  ['token', 'varbinary(16)'],
  ['at', 'time(3)'],
  ['placed', 'datetime'],
  ['seen', 'timestamp'],
]);

test('bytes become binary, TIME int64, DATETIME a wall clock, and each field tells its MySQL type', (t) => {
  const schema = relabelSchema(given, mysqlTypes);
  t.deepEqual(
    schema.fields.map((field) => [
      field.name,
      String(field.type),
      field.nullable,
      field.metadata.get(mysqlTypeKey),
    ]),
    [
      ['name', String(new Utf8()), true, 'varchar(20)'],
      ['token', String(new Binary()), true, 'varbinary(16)'],
      ['at', String(new Int64()), false, 'time(3)'],
      ['placed', 'Timestamp<SECOND>', true, 'datetime'],
      ['seen', 'Timestamp<SECOND, UTC>', true, 'timestamp'],
      ['own', String(new Utf8()), false, undefined],
    ],
  );
  t.is(schema.metadata.get('origin'), 'engine');
});

test('a schema message survives the way to bytes and back', (t) => {
  const schema = relabelSchema(given, mysqlTypes);
  const message = encodeSchemaMessage(schema);
  t.is(message.byteLength % 8, 0);
  t.is(String(decodeSchemaMessage(message)), String(schema));
  t.is(decodeSchemaMessage(message).fields[1]?.metadata.get(mysqlTypeKey), 'varbinary(16)');
});

test('batches that were made under the old schema read under the new one', (t) => {
  const table = new Table({
    token: vectorFromArray(['ab', null, ''], new Utf8()),
    at: vectorFromArray([-3_020_399_000_000n, 1n, null], new TimeMicrosecond()),
  });
  const stream = tableToIPC(table, 'stream');
  const headLength = encodeSchemaMessage(table.schema).byteLength;
  const schema = relabelSchema(decodeSchemaMessage(stream), mysqlTypes);
  const read = tableFromIPC([encodeSchemaMessage(schema), stream.slice(headLength)]);
  t.deepEqual(tableRows(read), [
    { token: new TextEncoder().encode('ab'), at: -3_020_399_000_000n },
    { token: null, at: 1n },
    { token: new Uint8Array(), at: null },
  ]);
});

const families: readonly (readonly [string, MysqlTypeFamily | undefined])[] = [
  ['bigint unsigned', 'other'],
  ['decimal(65,30)', 'other'],
  ["enum('a)','b')", 'other'],
  ['varchar(20)', 'other'],
  ['double precision', 'other'],
  ['longblob', 'bytes'],
  ['binary(16)', 'bytes'],
  ['point', 'bytes'],
  ['time', 'time'],
  ['time(6)', 'time'],
  ['datetime(6)', 'datetime'],
  ['timestamp(6)', 'other'],
  ['point of sale', undefined],
  ['geometry srid 4326', 'bytes'],
  ['char(3) charset ascii', 'other'],
  ['the time', undefined],
  ['', undefined],
  ['when it was sent', undefined],
];
for (const [text, family] of families) {
  test(`MySQL type or not: "${text}"`, (t) => {
    t.is(mysqlTypeFamily(text), family);
  });
}
