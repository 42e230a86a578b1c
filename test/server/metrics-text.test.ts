// Goal: the rules that a page of metrics is held against find what they are for. Method: a good page, and the same with
// one thing wrong, beside promtool where it is installed.
import test from 'ava';
import { parseMetrics, runPromtool } from './metrics-text.js';

const good = `# HELP a_seconds Time.
# TYPE a_seconds histogram
a_seconds_bucket{le="1"} 2
a_seconds_bucket{le="+Inf"} 3
a_seconds_sum 4.5
a_seconds_count 3
# HELP b_total Things, by kind.
# TYPE b_total counter
b_total{kind="x\\"y"} 1
b_total{kind="z"} 0
`;

test('a good page has no problems', (t) => {
  t.deepEqual(parseMetrics(good).problems, []);
  t.is(parseMetrics(good).samples.length, 6);
  const checked = runPromtool(['check', 'metrics'], good);
  if (checked === undefined) t.log('promtool is not installed');
  else t.is(checked.code, 0, checked.output);
});

for (const [what, from, to] of [
  ['a counter without _total', /b_total/g, 'b'],
  ['a gauge with _total', /total counter/, 'total gauge'],
  ['no HELP', /# HELP a_seconds .*\n/, ''],
  ['a unit that is no base unit', /a_seconds/g, 'a_milliseconds'],
  ['camel case', /b_total/g, 'bThings_total'],
] as const) {
  test(`${what} is a problem, for promtool too`, (t) => {
    const bad = good.replace(from, to);
    t.not(bad, good);
    t.not(parseMetrics(bad).problems.length, 0);
    const checked = runPromtool(['check', 'metrics'], bad);
    if (checked === undefined) t.log('promtool is not installed');
    else t.not(checked.code, 0, checked.output);
  });
}

for (const [what, from, to] of [
  ['a sample that comes twice', /kind="z"/, 'kind="x\\"y"'],
  ['a label without quotes', /kind="z"/, 'kind=z'],
  ['a bucket that falls', /"1"} 2/, '"1"} 9'],
  ['a count that is not +Inf', /count 3/, 'count 4'],
] as const) {
  test(`${what} is a problem`, (t) => {
    t.not(parseMetrics(good.replace(from, to)).problems.length, 0);
  });
}
