import { RecordBatchReader, Table, tableFromIPC, Utf8, vectorFromArray, Int32 } from 'apache-arrow';
import test from 'ava';
import { readParquet } from 'parquet-wasm/node';
import { encodeResult, writeJsonDocument } from '../../../src/cli/index.js';
import { mysqlTypeKey } from '../../../src/protocol/index.js';
import { collect, resultOf } from './arrow-result.js';
import { parseCsv } from './parse-csv.js';
import { edgeColumns, edgeMysqlTypes, edgeTable } from './values.js';

const wide = { widthMax: Number.POSITIVE_INFINITY };
const names = edgeColumns.map((column) => column.name);
const rowsTwice = [0, 1, 2, 0, 1, 2];

test('CSV, read back by the rules of RFC 4180, holds every value as text', async (t) => {
  const result = await resultOf(edgeTable(), edgeMysqlTypes());
  const csv = (await collect(encodeResult('csv', result, wide))).toString();
  const expected = rowsTwice.map((row) => edgeColumns.map((column) => column.text[row]));
  t.deepEqual(parseCsv(csv), [names, ...expected]);
});

test('JSON lines hold every value, wide numbers exact as strings', async (t) => {
  const result = await resultOf(edgeTable(), edgeMysqlTypes());
  const lines = (await collect(encodeResult('jsonl', result, wide))).toString().split('\n');
  t.is(lines.pop(), '');
  const expected = rowsTwice.map((row) =>
    Object.fromEntries(edgeColumns.map((column) => [column.name, column.json[row]])),
  );
  t.deepEqual(
    lines.map((line): unknown => JSON.parse(line)),
    expected,
  );
});

test('the JSON document holds columns, rows and their count', async (t) => {
  const result = await resultOf(edgeTable(), edgeMysqlTypes());
  const document: unknown = JSON.parse((await collect(writeJsonDocument(result))).toString());
  t.like(document, { rowCount: 6 });
  t.snapshot(document);
});

test('a result without rows is a valid document of each form', async (t) => {
  const empty = new Table({ a: vectorFromArray<Int32>([], new Int32()) });
  const text = async (format: 'csv' | 'jsonl' | 'table'): Promise<string> =>
    (await collect(encodeResult(format, await resultOf(empty), wide))).toString();
  t.is(await text('csv'), 'a\r\n');
  t.is(await text('jsonl'), '');
  t.is(await text('table'), 'a\n─\n');
  t.deepEqual(JSON.parse((await collect(writeJsonDocument(await resultOf(empty)))).toString()), {
    columns: [{ name: 'a', type: 'Int32', nullable: true, mysqlType: null }],
    rows: [],
    rowCount: 0,
  });
  for (const format of ['arrow-stream', 'arrow-file'] as const) {
    const bytes = await collect(encodeResult(format, await resultOf(empty), wide));
    t.is(tableFromIPC(bytes).numRows, 0);
  }
  const parquet = await collect(encodeResult('parquet', await resultOf(empty), wide));
  t.is(tableFromIPC(readParquet(parquet).intoIPCStream()).numRows, 0);
});

for (const format of ['arrow-stream', 'arrow-file'] as const) {
  test(`${format} is read back by apache-arrow: same rows, MySQL types in the fields`, async (t) => {
    const table = edgeTable();
    const result = await resultOf(table, edgeMysqlTypes());
    const read = tableFromIPC(await collect(encodeResult(format, result, wide)));
    t.deepEqual(read.toArray().map(String), table.toArray().map(String));
    t.is(read.batches.length, 2);
    const time = read.schema.fields.find((field) => field.name === 'time');
    t.is(time?.metadata.get(mysqlTypeKey), 'time(3)');
  });
}

test('an Arrow file can be entered at any batch', async (t) => {
  const bytes = await collect(encodeResult('arrow-file', await resultOf(edgeTable()), wide));
  const reader = RecordBatchReader.from(bytes).open();
  t.true(reader.isFile());
  t.is(reader.isFile() ? reader.readRecordBatch(1)?.numRows : 0, 3);
});

test('Parquet is read back with the same Arrow types and values', async (t) => {
  const table = edgeTable().select(names.filter((name) => name !== 'broken'));
  const result = await resultOf(table);
  const bytes = await collect(encodeResult('parquet', result, wide));
  const read = tableFromIPC(readParquet(bytes).intoIPCStream());
  t.is(String(read.schema), String(table.schema));
  t.deepEqual(read.toArray().map(String), table.toArray().map(String));
});

test('a table shows a hundred rows and counts the others', async (t) => {
  const numbers = Array.from({ length: 70 }, (_, index) => index);
  const one = new Table({ n: vectorFromArray(numbers, new Int32()) });
  const shown = await collect(encodeResult('table', await resultOf(one.concat(one, one)), wide));
  const lines = shown.toString().trimEnd().split('\n');
  t.is(lines.length, 2 + 100 + 1);
  t.is(lines.at(-2), '29');
  t.is(lines.at(-1), '… 110 more rows');
});

test('a table lines figures up at the right and shows NULL, bytes and controls', async (t) => {
  const table = new Table({
    n: vectorFromArray([1, -200, null], new Int32()),
    text: vectorFromArray(['a\nb\u001b[31m', '茶碗', null], new Utf8()),
  });
  const shown = (await collect(encodeResult('table', await resultOf(table), wide))).toString();
  t.is(
    shown,
    [
      '   n  text',
      '────  ────────────',
      '   1  a\\nb\\x1b[31m',
      '-200  茶碗',
      'NULL  NULL',
      '',
    ].join('\n'),
  );
});
