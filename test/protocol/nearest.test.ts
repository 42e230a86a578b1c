import test from 'ava';
import { didYouMean, nearestName } from '../../src/protocol/index.js';

test('a letter that is missing, extra, other or swapped leads to the name', (t) => {
  const known = ['write', 'scan', 'status', 'tables'];
  for (const [typed, meant] of [
    ['writ', 'write'],
    ['scann', 'scan'],
    ['stetus', 'status'],
    ['tabels', 'tables'],
    ['SCAN', 'scan'],
    ['wirte', 'write'],
  ] as const) {
    t.is(nearestName(typed, known), meant, typed);
  }
});

test('the nearest of several wins, and what is far is no suggestion', (t) => {
  t.is(nearestName('orders2', ['orders_old', 'orders1', 'order']), 'orders1');
  t.is(nearestName('x', ['scan']), undefined);
  t.is(nearestName('export', ['scan', 'sql', 'write']), undefined);
  t.is(nearestName('scan', []), undefined);
  t.is(didYouMean('export', ['scan']), '');
  t.is(didYouMean('scn', ['scan']), 'Did you mean scan? ');
});
