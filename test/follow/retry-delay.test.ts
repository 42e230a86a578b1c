// Goal: tries get rarer, never stop, and never come at once. Method: every count of failures.
import test from 'ava';
import { retryDelayMs } from '../../src/follow/retry-delay.js';

test('pauses grow from a second to a minute, and spread by a quarter', (t) => {
  t.deepEqual(
    [1, 2, 3, 6, 7, 8, 1000].map((failures) => retryDelayMs(failures, 1)),
    [1_000, 2_000, 4_000, 32_000, 60_000, 60_000, 60_000],
  );
  t.is(retryDelayMs(1, 0), 750);
  t.is(retryDelayMs(1000, 0), 45_000);
});
