import test from 'ava';
import fc from 'fast-check';
import { ColumnBuffer } from '../../../src/binlog/columns/column-buffer.js';
import { columnLayout } from '../../../src/binlog/columns/column-layout.js';
import { rowSource } from '../../../src/binlog/values/append-value.js';
import { decimalAppender } from '../../../src/binlog/values/decimal.js';
import { decimalGroups } from '../../../src/binlog/values/decimal-layout.js';
import { FlashError } from '../../../src/protocol/index.js';

/** Packs an unscaled value as the server does: groups of digits, the sign bit, all bits inverted below zero. */
function pack(unscaled: bigint, precision: number, scale: number): Uint8Array {
  const bytes: number[] = [];
  let rest = unscaled < 0n ? -unscaled : unscaled;
  for (const group of decimalGroups(precision, scale).reverse()) {
    let value = Number(rest % BigInt(group.scale));
    rest /= BigInt(group.scale);
    for (let i = 0; i < group.bytes; i++) {
      bytes.unshift(value % 256);
      value = Math.floor(value / 256);
    }
  }
  bytes[0] = (bytes[0] ?? 0) ^ 0x80;
  return Uint8Array.from(bytes, (byte) => (unscaled < 0n ? ~byte : byte));
}

/** The value as it comes out, in a row that is not the first. */
function decode(packed: Uint8Array, precision: number, scale: number): bigint {
  const type = { kind: 'decimal', precision, scale, unsigned: false } as const;
  const buffer = new ColumnBuffer(columnLayout(type), 3, 0);
  decimalAppender(precision, scale)(buffer, 1, rowSource(packed), 0, packed.length);
  const { values } = buffer.read(3);
  const width = values.length / 3;
  const bytes = values.slice(width, 2 * width).reverse();
  expectZeros(values.subarray(0, width));
  expectZeros(values.subarray(2 * width));
  return BigInt.asIntN(width * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
}

function expectZeros(bytes: Uint8Array): void {
  if (bytes.some((byte) => byte !== 0)) throw new Error('a neighbour was written to');
}

const edges = [1n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n, 10n ** 9n, 10n ** 18n];

test('values around powers of two and ten come out exactly, whatever the precision', (t) => {
  for (const [precision, scale] of [
    [15, 2],
    [16, 0],
    [18, 9],
    [20, 6],
    [38, 10],
    [39, 0],
    [65, 30],
  ] as const) {
    for (const edge of edges) {
      for (const near of [edge - 1n, edge, edge + 1n, 0n]) {
        if (near >= 10n ** BigInt(precision)) continue;
        for (const value of [near, -near]) {
          t.is(decode(pack(value, precision, scale), precision, scale), value);
        }
      }
    }
  }
});

test('values of any precision and scale come out exactly', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 65 }),
      fc.nat(30),
      fc.bigInt(),
      (precision, part, any) => {
        const scale = Math.min(part, precision);
        const value = any % 10n ** BigInt(precision);
        return decode(pack(value, precision, scale), precision, scale) === value;
      },
    ),
    { numRuns: 500 },
  );
  t.pass();
});

test('a group above its digits is refused', (t) => {
  const packed = pack(99_999n, 20, 6);
  packed.fill(0xff, 3, 7);
  const error = t.throws(() => decode(packed, 20, 6), { instanceOf: FlashError });
  t.is(error.code, 'BINLOG_FORMAT');
});
