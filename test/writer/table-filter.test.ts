import test from 'ava';
import { makeTableFilter } from '../../src/writer/table-filter.js';

const table = (name: string): { database: string; table: string } => {
  const [database = '', rest = ''] = name.split('.');
  return { database, table: rest };
};

test('without options all tables are copied but the servers’ own', (t) => {
  const filter = makeTableFilter({});
  t.true(filter.accepts(table('shop.orders')));
  for (const name of ['mysql.user', 'sys.x', 'performance_schema.x', 'information_schema.x']) {
    t.false(filter.accepts(table(name)), name);
  }
});

test('include names what is copied, exclude wins over it', (t) => {
  const filter = makeTableFilter({ include: ['shop.*', 'mysql.user'], exclude: ['*.tmp_*'] });
  t.true(filter.accepts(table('shop.orders')));
  t.true(filter.accepts(table('mysql.user')));
  t.false(filter.accepts(table('shop.tmp_1')));
  t.false(filter.accepts(table('shopx.orders')));
});

test('only * is a wildcard', (t) => {
  const filter = makeTableFilter({ include: ['a.b+c?', 'x.[y]'] });
  t.true(filter.accepts(table('a.b+c?')));
  t.false(filter.accepts(table('a.bbc')));
  t.true(filter.accepts(table('x.[y]')));
  t.false(filter.accepts(table('x.y')));
});

test('a rename holds for a table, or for a whole database', (t) => {
  const filter = makeTableFilter({ rename: ['a.b=c.d', 'a.*=z.*'] });
  t.deepEqual(filter.target(table('a.b')), table('c.d'));
  t.deepEqual(filter.target(table('a.other')), table('z.other'));
  t.deepEqual(filter.target(table('q.b')), table('q.b'));
});

test('a dot in a name stays on its side of the pattern', (t) => {
  const dotted = { database: 'r', table: 'b.c' };
  const other = { database: 'r.b', table: 'c' };
  for (const pattern of ['r.b.c', 'r.`b.c`', '`r`.`b.*`']) {
    const filter = makeTableFilter({ include: [pattern] });
    t.deepEqual([filter.accepts(dotted), filter.accepts(other)], [true, false], pattern);
  }
  const filter = makeTableFilter({ include: ['`r.b`.c'], rename: ['`r.b`.c=x.`y.z`'] });
  t.deepEqual([filter.accepts(dotted), filter.accepts(other)], [false, true]);
  t.deepEqual(filter.target(other), { database: 'x', table: 'y.z' });
});

test('patterns that have met a table are told from those that have not', (t) => {
  const options = { include: ['shop.*'], exclude: ['shop.oders'], rename: ['shop.a=z.a'] };
  const filter = makeTableFilter(options);
  filter.accepts(table('shop.orders'));
  t.deepEqual(filter.matched(), ['--include shop.*']);
  filter.accepts(table('shop.a'));
  t.deepEqual(filter.matched(), ['--include shop.*', '--rename shop.a=z.a']);
  t.deepEqual(filter.patterns(), [
    '--include shop.*',
    '--exclude shop.oders',
    '--rename shop.a=z.a',
  ]);
});

test('what is no database.table is refused', (t) => {
  for (const options of [
    { include: ['orders'] },
    { exclude: ['.x'] },
    { rename: ['a.b'] },
    { rename: ['a.b=c'] },
    { rename: ['a.*=c.d'] },
    { rename: ['a.b=c.d=e.f'] },
  ]) {
    t.throws(() => makeTableFilter(options), { code: 'INVALID_REQUEST' }, JSON.stringify(options));
  }
});
