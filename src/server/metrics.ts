import { type ErrorCode, type SourceState } from '../protocol/index.js';
import { sourceLines } from './source-metrics.js';

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
  readonly #errors = new Map<string, number>();
  readonly #ended = new Map<string, number>();

  countError(code: ErrorCode): void {
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1);
  }

  /** Counts a connection that was ended or refused for breaking a limit. */
  countEnded(limit: EndedBy): void {
    this.#ended.set(limit, (this.#ended.get(limit) ?? 0) + 1);
  }

  /** Gives all figures in Prometheus' text format, version 0.0.4. */
  render(gauges: Gauges, sources: readonly SourceState[] = []): string {
    const lines: string[] = [];
    const add = (type: 'counter' | 'gauge', name: string, help: string, value: number): void => {
      lines.push(`# HELP theflash_${name} ${help}`, `# TYPE theflash_${name} ${type}`);
      lines.push(`theflash_${name} ${value}`);
    };
    add('gauge', 'connections_open', 'Connections that are open.', gauges.connections);
    add('gauge', 'scans_open', 'Scans and queries that run.', gauges.scans);
    add('gauge', 'writes_open', 'Write batches that are open.', gauges.writes);
    add(
      'gauge',
      'received_held_bytes',
      'Bytes of messages that are not whole or are being served.',
      gauges.receivedBytes,
    );
    add('gauge', 'resident_bytes', 'Memory of the process.', process.memoryUsage.rss());
    add('counter', 'connections_total', 'Connections that were accepted.', this.connections);
    add(
      'counter',
      'connections_refused_total',
      'Connections over the limit.',
      this.connectionsRefused,
    );
    add(
      'counter',
      'logins_failed_total',
      'Connections that ended before they were ready.',
      this.loginsFailed,
    );
    add('counter', 'requests_total', 'Requests that were begun.', this.requests);
    add('counter', 'received_bytes_total', 'Bytes from clients.', this.bytesReceived);
    add('counter', 'sent_bytes_total', 'Bytes to clients.', this.bytesSent);
    add('counter', 'scans_total', 'Scans and queries that were begun.', this.scans);
    add('counter', 'scan_rows_total', 'Rows that were sent.', this.rowsSent);
    add(
      'counter',
      'batches_committed_total',
      'Write batches that were applied.',
      this.batchesCommitted,
    );
    add(
      'counter',
      'batches_repeated_total',
      'Commits that had been applied before.',
      this.batchesRepeated,
    );
    add('counter', 'appended_bytes_total', 'Arrow bytes of write batches.', this.bytesAppended);
    add(
      'counter',
      'reloads_total',
      'Times that token and certificate were read again.',
      this.reloads,
    );
    add(
      'counter',
      'reloads_failed_total',
      'Times that token or certificate could not be read again, and the old ones stayed.',
      this.reloadsFailed,
    );
    const ended = 'theflash_connections_ended_total';
    lines.push(`# HELP ${ended} Connections that were refused or ended, by limit.`);
    lines.push(`# TYPE ${ended} counter`);
    for (const [limit, count] of [...this.#ended].sort()) {
      lines.push(`${ended}{limit="${limit}"} ${count}`);
    }
    lines.push('# HELP theflash_errors_total Requests and connections that failed, by code.');
    lines.push('# TYPE theflash_errors_total counter');
    for (const [code, count] of [...this.#errors].sort()) {
      lines.push(`theflash_errors_total{code="${code}"} ${count}`);
    }
    lines.push(...sourceLines(sources));
    return `${lines.join('\n')}\n`;
  }
}
