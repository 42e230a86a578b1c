import { tableFromIPC } from 'apache-arrow';
import test from 'ava';
import { encodeChanges, type TableSchema } from '../../src/protocol/index.js';

const schema: TableSchema = {
  database: 'd',
  table: 't',
  primaryKey: ['id'],
  columns: [
    {
      name: 'id',
      type: { kind: 'int', bits: 32, unsigned: false },
      nullable: false,
      mysqlType: 'int',
    },
    { name: 's', type: { kind: 'text', charset: 'utf8mb4' }, nullable: true, mysqlType: 'text' },
    { name: 'v', type: { kind: 'vector' }, nullable: true, mysqlType: 'vector(2)' },
  ],
};
const whole = { validity: undefined, nullCount: 0, offsets: undefined };
const bytes = (array: Int32Array | Float32Array): Uint8Array => new Uint8Array(array.buffer);

test('apache-arrow reads back what was encoded, NULLs, versions over 32 bits and MySQL types included', (t) => {
  const encoded = encodeChanges({
    schema,
    rows: 3,
    delmarks: Uint8Array.of(0, 1, 0),
    columns: [
      { ...whole, values: bytes(Int32Array.of(1, 2, -3)) },
      {
        validity: Uint8Array.of(5),
        nullCount: 1,
        offsets: Int32Array.of(0, 1, 1, 3),
        values: Buffer.from('ABC'),
      },
      { ...whole, offsets: Int32Array.of(0, 2, 2, 3), values: bytes(Float32Array.of(1, 2, 3)) },
    ],
  });
  encoded.setVersions(0xffff_fffen);
  const table = tableFromIPC(encoded.stream);
  t.is(table.numRows, 3);
  t.deepEqual([...(table.getChild('id') ?? [])], [1, 2, -3]);
  t.deepEqual([...(table.getChild('s') ?? [])], ['A', null, 'BC']);
  t.deepEqual(
    [...(table.getChild('v') ?? [])].map((list: Iterable<number>) => [...list]),
    [[1, 2], [], [3]],
  );
  t.deepEqual([...(table.getChild('_INTERNAL_DELMARK') ?? [])], [0, 1, 0]);
  t.deepEqual(
    [...(table.getChild('_INTERNAL_VERSION') ?? [])],
    [0xffff_fffen, 0xffff_ffffn, 0x1_0000_0000n],
  );
  t.deepEqual(
    table.schema.fields.map((field) => field.metadata.get('mysql_type')),
    [undefined, 'int', 'text', 'vector(2)', undefined],
  );
});

test('a batch without rows is a stream too', (t) => {
  const none = { ...whole, values: new Uint8Array(0) };
  const lists = { ...none, offsets: Int32Array.of(0) };
  const encoded = encodeChanges({
    schema,
    rows: 0,
    delmarks: new Uint8Array(0),
    columns: [none, lists, lists],
  });
  encoded.setVersions(1n);
  t.is(tableFromIPC(encoded.stream).numRows, 0);
});
