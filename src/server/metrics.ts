import { durationBounds, errorCodes, Histogram, type ErrorCode } from '../protocol/index.js';
import { single, type MetricFamily, type Sample } from './prometheus-text.js';

/** The limits for which connections are refused or ended. */
export type EndedBy =
  | 'connections'
  | 'connections-per-address'
  | 'idle'
  | 'login-time'
  | 'logins'
  | 'received-bytes'
  | 'unread'
  | 'write-data'
  | 'write-idle';

/** What is read when the figures are asked for. */
export interface Gauges {
  connections: number;
  scans: number;
  writes: number;
  receivedBytes: number;
}

/** What the server counts. Gauges are read from the server when they are asked for. */
export class Metrics {
  connections = 0;
  connectionsRefused = 0;
  loginsFailed = 0;
  requests = 0;
  bytesReceived = 0;
  bytesSent = 0;
  scans = 0;
  rowsSent = 0;
  batchesCommitted = 0;
  batchesRepeated = 0;
  bytesAppended = 0;
  reloads = 0;
  reloadsFailed = 0;
  /** Of batches that clients write. */
  readonly commitSeconds = new Histogram(durationBounds);
  /** Each code from the start on: a rate can be told of the first error, too. */
  readonly #errors = new Map<string, number>(Object.keys(errorCodes).map((code) => [code, 0]));
  readonly #ended = new Map<string, number>();

  countError(code: ErrorCode): void {
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1);
  }

  /** Counts a connection that was ended or refused for breaking a limit. */
  countEnded(limit: EndedBy): void {
    this.#ended.set(limit, (this.#ended.get(limit) ?? 0) + 1);
  }

  /** Gives what the server counts, and what it holds at the moment. */
  families(gauges: Gauges): MetricFamily[] {
    const held = 'Bytes of messages that are not whole or are being served.';
    return [
      single('gauge', 'connections_open', 'Connections that are open.', gauges.connections),
      single('gauge', 'scans_open', 'Scans and queries that run.', gauges.scans),
      single('gauge', 'writes_open', 'Write batches that are open.', gauges.writes),
      single('gauge', 'received_held_bytes', held, gauges.receivedBytes),
      ...this.#counters().map(([name, help, value]) => single('counter', name, help, value)),
      {
        name: 'write_commit_duration_seconds',
        type: 'histogram',
        help: 'Time that the commit of a batch of a client takes.',
        samples: [{ labels: {}, value: this.commitSeconds }],
      },
      {
        name: 'connections_ended_total',
        type: 'counter',
        help: 'Connections that were refused or ended, by limit.',
        samples: countSamples('limit', this.#ended),
      },
      {
        name: 'errors_total',
        type: 'counter',
        help: 'Requests and connections that failed, by code.',
        samples: countSamples('code', this.#errors),
      },
    ];
  }

  #counters(): (readonly [name: string, help: string, value: number])[] {
    return [
      ['connections_total', 'Connections that were accepted.', this.connections],
      ['connections_refused_total', 'Connections over the limit.', this.connectionsRefused],
      ['logins_failed_total', 'Connections that ended before they were ready.', this.loginsFailed],
      ['requests_total', 'Requests that were begun.', this.requests],
      ['received_bytes_total', 'Bytes from clients.', this.bytesReceived],
      ['sent_bytes_total', 'Bytes to clients.', this.bytesSent],
      ['scans_total', 'Scans and queries that were begun.', this.scans],
      ['scan_rows_total', 'Rows that were sent.', this.rowsSent],
      ['batches_committed_total', 'Write batches that were applied.', this.batchesCommitted],
      ['batches_repeated_total', 'Commits that had been applied before.', this.batchesRepeated],
      ['appended_bytes_total', 'Arrow bytes of write batches.', this.bytesAppended],
      ['reloads_total', 'Times that token and certificate were read again.', this.reloads],
      [
        'reloads_failed_total',
        'Times that token or certificate could not be read again, and the old ones stayed.',
        this.reloadsFailed,
      ],
    ];
  }
}

/** What Prometheus' own clients tell of a process. */
export function processFamilies(startedAtMs: number): MetricFamily[] {
  const { user, system } = process.cpuUsage();
  const cpu = (user + system) / 1e6;
  const rss = process.memoryUsage.rss();
  return [
    single('counter', 'process_cpu_seconds_total', 'Time on processors.', cpu),
    single('gauge', 'process_resident_memory_bytes', 'Memory of the process.', rss),
    single(
      'gauge',
      'process_start_time_seconds',
      'When the server was started, since 1970.',
      startedAtMs / 1000,
    ),
  ];
}

function countSamples(label: string, counts: ReadonlyMap<string, number>): Sample[] {
  return [...counts].sort().map(([key, value]) => ({ labels: { [label]: key }, value }));
}
