import test from 'ava';
import fc from 'fast-check';
import { dateText, dateTimeText, timeText } from '../../../src/cli/format/time-text.js';

/** Days from 0000-01-01 to 9999-12-31, where Date has the same calendar. */
const days = fc.integer({ min: -719528, max: 2932896 });

test('every day reads as Date reads it', (t) => {
  fc.assert(
    fc.property(days, (day) => {
      t.is(dateText(day), new Date(day * 86_400_000).toISOString().slice(0, 10));
    }),
  );
});

test('every millisecond reads as Date reads it', (t) => {
  const range = { min: -62167219200000, max: 253402300799999 };
  fc.assert(
    fc.property(fc.integer(range), (ms) => {
      const expected = new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
      t.is(dateTimeText(BigInt(ms), 1000n, 3), expected);
    }),
  );
});

test('a span is its parts put together', (t) => {
  const parts = fc.record({
    negative: fc.boolean(),
    hours: fc.integer({ min: 0, max: 838 }),
    minutes: fc.integer({ min: 0, max: 59 }),
    seconds: fc.integer({ min: 0, max: 59 }),
    microseconds: fc.integer({ min: 1, max: 999_999 }),
  });
  fc.assert(
    fc.property(parts, ({ negative, hours, minutes, seconds, microseconds }) => {
      const total = BigInt(hours * 3600 + minutes * 60 + seconds) * 1_000_000n;
      const value = (total + BigInt(microseconds)) * (negative ? -1n : 1n);
      const clock = [hours, minutes, seconds].map((part) => String(part).padStart(2, '0'));
      const fraction = String(microseconds).padStart(6, '0');
      t.is(timeText(value, 1_000_000n, 6), `${negative ? '-' : ''}${clock.join(':')}.${fraction}`);
    }),
  );
});
