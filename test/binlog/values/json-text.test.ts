import test from 'ava';
import fc from 'fast-check';
import { ByteSink } from '../../../src/binlog/columns/byte-sink.js';
import {
  jsonFormMysql57,
  jsonFormMysql80,
  jsonFormOf,
} from '../../../src/binlog/values/json-form.js';
import { jsonTextMax, writeJsonText } from '../../../src/binlog/values/json-text.js';
import { FlashError } from '../../../src/protocol/index.js';
import { formOf, readGolden } from './json-golden.js';
import { jsonTextOf, randomSeed } from './json-text-of.js';

for (const kind of ['mysql-5.7', 'mysql-9.7']) {
  test(`values recorded from ${kind} read as it selected them`, (t) => {
    const golden = readGolden(kind);
    t.true(golden.length > 90);
    for (const { sql, hex, text } of golden) {
      t.is(jsonTextOf(Buffer.from(hex, 'hex'), formOf(kind)), text, sql);
    }
  });
}

test('a value is read where it lies in a larger buffer, and appended', (t) => {
  const value = Buffer.from('ffff0c0361e282acffff', 'hex');
  const sink = new ByteSink();
  sink.writeAscii('x');
  t.throws(() => {
    writeJsonText(value, 2, 6, sink);
  });
  sink.length = 1;
  writeJsonText(Buffer.from('ffff0c0461e282acffff', 'hex'), 2, 8, sink);
  t.is(Buffer.from(sink.bytes.subarray(0, sink.length)).toString(), 'x"a€"');
});

test('an empty value is null, as the server shows what IGNORE let in', (t) => {
  t.is(jsonTextOf(new Uint8Array()), 'null');
});

test('opaque VARCHAR is a string since 8.0 and base64 before', (t) => {
  const value = Buffer.from('0ffd0178', 'hex');
  t.is(jsonTextOf(value, jsonFormMysql80), '"x"');
  t.is(jsonTextOf(value, jsonFormMysql57), '"base64:type253:eA=="');
});

test('the form follows the version of the server', (t) => {
  t.is(jsonFormOf('5.7.29-log'), jsonFormMysql57);
  t.is(jsonFormOf('8.0.36'), jsonFormMysql80);
  t.is(jsonFormOf('9.7.4'), jsonFormMysql80);
});

const broken: Record<string, string> = {
  'an unknown type': '0d00',
  'an unknown literal': '0403',
  'a container without a header': '000000',
  'a size beyond the document': '0200000500',
  'more entries than bytes': '020200090004000004000000',
  'a value before its entry': '02010008000200000000',
  'a value after the container': '02010008000cff00ff',
  'a key before the keys': '0001000c00050001000400000061',
  'a key over the end': '0001000c000b00ff0004000061',
  'a length without an end': '0cffffffffffff',
  'a string over the end': '0c0541',
  'a double that is not a number': '0b000000000000f87f',
  'an infinite double': '0b000000000000f0ff',
  'a date of seven bytes': '0f0a0700000000000000',
  'minute 60 and more': '0f0b08000000000f000000',
  'year 65535': '0f0a08ffffffffffffff7f',
  'a decimal of precision 200': '0ff606c80080000000',
  'a decimal of the wrong length': '0ff605090080000000',
  'a decimal digit above 9': '0ff6060900ffffffff',
};

for (const [what, hex] of Object.entries(broken)) {
  test(`${what} is a format error`, (t) => {
    const error = t.throws(() => jsonTextOf(Buffer.from(hex, 'hex')), { instanceOf: FlashError });
    t.is(error.code, 'BINLOG_FORMAT');
    t.truthy(error.hint);
  });
}

test('101 containers in each other are refused, 100 are read', (t) => {
  t.is(jsonTextOf(nested(100)), '['.repeat(100) + ']'.repeat(100));
  t.throws(() => jsonTextOf(nested(101)), { message: /more than 100 containers/ });
});

test('offsets that share values can not blow the text up', (t) => {
  // Ninety arrays, each holding the next one twenty times over.
  const levels: number[][] = [];
  const width = 20;
  const size = 4 + 3 * width;
  for (let level = 0; level < 90; level++) {
    const rest = (90 - level) * size + 4;
    const entries = Array.from({ length: width }, () => [2, size & 255, size >> 8]);
    levels.push([width, 0, rest & 255, rest >> 8, ...entries.flat()]);
  }
  const value = Uint8Array.from([2, ...levels.flat(), 0, 0, 4, 0]);
  const sink = new ByteSink();
  t.throws(
    () => {
      writeJsonText(value, 0, value.length, sink);
    },
    { instanceOf: FlashError, message: /overlap/ },
  );
  t.true(sink.length <= jsonTextMax(value.length) + 16);
});

test('cut at any byte, a value gives text or a format error', (t) => {
  for (const { hex } of readGolden('mysql-9.7')) {
    const value = Buffer.from(hex, 'hex');
    for (let size = 0; size < value.length; size++) outcomeOf(value.subarray(0, size));
  }
  t.pass();
});

test('with any bytes changed, a value gives bounded text or a format error', (t) => {
  const seed = randomSeed(t);
  const values = readGolden('mysql-9.7').map(({ hex }) => Buffer.from(hex, 'hex'));
  const change = fc.record({ at: fc.nat(), byte: fc.nat(255) });
  const changed = fc.tuple(
    fc.constantFrom(...values),
    fc.array(change, { minLength: 1, maxLength: 4 }),
  );
  fc.assert(
    fc.property(changed, ([value, changes]) => {
      const bytes = Buffer.from(value);
      for (const { at, byte } of changes) bytes[at % bytes.length] = byte;
      outcomeOf(bytes);
    }),
    { seed, numRuns: 20_000 },
  );
  t.pass();
});

/** Fails on any error but a format error, and on text over its bound. */
function outcomeOf(value: Uint8Array): void {
  const sink = new ByteSink();
  try {
    writeJsonText(value, 0, value.length, sink);
  } catch (error) {
    if (!(error instanceof FlashError) || error.code !== 'BINLOG_FORMAT') throw error;
  }
  if (sink.length > jsonTextMax(value.length) + 16) throw new Error('too much text');
}

/** `depth` arrays in each other, in the small form. */
function nested(depth: number): Uint8Array {
  let value: number[] = [0, 0, 4, 0];
  for (let level = 1; level < depth; level++) {
    const size = value.length + 7;
    value = [1, 0, size & 255, size >> 8, 2, 7, 0, ...value];
  }
  return Uint8Array.from([2, ...value]);
}
