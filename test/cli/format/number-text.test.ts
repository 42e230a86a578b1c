import test from 'ava';
import fc from 'fast-check';
import { decimalText, floatText, wideInteger } from '../../../src/cli/format/number-text.js';

test('a float is the shortest text that reads back as the same 32 bits', (t) => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = floatText(value);
      t.is(Math.fround(Number(text)), value);
      const digits = text
        .replace(/e.*$/, '')
        .replace(/[-.]/g, '')
        .replace(/^0+|0+$/g, '');
      t.true(digits.length <= 9);
    }),
  );
});

test('a decimal keeps every digit', (t) => {
  const wide = fc.bigInt({ min: -(10n ** 76n), max: 10n ** 76n });
  fc.assert(
    fc.property(wide, fc.integer({ min: 0, max: 38 }), (unscaled, scale) => {
      const text = decimalText(unscaled, scale);
      t.is(BigInt(text.replace('.', '')), unscaled);
      t.is(text.includes('.') ? text.length - text.indexOf('.') - 1 : 0, scale);
    }),
  );
});

test('words of 32 bits make up a signed integer', (t) => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 255n), max: 2n ** 255n - 1n }), (value) => {
      const words = Uint32Array.from({ length: 8 }, (_, word) =>
        Number(BigInt.asUintN(32, value >> BigInt(32 * word))),
      );
      t.is(wideInteger(words, 0, 8), value);
    }),
  );
});
