// Goal: Prometheus reads how sources stand. Method: states beside the lines that they give.
import test from 'ava';
import { emptyFigures } from '../../src/follow/source-figures.js';
import type { SourceState } from '../../src/protocol/index.js';
import { prometheusText } from '../../src/server/prometheus-text.js';
import { sourceFamilies } from '../../src/server/source-metrics.js';

const sourceLines = (states: readonly SourceState[]): string[] => {
  const sources = states.map((each) => ({ state: each, figures: emptyFigures() }));
  return prometheusText(sourceFamilies(sources)).split('\n').slice(0, -1);
};

const state = { location: 'repl@db:3306', sinceMs: 1500, starts: 2 } as const;

test('a source that was never visible has no times of commits', (t) => {
  const lines = sourceLines([{ ...state, phase: 'stopped' }]);
  t.true(lines.includes('theflash_source_up{source="repl@db:3306"} 0'));
  t.true(lines.includes('theflash_source_starts_total{source="repl@db:3306"} 2'));
  t.false(lines.some((line) => line.includes('source_commit_timestamp_seconds')));
  t.deepEqual(sourceLines([]), []);
});

test('up while it loads and follows; times in seconds; labels are escaped', (t) => {
  const location = 'a"b\\c@db:3306';
  const lines = sourceLines([
    { ...state, location, phase: 'following', sourceTimeMs: 2500, visibleAtMs: 3000 },
    { ...state, phase: 'loading' },
    { ...state, phase: 'connecting' },
  ]);
  const label = '{source="a\\"b\\\\c@db:3306"}';
  t.true(lines.includes(`theflash_source_up${label} 1`));
  t.true(lines.includes(`theflash_source_commit_timestamp_seconds${label} 2.5`));
  t.true(lines.includes(`theflash_source_visible_timestamp_seconds${label} 3`));
  t.deepEqual(
    lines.filter((line) => line.startsWith('theflash_source_up{source="repl')),
    ['theflash_source_up{source="repl@db:3306"} 1', 'theflash_source_up{source="repl@db:3306"} 0'],
  );
});
