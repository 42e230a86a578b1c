// Goal: a pattern that means no table of the copy is found. Method: lists of tables beside patterns.
import test from 'ava';
import { unmetPatterns } from '../../src/verify/unmet-patterns.js';

const compared = [
  { database: 's', table: 't' },
  { database: 'a.b', table: 'u' },
];
const others = [{ database: 's', table: 'left_out' }];

for (const [kind, patterns, unmet] of [
  ['--tables', ['s.t', '*.u', '`a.b`.*'], []],
  ['--tables', ['s.T', 's.left_out', 't.*'], ['s.T', 's.left_out', 't.*']],
  ['--exclude', ['s.t', 's.left*', '*.*'], []],
  ['--exclude', ['s.left', 'b.u'], ['s.left', 'b.u']],
] as const) {
  test(`${kind} ${patterns.join(' ')}`, (t) => {
    const options = kind === '--tables' ? { include: patterns } : { exclude: patterns };
    t.deepEqual(
      unmetPatterns(options, { compared, others }),
      unmet.map((text) => `${kind} ${text}`),
    );
  });
}

test('a pattern that an --exclude takes all of has met a table', (t) => {
  const options = { include: ['s.t', 'a.*'], exclude: ['s.t'] };
  t.deepEqual(unmetPatterns(options, { compared, others }), ['--tables a.*']);
});
