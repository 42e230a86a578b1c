import test from 'ava';
import fc from 'fast-check';
import { FlashError } from '../../../src/protocol/index.js';
import { readGolden } from './json-golden.js';
import { randomSeed, updatedTextOf } from './json-text-of.js';

const updates = readGolden('updates-mysql-9.7');

/** {"a": 1, "b": [10, 20]} */
const before = Buffer.from(
  '0002001e0012000100130001000501000214006162' + '02000a00050a00051400',
  'hex',
);

test('updates recorded from mysql-9.7 give what it selected', (t) => {
  t.true(updates.length > 20);
  for (const { sql, hex, diffs, text } of updates) {
    t.is(updatedTextOf(Buffer.from(hex, 'hex'), Buffer.from(diffs, 'hex')), text, sql);
  }
});

test('no differences leave the value as it is', (t) => {
  const [update] = updates;
  const value = Buffer.from(update?.hex ?? '', 'hex');
  t.regex(updatedTextOf(value, new Uint8Array()), /^\{"a": 1, /);
});

const applied: Record<string, [string, string]> = {
  'replaces a member': [diff(0, '$.a', '0c0178'), '{"a": "x", "b": [10, 20]}'],
  'inserts a member in key order': [diff(1, '$.aa', '0401'), '{"a": 1, "b": [10, 20], "aa": true}'],
  'inserts before all others': [diff(1, '$.A', '0400'), '{"A": null, "a": 1, "b": [10, 20]}'],
  'removes a member': [diff(2, '$.a'), '{"b": [10, 20]}'],
  'inserts an item between': [diff(1, '$.b[1]', '050f00'), '{"a": 1, "b": [10, 15, 20]}'],
  'inserts far after the end': [diff(1, '$.b[99]', '050f00'), '{"a": 1, "b": [10, 20, 15]}'],
  'counts from the end': [diff(0, '$.b[last-1]', '050f00'), '{"a": 1, "b": [15, 20]}'],
  'removes the last item': [diff(2, '$.b[last]'), '{"a": 1, "b": [10]}'],
  'applies in order': [diff(2, '$.b[0]') + diff(2, '$.b[0]'), '{"a": 1, "b": []}'],
  'takes quoted names': [
    diff(1, '$."x\\n\\u0001y"', '0400'),
    '{"a": 1, "b": [10, 20], "x\\n\\u0001y": null}',
  ],
  'takes an empty value as null': [diff(0, '$.a', ''), '{"a": null, "b": [10, 20]}'],
};

for (const [what, [diffs, text]] of Object.entries(applied)) {
  test(`a difference ${what}`, (t) => {
    t.is(updatedTextOf(before, Buffer.from(diffs, 'hex')), text);
  });
}

const refused: Record<string, string> = {
  'an unknown operation': diff(3, '$.a', '0400'),
  'the whole value': diff(0, '$', '0400'),
  'a member that is not there': diff(0, '$.c', '0400'),
  'the removal of what is not there': diff(2, '$.c'),
  'the insertion of what is there': diff(1, '$.a', '0400'),
  'an item of an object': diff(0, '$[0]', '0400'),
  'a member of an array': diff(1, '$.b.x', '0400'),
  'a scalar as an array': diff(0, '$.a[0]', '0400'),
  'an item after the end': diff(0, '$.b[2]', '0400'),
  'an item before the start': diff(2, '$.b[last-2]'),
  'a wildcard': diff(0, '$.*', '0400'),
  'a range': diff(0, '$.b[0 to 1]', '0400'),
  'a path without a dollar': diff(0, 'a', '0400'),
  'an empty path': diff(0, '', '0400'),
  'a name without an end': diff(0, '$."a', '0400'),
  'an index over 32 bits': diff(1, '$.b[4294967296]', '0400'),
  'a length over the end': '00ff',
  'a value over the end': diff(0, '$.a', '0400').slice(0, -2),
};

for (const [what, diffs] of Object.entries(refused)) {
  test(`${what} in a difference is a format error`, (t) => {
    const error = t.throws(() => updatedTextOf(before, Buffer.from(diffs, 'hex')), {
      instanceOf: FlashError,
    });
    t.is(error.code, 'BINLOG_FORMAT');
  });
}

test('cut or changed anywhere, differences give text or a format error', (t) => {
  const seed = randomSeed(t);
  const edits = fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255) }), { maxLength: 4 });
  const damage = fc.record({ update: fc.constantFrom(...updates), edits, keep: fc.nat() });
  fc.assert(
    fc.property(damage, ({ update, edits: changes, keep }) => {
      const value = Buffer.from(update.hex, 'hex');
      const diffs = Buffer.from(update.diffs, 'hex');
      for (const { at, byte } of changes) {
        const target = at % 2 === 0 ? value : diffs;
        target[(at >> 1) % target.length] = byte;
      }
      try {
        updatedTextOf(
          value,
          diffs.subarray(0, changes.length === 0 ? keep % diffs.length : undefined),
        );
      } catch (error) {
        if (!(error instanceof FlashError) || error.code !== 'BINLOG_FORMAT') throw error;
      }
    }),
    { seed, numRuns: 20_000 },
  );
  t.pass();
});

/** One difference in hex: operation, path, and the value's hex where there is one. */
function diff(operation: number, path: string, value?: string): string {
  const parts = [Buffer.of(operation, path.length), Buffer.from(path)];
  if (value !== undefined) parts.push(Buffer.of(value.length / 2), Buffer.from(value, 'hex'));
  return Buffer.concat(parts).toString('hex');
}

test('a flood of removals from a huge array is refused before it takes hours', (t) => {
  const count = 300_000;
  const array = Buffer.alloc(9 + count * 5);
  array.writeUInt8(3);
  array.writeUInt32LE(count, 1);
  array.writeUInt32LE(array.length - 1, 5);
  for (let index = 0; index < count; index++) array.writeUInt8(4, 9 + index * 5);
  const removal = Buffer.from(diff(2, '$[0]'), 'hex');
  const diffs = Buffer.concat(Array.from({ length: 1000 }, () => removal));
  const error = t.throws(() => updatedTextOf(array, diffs), { instanceOf: FlashError });
  t.is(error.code, 'UNSUPPORTED');
});
