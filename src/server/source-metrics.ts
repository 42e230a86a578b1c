import { type FollowedSource } from '../protocol/index.js';
import { type MetricFamily, type Sample } from './prometheus-text.js';

interface SourceMetric extends Omit<MetricFamily, 'samples'> {
  /** Undefined where there is nothing to tell yet. */
  read: (source: FollowedSource) => Sample['value'] | undefined;
}

const seconds = (ms: number | undefined): number | undefined =>
  ms === undefined || ms === 0 ? undefined : ms / 1000;

const metrics: readonly SourceMetric[] = [
  {
    name: 'source_up',
    type: 'gauge',
    help: '1 while the source is followed or loaded, 0 while it is stopped.',
    read: ({ state: { phase } }) => (phase === 'following' || phase === 'loading' ? 1 : 0),
  },
  {
    name: 'source_phase_start_timestamp_seconds',
    type: 'gauge',
    help: 'Since when the source is connecting, loading, followed or stopped.',
    read: ({ state }) => seconds(state.sinceMs),
  },
  {
    name: 'source_lag_seconds',
    type: 'gauge',
    help: 'Age of the newest moment of the source that readers see whole; 0 where nothing is left to apply.',
    read: ({ state: { lagMs } }) => (lagMs === undefined ? undefined : lagMs / 1000),
  },
  {
    name: 'source_lag_bytes',
    type: 'gauge',
    help: 'Bytes of its logs that were not applied when the source was asked last.',
    read: ({ state: { behindBytes, lookedAtMs } }) =>
      lookedAtMs === undefined || lookedAtMs === 0 ? undefined : behindBytes,
  },
  {
    name: 'source_look_timestamp_seconds',
    type: 'gauge',
    help: 'When the source was asked last where its log ends.',
    read: ({ state }) => seconds(state.lookedAtMs),
  },
  {
    name: 'source_commit_timestamp_seconds',
    type: 'gauge',
    help: 'When the source committed the newest transaction that readers see.',
    read: ({ state }) => seconds(state.sourceTimeMs),
  },
  {
    name: 'source_visible_timestamp_seconds',
    type: 'gauge',
    help: 'When the newest batch became visible.',
    read: ({ state }) => seconds(state.visibleAtMs),
  },
  {
    name: 'source_starts_total',
    type: 'counter',
    help: 'Times that the writer of the source was started.',
    read: ({ state: { starts } }) => starts,
  },
  {
    name: 'source_reconnects_total',
    type: 'counter',
    help: 'Times that a lost connection to the source was back.',
    read: ({ figures }) => figures.reconnects,
  },
  {
    name: 'source_transactions_total',
    type: 'counter',
    help: 'Transactions of the source that changed rows and became visible.',
    read: ({ figures }) => figures.transactions,
  },
  {
    name: 'source_batch_duration_seconds',
    type: 'histogram',
    help: 'Time from the first rows that the engine gets of a batch until readers see it.',
    read: ({ figures }) => figures.batchSeconds,
  },
  {
    name: 'source_commit_duration_seconds',
    type: 'histogram',
    help: 'Time that the commit of a batch takes.',
    read: ({ figures }) => figures.commitSeconds,
  },
];

/** What Prometheus gets of sources. */
export function sourceFamilies(sources: readonly FollowedSource[]): MetricFamily[] {
  const named = sources.map((source) => ({ source, labels: { source: source.state.location } }));
  return [
    ...metrics.map(({ read, ...metric }) => ({
      ...metric,
      samples: named.flatMap(({ source, labels }) => {
        const value = read(source);
        return value === undefined ? [] : [{ labels, value }];
      }),
    })),
    {
      name: 'source_row_changes_total',
      type: 'counter',
      help: 'Rows that the source inserted, updated and deleted, as they became visible, by kind.',
      samples: named.flatMap(({ source, labels }) =>
        Object.entries(source.figures.rowChanges).map(([kind, value]) => ({
          ...{ labels: { ...labels, kind }, value },
        })),
      ),
    },
    {
      name: 'source_errors_total',
      type: 'counter',
      help: 'Stops of the writer of the source, by the code of the error.',
      samples: named.flatMap(({ source, labels }) =>
        [...source.figures.failures]
          .sort()
          .map(([code, value]) => ({ labels: { ...labels, code }, value })),
      ),
    },
  ];
}
