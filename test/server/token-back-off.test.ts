import test from 'ava';
import { TokenBackOff } from '../../src/server/token-back-off.js';

const limits = { wrongTokenDelayMs: 100, wrongTokenDelayMsMax: 1_000 };

test('waits double up to the longest, by address, and are forgotten', (t) => {
  const backOff = new TokenBackOff(limits);
  const waits = [1, 2, 3, 4, 5, 6].map((nowMs) => backOff.note('10.0.0.1', false, nowMs));
  t.deepEqual(waits, [100, 200, 400, 800, 1_000, 1_000]);
  t.is(backOff.note('10.0.0.1', true, 7), 1_000, 'a right one tells nothing by its time');
  t.is(backOff.note('10.0.0.2', true, 7), 0);
  t.is(backOff.note('10.0.0.2', false, 7), 100);
  t.is(backOff.note('10.0.0.1', true, 300_007), 0, 'some minutes later');
});

test('a right token of this machine never waits', (t) => {
  const backOff = new TokenBackOff(limits);
  for (const address of ['127.0.0.1', '::1']) {
    t.is(backOff.note(address, false, 1), 100);
    t.is(backOff.note(address, true, 1), 0);
    t.is(backOff.note(address, false, 1), 200);
  }
});

test('any number of addresses takes bounded memory', (t) => {
  const backOff = new TokenBackOff(limits);
  for (let index = 0; index < 50_000; index += 1)
    backOff.note(`2001:db8:0:${index}::/64`, false, 1);
  t.is(backOff.note('2001:db8:0:0::/64', true, 1), 0, 'the oldest is forgotten');
  t.is(backOff.note('2001:db8:0:49999::/64', true, 1), 100);
});

test('without a delay nobody waits', (t) => {
  const backOff = new TokenBackOff({ ...limits, wrongTokenDelayMs: 0 });
  for (let index = 0; index < 2_000; index += 1) t.is(backOff.note('10.0.0.1', false, 1), 0);
});
