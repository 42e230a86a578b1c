import test from 'ava';
import { parseSize } from '../../src/cli/size-text.js';

test('sizes are read with their units, and nothing else is', (t) => {
  t.is(parseSize('512MiB'), 512 * 2 ** 20);
  t.is(parseSize('4 gb'), 4e9);
  t.is(parseSize('1000'), 1000);
  for (const text of ['', '0', '-1', '1.5GiB', '5 XB', 'MiB', '9999999GiB', '1 2']) {
    t.throws(() => parseSize(text), { code: 'INVALID_REQUEST' }, text);
  }
});
