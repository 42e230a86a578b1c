import test from 'ava';
import { explainDifference, parseCheck } from '../../src/build/index.js';
import { FlashError } from '../../src/protocol/index.js';

test('a check gives statements, the rows they must give and the errors they must end in', (t) => {
  const check = parseCheck(
    [
      '# a comment',
      '>> SELECT 1',
      '1',
      '',
      '>> SELECT a,',
      '..   b',
      'x\ty',
      'z\t\\N',
      '@reopen',
      '>> DROP TABLE none',
      '!> 60 none',
    ].join('\n'),
    'p/check.test',
  );
  t.deepEqual(check, {
    file: 'p/check.test',
    steps: [
      { statement: 'SELECT 1', line: 2, expected: { kind: 'rows', rows: ['1'] } },
      {
        statement: 'SELECT a,\n  b',
        line: 5,
        expected: { kind: 'rows', rows: ['x\ty', 'z\t\\N'] },
      },
      { statement: '@reopen', line: 9, expected: { kind: 'rows', rows: [] } },
      {
        statement: 'DROP TABLE none',
        line: 10,
        expected: { kind: 'error', code: '60', contains: 'none' },
      },
    ],
  });
});

const bad: readonly (readonly [string, string, RegExp])[] = [
  ['rows before a statement', '1\n>> SELECT 1', /p\.test:1: expected/],
  ['rows after an error', '>> SELECT 1\n!> 60\n1', /p\.test:3: rows can not follow/],
  ['an error after rows', '>> SELECT 1\n1\n!> 60', /p\.test:3: an error stands alone/],
  ['a continuation after rows', '>> SELECT 1\n1\n.. + 1', /p\.test:3: "\.\. " must follow/],
  ['no statement', '# nothing\n', /no statement/],
];
for (const [title, text, message] of bad) {
  test(`a check with ${title} is refused with its line`, (t) => {
    const error = t.throws(() => parseCheck(text, 'p.test'), { instanceOf: FlashError });
    t.is(error.code, 'TOOL');
    t.regex(error.message, message);
  });
}

test('an answer is compared row by row, and an error by code and words', (t) => {
  const rows = { kind: 'rows', rows: ['1', '2'] } as const;
  t.is(explainDifference(rows, { kind: 'rows', text: '1\n2\n' }), undefined);
  t.is(explainDifference(rows, { kind: 'rows', text: '1\n' }), 'need "1\\n2\\n", got "1\\n"');
  t.is(explainDifference(rows, { kind: 'error', code: '60', text: 'a\nb' }), 'got error 60: a');
  const error = { kind: 'error', code: '60', contains: 'table t' } as const;
  t.is(explainDifference(error, { kind: 'error', code: '60', text: 'no table t' }), undefined);
  t.regex(
    explainDifference(error, { kind: 'error', code: '60', text: 'no' }) ?? '',
    /need error 60 table t/,
  );
  t.regex(explainDifference(error, { kind: 'rows', text: '' }) ?? '', /got no rows/);
});
