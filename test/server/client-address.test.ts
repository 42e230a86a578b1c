import test from 'ava';
import { clientAddress } from '../../src/server/client-address.js';

for (const [given, expected] of [
  ['10.1.2.3', '10.1.2.3'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['::1', '::1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
  ['2001:db8::6', '2001:db8:0:0::/64'],
  ['2001:db8::', '2001:db8:0:0::/64'],
  ['::5:6', '0:0:0:0::/64'],
  ['fe80::fc:ff:fe00:1%eth0', 'fe80:0:0:0::/64'],
  [undefined, 'unknown'],
] as const) {
  test(`${given} counts as ${expected}`, (t) => {
    t.is(clientAddress(given), expected);
  });
}
