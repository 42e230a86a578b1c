// Goal: an hour of figures in memory of a fixed size, drawn as they were.
import test from 'ava';
import { emptyFigures } from '../../../../src/follow/source-figures.js';
import type { FollowedSource } from '../../../../src/protocol/index.js';
import { chart } from '../../../../src/server/http/page/chart.js';
import { History, historyMs, sampleEveryMs } from '../../../../src/server/http/page/history.js';
import { SampleRing } from '../../../../src/server/http/page/sample-ring.js';

test('a ring holds the newest samples, the oldest first', (t) => {
  const ring = new SampleRing(2, 3);
  t.deepEqual(ring.list(), []);
  for (let at = 1; at <= 5; at += 1) ring.push({ atMs: at, values: [at * 10, Number.NaN, 9] });
  t.deepEqual(
    ring.list().map(({ atMs, values }) => [atMs, ...values]),
    [3, 4, 5].map((at) => [at, at * 10, Number.NaN]),
  );
  t.is(ring.sizeBytes, 3 * 3 * 8);
});

function source(location: string, lagMs: number | undefined, rows: number): FollowedSource {
  return {
    state: { location, phase: 'following', sinceMs: 0, starts: 1, lagMs },
    figures: { ...emptyFigures(), rowChanges: { insert: rows, update: 0, delete: 0 } },
  };
}

test('lag as it was, and rows a second between samples, for an hour', (t) => {
  const history = new History();
  const samples = 500;
  for (let index = 0; index < samples; index += 1) {
    const lagMs = index === 490 ? undefined : index * 1000;
    history.take(index * sampleEveryMs, [source('a', lagMs, index * 70)], index * 5000);
  }
  const nowMs = samples * sampleEveryMs;
  const { lag, rows } = history.ofSource(nowMs, source('a', 1234, samples * 70));
  t.is(lag.length, 361);
  t.deepEqual(lag[0], { atMs: 140 * sampleEveryMs, value: 140 });
  t.deepEqual(lag.at(-1), { atMs: nowMs, value: 1.234 });
  t.deepEqual(
    lag.filter(({ value }) => value === undefined).map(({ atMs }) => atMs),
    [490 * sampleEveryMs],
  );
  t.true(rows.every(({ value }) => value === 7));
  t.true(history.sent(nowMs, samples * 5000).every(({ value }) => value === 500));
  t.is(historyMs, 3_600_000);
});

test('of more sources than are kept, the others are told as they are now', (t) => {
  const history = new History();
  const many = Array.from({ length: 20 }, (_, index) => source(String(index), 0, 0));
  history.take(0, many, 0);
  t.deepEqual(
    many.map((each) => history.ofSource(10_000, each).lag.length),
    many.map((_, index) => (index < 16 ? 2 : 1)),
  );
});

test('a chart breaks where nothing was known, and says the figures in words', (t) => {
  const points = [0, 10_000, 20_000, 30_000, 40_000, 200_000, 210_000].map((atMs, index) => ({
    atMs,
    value: index === 2 ? undefined : index,
  }));
  const options = { id: 'x', title: 'Lag.', nowMs: 210_000, spanMs: 210_000 };
  const format = (value: number): string => `${value} <s>`;
  const text = chart({ ...options, points, format }).toString();
  t.is([...text.matchAll(/class="line"/g)].length, 3);
  t.regex(text, /Now 6 &#60;s&#62;, at most 6 &#60;s&#62;\./);
  t.regex(text, /<text x="2" y="9">10 &#60;s&#62;<\/text>/);
  t.notRegex(text, /NaN|Infinity/);
  const empty = chart({ ...options, points: [], format }).toString();
  t.regex(empty, /Nothing is known yet/);
  t.notRegex(empty, /NaN|Infinity|class="line"/);
});
