import test from 'ava';
import {
  Binary,
  Bool,
  Decimal,
  Field,
  Float64,
  Int32,
  List,
  tableFromIPC,
  tableToIPC,
  Table,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import {
  arrowEndOfStream,
  encodeRows,
  FlashError,
  readRawStream,
} from '../../src/protocol/index.js';

const rows = 100;
const table = new Table({
  id: vectorFromArray(
    Array.from({ length: rows }, (_, row) => row),
    new Int32(),
  ),
  text: vectorFromArray(
    Array.from({ length: rows }, (_, row) => (row % 3 === 0 ? null : `ü${row}`)),
    new Utf8(),
  ),
  bytes: vectorFromArray(
    Array.from({ length: rows }, (_, row) => Uint8Array.of(row, 255)),
    new Binary(),
  ),
  flag: vectorFromArray(
    Array.from({ length: rows }, (_, row) => row % 5 < 2),
    new Bool(),
  ),
  price: vectorFromArray(
    Array.from({ length: rows }, (_, row) => Uint32Array.of(row, 1, 2, 3)),
    new Decimal(2, 30, 128),
  ),
  list: vectorFromArray(
    Array.from({ length: rows }, (_, row) =>
      Array.from({ length: row % 4 }, (__, item) => row + item / 2),
    ),
    new List(new Field('item', new Float64(), false)),
  ),
});

test('rows are taken in any order, of every layout', (t) => {
  // Offset by 3, so that nothing is aligned by luck.
  const stream = new Uint8Array(3 + tableToIPC(table).length).subarray(3);
  stream.set(tableToIPC(table, 'stream'));
  const raw = readRawStream(stream);
  for (const wanted of [[], [0], [99, 3, 3, 50], Array.from({ length: rows }, (_, row) => row)]) {
    const [batch] = raw.batches;
    if (batch === undefined) throw new Error('there is a batch');
    const message = encodeRows(batch, Int32Array.from(wanted));
    const taken = tableFromIPC([raw.schemaMessage, message, arrowEndOfStream]);
    t.is(taken.numRows, wanted.length);
    for (const name of ['id', 'text', 'bytes', 'flag', 'price', 'list']) {
      const values = (from: Table, at: readonly number[]): string[] =>
        at.map((row) => JSON.stringify(from.getChild(name)?.get(row)));
      t.deepEqual(values(taken, [...wanted.keys()]), values(table, wanted), name);
    }
  }
});

test('what is no stream is refused', (t) => {
  const stream = tableToIPC(table, 'stream');
  for (const bytes of [
    new Uint8Array(0),
    stream.subarray(0, 600),
    stream.subarray(0, stream.length - 400),
  ]) {
    const error = t.throws(() => readRawStream(bytes), { instanceOf: FlashError });
    t.is(error.code, 'INVALID_REQUEST');
  }
});
