import test from 'ava';
import fc from 'fast-check';
import { ChangeBuilder, readValue, type RowValue } from '../../../src/binlog/index.js';
import { rowSource } from '../../../src/binlog/values/append-value.js';
import { appendBytes } from '../../../src/binlog/values/text-bytes.js';
import { append4Bytes } from '../../../src/binlog/values/integer.js';
import type { TableSchema } from '../../../src/protocol/index.js';

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
  ],
};

function add(builder: ChangeBuilder, id: number, text: string | null): void {
  const row = builder.beginRow();
  const [ids, texts] = builder.columns;
  if (ids === undefined || texts === undefined) throw new Error('no columns');
  const number = rowSource(new Uint8Array(Int32Array.of(id).buffer));
  append4Bytes(ids, row, number, 0, 4);
  if (text === null) texts.appendNull(row);
  else {
    const bytes = rowSource(new TextEncoder().encode(text));
    appendBytes(texts, row, bytes, 0, bytes.bytes.length);
  }
  builder.endRow(0);
}

function read(builder: ChangeBuilder, taken = builder.read()): [RowValue, RowValue][] {
  return Array.from({ length: taken.rows }, (_, r) => [
    readValue(taken, 0, r),
    readValue(taken, 1, r),
  ]);
}

const someText = fc.option(fc.string({ unit: 'grapheme', maxLength: 200 }), { freq: 3 });

test('rows, marks, truncation and handing over behave as a list of rows does', (t) => {
  const command = fc.oneof(
    { weight: 10, arbitrary: fc.record({ kind: fc.constant('add' as const), text: someText }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('mark' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('truncate' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('take' as const) }) },
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 300, size: 'max' }), (commands) => {
      const builder = new ChangeBuilder(schema);
      let model: [RowValue, RowValue][] = [];
      let mark = { mark: builder.mark(), length: 0 };
      commands.forEach((one, i) => {
        if (one.kind === 'add') {
          add(builder, i, one.text);
          model.push([i, one.text]);
        } else if (one.kind === 'mark') mark = { mark: builder.mark(), length: model.length };
        else if (one.kind === 'truncate') {
          builder.truncate(mark.mark);
          model = model.slice(0, mark.length);
        } else {
          const taken = builder.take();
          t.deepEqual(read(builder, taken), model);
          t.is(taken.columns[1]?.nullCount, model.filter(([, text]) => text === null).length);
          model = [];
          mark = { mark: builder.mark(), length: 0 };
        }
      });
      t.deepEqual(read(builder), model);
      t.true(builder.bytes >= model.length);
    }),
    { numRuns: 60 },
  );
});

test('buffers that were handed over are not written to again', (t) => {
  const builder = new ChangeBuilder(schema);
  add(builder, 1, 'one');
  const taken = builder.take();
  add(builder, 2, 'two');
  t.deepEqual(read(builder, taken), [[1, 'one']]);
  t.deepEqual(read(builder), [[2, 'two']]);
});
