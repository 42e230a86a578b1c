// Goal: rows of an answer come out whole, however the bytes are cut. Method: packets as servers send
// them, in pieces of every size; bytes that are no answer give a typed error.
import test from 'ava';
import { readTextRow, ResultParser, type TextRow } from '../../../src/source/live/result-parser.js';

const eof = [0xfe, 0, 0, 2, 0];
const okPayload = [0, 0, 0, 2, 0, 0, 0];
const errorPayload = [0xff, 0x84, 0x05, ...Buffer.from('#HY000Table definition has changed')];

/** The payloads as packets, numbered from 1; those of 16 MiB go on in the next one. */
function packets(payloads: readonly (readonly number[] | Buffer)[]): Buffer {
  const parts: Buffer[] = [];
  let sequence = 1;
  const add = (payload: Buffer): void => {
    const header = Buffer.alloc(4);
    header.writeUIntLE(payload.length, 0, 3);
    header[3] = sequence & 0xff;
    sequence += 1;
    parts.push(header, payload);
  };
  for (const each of payloads) {
    const payload = Buffer.from(each);
    let at = 0;
    for (; payload.length - at >= 0xffffff; at += 0xffffff) {
      add(payload.subarray(at, at + 0xffffff));
    }
    add(payload.subarray(at));
  }
  return Buffer.concat(parts);
}

/** A column's definition: nobody looks into it. */
const definition = [3, 0x64, 0x65, 0x66, 0, 0];

function parse(
  bytes: Buffer,
  size: number,
): { rows: TextRow[]; parser: ResultParser; ended: boolean } {
  const rows: TextRow[] = [];
  const parser = new ResultParser({
    onRow: (source, start, end) => {
      rows.push(readTextRow(source, start, end));
    },
    takeRows: () => undefined,
  });
  let ended = false;
  for (let at = 0; at < bytes.length; at += size)
    ended = parser.push(bytes.subarray(at, at + size));
  return { rows, parser, ended };
}

test('rows, NULL and long values, in pieces of every size', (t) => {
  const long = 'x'.repeat(70_000);
  const longField = [0xfd, 0x70, 0x11, 0x01, ...Buffer.from(long)];
  const middle = [0xfc, 0x00, 0x01, ...Buffer.from('y'.repeat(256))];
  const bytes = packets([
    ...[[2], definition, definition, eof],
    ...[
      [1, 0x61, 0xfb],
      [0, ...longField],
      [...middle, 0xfb],
    ],
    eof,
  ]);
  for (const size of [1, 2, 3, 5, 7, 64, 1000, 65_536, bytes.length]) {
    const { rows, ended } = parse(bytes, size);
    t.true(ended, `${size} bytes`);
    t.deepEqual(rows, [
      ['a', undefined],
      ['', long],
      ['y'.repeat(256), undefined],
    ]);
  }
});

test('a row of more than 16 MiB, and one that ends where a packet does', (t) => {
  for (const length of [0xffffff - 9, 0xffffff, 0xffffff + 5, 2 * 0xffffff]) {
    const field = Buffer.alloc(9 + length, 0x7a);
    field[0] = 0xfe;
    field.writeBigUInt64LE(BigInt(length), 1);
    const bytes = packets([[1], definition, eof, field, eof]);
    const { rows, ended } = parse(bytes, 65_536);
    t.true(ended);
    t.is(rows[0]?.[0]?.length, length);
  }
});

test('statements without rows, and errors before and after rows', (t) => {
  t.true(parse(packets([okPayload]), 1).ended);
  for (const before of [[], [[1], definition, eof], [[1], definition, eof, [1, 0x61]]]) {
    const { parser, ended } = parse(packets([...before, errorPayload]), 3);
    t.true(ended);
    t.is(parser.error?.errno, 1412);
    t.is(parser.error?.message, 'Table definition has changed');
  }
});

test('bytes that are no answer are a typed error, and cut ones no end', (t) => {
  const whole = packets([[1], definition, eof, [1, 0x61], eof]);
  for (let length = 0; length < whole.length; length += 1) {
    t.false(parse(whole.subarray(0, length), 4).ended, `${length} bytes`);
  }
  const wrong = [
    packets([[0xfb, 0x2f]]),
    Buffer.from([1, 0, 0, 9, 0]),
    packets([[1], definition, definition, eof]),
    packets([okPayload, okPayload]),
  ];
  for (const bytes of wrong) {
    t.throws(() => parse(bytes, bytes.length), { code: 'PROTOCOL' }, bytes.toString('hex'));
  }
});
