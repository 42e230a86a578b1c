import { type SourceState } from '../protocol/index.js';

interface SourceMetric {
  name: string;
  type: 'counter' | 'gauge';
  help: string;
  /** Undefined where there is nothing to tell yet. */
  read: (state: SourceState) => number | undefined;
}

const seconds = (ms: number | undefined): number | undefined =>
  ms === undefined || ms === 0 ? undefined : ms / 1000;

const metrics: readonly SourceMetric[] = [
  {
    name: 'source_up',
    type: 'gauge',
    help: '1 while the source is followed or loaded, 0 while it is stopped.',
    read: ({ phase }) => (phase === 'following' || phase === 'loading' ? 1 : 0),
  },
  {
    name: 'source_phase_start_timestamp_seconds',
    type: 'gauge',
    help: 'Since when the source is connecting, loading, followed or stopped.',
    read: ({ sinceMs }) => seconds(sinceMs),
  },
  {
    name: 'source_commit_timestamp_seconds',
    type: 'gauge',
    help: 'When the source committed the newest transaction that readers see.',
    read: ({ sourceTimeMs }) => seconds(sourceTimeMs),
  },
  {
    name: 'source_visible_timestamp_seconds',
    type: 'gauge',
    help: 'When the newest batch became visible.',
    read: ({ visibleAtMs }) => seconds(visibleAtMs),
  },
  {
    name: 'source_starts_total',
    type: 'counter',
    help: 'Times that the writer of the source was started.',
    read: ({ starts }) => starts,
  },
];

/** What Prometheus gets of sources, as lines of its text format. */
export function sourceLines(sources: readonly SourceState[]): string[] {
  return metrics.flatMap(({ name, type, help, read }) => {
    const values = sources.flatMap((source) => {
      const value = read(source);
      const label = source.location.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n');
      return value === undefined ? [] : [`theflash_${name}{source="${label}"} ${value}`];
    });
    if (values.length === 0) return [];
    return [`# HELP theflash_${name} ${help}`, `# TYPE theflash_${name} ${type}`, ...values];
  });
}
