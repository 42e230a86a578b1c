import test from 'ava';
import fc from 'fast-check';
import { ByteSink } from '../../../src/binlog/columns/byte-sink.js';
import {
  jsonFormMysql57,
  jsonFormMysql80,
  type JsonForm,
} from '../../../src/binlog/values/json-form.js';
import {
  writeDouble,
  writeInteger,
  writeInteger64,
} from '../../../src/binlog/values/json-number.js';

/** Number, text of MySQL 9.7's SELECT, text of 5.7's where it is another. */
const doubles: readonly [number, string, string?][] = [
  [0, '0.0', '0'],
  [-0, '-0.0', '-0'],
  [1, '1.0', '1'],
  [-100_000_000_000_000, '-100000000000000.0', '-100000000000000'],
  [1e15, '1e15'],
  [-1.25e20, '-1.25e20'],
  [3_192_022_743_628_275.5, '3192022743628275.5'],
  [1e-6, '0.000001'],
  [9.5e-7, '0.00000095'],
  [-1.234567890123456e-13, '-0.0000000000001234567890123456'],
  [1e-15, '0.000000000000001'],
  [1e-16, '1e-16'],
  [5e-324, '5e-324'],
  [Number.MAX_VALUE, '1.7976931348623157e308'],
];

for (const [value, text, text57 = text] of doubles) {
  test(`the double ${Object.is(value, -0) ? '-0' : String(value)} is ${text}`, (t) => {
    t.is(doubleText(value, jsonFormMysql80), text);
    t.is(doubleText(value, jsonFormMysql57), text57);
  });
}

test('doubles of few decimals have the shortest digits that give them back', (t) => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.log(`SEED=${seed}`);
  const some = fc.oneof(
    fc.tuple(fc.maxSafeInteger(), fc.integer({ min: 1, max: 1e7 })).map(([n, d]) => n / d),
    fc.tuple(fc.integer(), fc.integer({ min: 0, max: 6 })).map(([n, p]) => n / 10 ** p),
    fc.double({ min: 1e-6, max: 1e15, noNaN: true }),
  );
  const isPlain = (value: number): boolean => Math.abs(value) >= 1e-6 && Math.abs(value) < 1e15;
  const property = fc.property(some.filter(isPlain), (value) => {
    t.is(doubleText(value, jsonFormMysql57), String(value));
  });
  fc.assert(property, { seed, numRuns: 5000 });
});

test('64-bit integers are exact to their ends', (t) => {
  const ends: readonly [bigint, boolean][] = [
    [-(2n ** 63n), true],
    [2n ** 63n - 1n, true],
    [-1n, true],
    [2n ** 64n - 1n, false],
    [2n ** 53n, false],
    [2n ** 53n + 1n, false],
    [-(2n ** 53n) - 1n, true],
    [0n, false],
  ];
  for (const [value, signed] of ends) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
    const sink = new ByteSink();
    writeInteger64(bytes, 0, signed, sink);
    t.is(textIn(sink), String(value));
  }
});

test('32-bit integers are exact to their ends', (t) => {
  for (const value of [0, 9, 10, 99, 100, -1, -10, 2 ** 31 - 1, -(2 ** 31), 2 ** 32 - 1, 1e9]) {
    const sink = new ByteSink();
    writeInteger(value, sink);
    t.is(textIn(sink), String(value));
  }
});

function doubleText(value: number, form: JsonForm): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  const sink = new ByteSink();
  writeDouble(bytes, 0, form, sink);
  return textIn(sink);
}

function textIn(sink: ByteSink): string {
  return Buffer.from(sink.bytes.subarray(0, sink.length)).toString('latin1');
}
