import test from 'ava';
import { type Answer, compareVersions, formatMatrix, takeAnswer } from '../../src/build/index.js';

test('versions are ordered by their numbers', (t) => {
  const versions = ['26.5.0', '26.10.0', '26.7.3-stable.1', '26.5.3', '26.7.0-stable.1'];
  t.deepEqual(versions.sort(compareVersions), [
    '26.5.0',
    '26.5.3',
    '26.7.0-stable.1',
    '26.7.3-stable.1',
    '26.10.0',
  ]);
});

test('the matrix has a line a patch, a column an engine, and tells the first failing check', (t) => {
  const firstFailure = { file: 'b/check.test', line: 3, statement: 'SELECT 1', difference: 'need' };
  const text = formatMatrix([
    {
      version: '2.0',
      cells: [
        { patch: 'a', verdict: 'holds', firstFailure: undefined },
        { patch: 'b', verdict: 'not needed', firstFailure: undefined },
      ],
    },
    {
      version: '1.0',
      cells: [
        { patch: 'a', verdict: 'holds', firstFailure: undefined },
        { patch: 'b', verdict: 'fails', firstFailure },
      ],
    },
  ]);
  t.deepEqual(text.split('\n'), [
    'patch  2.0         1.0',
    'a      holds       holds',
    'b      not needed  fails',
    '1.0 b: b/check.test:3: SELECT 1: need',
  ]);
});

test('answers of tf_check are taken off a stream that is cut anywhere', (t) => {
  const stream = Buffer.from('ok 4\n1\tüerror 60 2\nnoerror INVALID 0\n');
  const all: readonly Answer[] = [
    { kind: 'rows', text: '1\tü' },
    { kind: 'error', code: '60', text: 'no' },
    { kind: 'error', code: 'INVALID', text: '' },
  ];
  for (let cut = 0; cut <= stream.length; cut += 1) {
    let rest: Buffer = stream.subarray(0, cut);
    const answers: Answer[] = [];
    for (let taken = takeAnswer(rest); taken !== undefined; taken = takeAnswer(rest)) {
      answers.push(taken.answer);
      rest = taken.rest;
    }
    t.deepEqual(answers, all.slice(0, answers.length));
    if (cut === stream.length) t.is(answers.length, 3);
  }
});
