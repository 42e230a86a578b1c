import { type FollowedSource } from '../protocol/index.js';
import { wireLimits } from '../protocol/wire/index.js';
import { type Log } from './log.js';
import { type ReceiveLimits } from './receive-budget.js';
import { type StatusReader } from './status-document.js';
import { type BackOffLimits } from './token-back-off.js';
import { type Accounts } from './users/index.js';

/** Bounds of what clients may do to the server. Units: ms and bytes; 0 ms stands for no limit. */
export interface ServeLimits extends ReceiveLimits, BackOffLimits {
  connectionsMax: number;
  /** Of one client address; see `clientAddress`. */
  connectionsPerAddressMax: number;
  /** Connections that have not logged in; beyond it one goes, see `loginToDrop`. */
  loginsMax: number;
  /** Scans and queries that run at once; together with `statementsMax` under the engine's own limit. */
  scansMax: number;
  /** How long a query of HTTP waits while as many run; over TCP the client tries again. */
  scanWaitMs: number;
  /**
   * EXECUTE statements that run or wait for a lock at once; more wait their turn. Else those that wait
   * for an open write would take all of the engine's connections, and its COMMIT needs one.
   */
  statementsMax: number;
  loginTimeoutMs: number;
  /** A connection without a request is closed after it. */
  idleTimeoutMs: number;
  /** A write whose client says nothing is dropped after it: it keeps other writers out. */
  writeIdleTimeoutMs: number;
  /** A write whose client sends no data is dropped after it, however often it says PING. */
  writeDataTimeoutMs: number;
  /** Bytes of short answers (PONG, ERROR) that a client may leave unread; beyond them nothing of it is taken. */
  unreadBytesMax: number;
  /** A client that leaves more unread for so long is ended. */
  unreadTimeoutMs: number;
  /** A scan whose client takes nothing is ended after it. */
  stallTimeoutMs: number;
  /** Longest that a request may run or wait for its turn, whatever its client asks for. */
  statementTimeoutMsMax: number;
  frameBytesMax: number;
  messageBytesMax: number;
  /** Largest Arrow stream of one APPEND. */
  appendBytesMax: number;
  ticketLifetimeMs: number;
  drainTimeoutMs: number;
  /** How long a source may be away before the server is not ready any more. */
  sourceLostMsMax: number;
  /** How long the engine may take to answer before the server is not ready. */
  engineAnswerMsMax: number;
  /** PROGRESS is sent after so long a silence, so that a client can tell slow from dead. */
  keepaliveMs: number;
}

export const defaultLimits: ServeLimits = {
  connectionsMax: 1200,
  connectionsPerAddressMax: 600,
  loginsMax: 128,
  scansMax: 28,
  scanWaitMs: 10_000,
  statementsMax: 8,
  loginTimeoutMs: 10_000,
  idleTimeoutMs: 300_000,
  writeIdleTimeoutMs: 60_000,
  writeDataTimeoutMs: 900_000,
  unreadBytesMax: 64 * 1024,
  unreadTimeoutMs: 30_000,
  stallTimeoutMs: 600_000,
  statementTimeoutMsMax: 0,
  frameBytesMax: wireLimits.frameBytesMaxDefault,
  messageBytesMax: wireLimits.messageBytesMax,
  appendBytesMax: 256 * 1024 * 1024,
  ticketLifetimeMs: 6 * 3_600_000,
  drainTimeoutMs: 30_000,
  sourceLostMsMax: 60_000,
  engineAnswerMsMax: 5_000,
  keepaliveMs: 1_000,
  receiveBytesMax: 512 * 1024 * 1024,
  receiveStallMs: 5_000,
  receiveWaitMs: 20_000,
  wrongTokenDelayMs: 100,
  wrongTokenDelayMsMax: 4_000,
};

/** Where ClickHouse's HTTP interface is served, and to whom. */
export interface HttpOptions {
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** Nobody is asked for the token. */
  isOpen: boolean;
}

export interface ServeOptions {
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** File whose first line is the token that clients must prove to have. */
  tokenFile?: string;
  /** Users with rights of their own, which the engine was opened with. */
  accounts?: Accounts;
  /** The log's line of a statement has its text. */
  auditSql?: boolean;
  /** PEM files. */
  tls?: { certFile: string; keyFile: string };
  /** Allows an address that other machines reach although there is no token, or no TLS. */
  allowOpenNetwork?: boolean;
  /** Where to serve ClickHouse's HTTP interface; nowhere when undefined. */
  http?: HttpOptions;
  /** Where to serve Prometheus metrics over HTTP; nowhere when undefined. */
  metrics?: { host: string; port: number };
  /** Version of this program, for HELLO_OK. */
  version: string;
  limits?: Partial<ServeLimits>;
  /** How the sources stand that the same process writes into the engine, for STATUS and metrics. */
  listSources?: () => readonly FollowedSource[];
  /** Reads how the engine stands, as `theflash status` does, for the page of `http`; no page without it. */
  readStatus?: StatusReader;
  log: Log;
}
