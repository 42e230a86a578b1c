import test from 'ava';
import { FlashError } from '../../src/protocol/index.js';
import { GtidSet } from '../../src/writer/gtid-set.js';

const a = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
const b = '4e11fa47-71ca-11e1-9e33-c80aa9429562';

test('numbers that follow each other become one interval, in whatever order they come', (t) => {
  const set = GtidSet.parse('');
  for (const number of [5, 1, 2, 3, 9, 4, 11, 10]) set.addText(`${a}:${number}`);
  t.is(set.toString(), `${a}:1-5:9-11`);
});

test('the text form of MySQL is read back, spaces, line ends and capitals allowed', (t) => {
  const set = GtidSet.parse(`${b.toUpperCase()}:1-3:7,\n ${a}:2-4:3-9`);
  t.is(set.toString(), `${a}:2-9,${b}:1-3:7`);
  t.is(GtidSet.parse(set.toString()).toString(), set.toString());
});

test('tags are sources of their own', (t) => {
  const set = GtidSet.parse(`${a}:1-2:tag_x:1:3`);
  set.addText(`${a}:tag_x:2`);
  set.addText(`${a}:3`);
  t.is(set.toString(), `${a}:1-3,${a}:tag_x:1-3`);
});

test('of each MariaDB domain the last GTID counts', (t) => {
  const set = GtidSet.parse('1-1-7,0-1-41');
  set.addText('0-2-42');
  t.is(set.toString(), '0-2-42,1-1-7');
});

test('what is no GTID set is refused', (t) => {
  for (const text of ['x', 'abc:1', a, `${a}:1-x`, '1-2', `${a}:1:-`]) {
    const error = t.throws(() => GtidSet.parse(text), { instanceOf: FlashError }, text);
    t.is(error.code, 'INVALID_REQUEST');
  }
});
