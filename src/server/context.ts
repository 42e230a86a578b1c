import { type CallLimit, type Engine, type FollowedSource } from '../protocol/index.js';
import { type Message, type OpenScan } from '../protocol/wire/index.js';
import { type ActiveRequest, type RunningRequest } from './active-request.js';
import { type AppliedBatches } from './applied-batches.js';
import { type Audit } from './audit.js';
import { type Credentials } from './credentials.js';
import { type Health } from './health.js';
import { type Inserts } from './inserts.js';
import { type Log } from './log.js';
import { type Metrics } from './metrics.js';
import { type ServeLimits } from './options.js';
import { type OpenWrites } from './open-writes.js';
import { type ReceiveBudget } from './receive-budget.js';
import { type RecentErrors } from './recent-errors.js';
import { type PlanSnapshots } from './snapshot.js';
import { type StatusReader } from './status-document.js';
import { type TokenBackOff } from './token-back-off.js';
import { type Turns } from './turns.js';
import { type Account, type Accounts } from './users/index.js';

/** What all connections of a server share. */
export interface ServerContext {
  readonly engine: Engine;
  readonly limits: ServeLimits;
  readonly version: string;
  /** Random, new with each start. */
  readonly serverId: string;
  readonly startedAtMs: number;
  /** Signs tickets; random, new with each start. */
  readonly ticketKey: Uint8Array;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly errors: RecentErrors;
  readonly health: Health;
  readonly writes: OpenWrites;
  readonly applied: AppliedBatches;
  readonly snapshots: PlanSnapshots;
  readonly inserts: Inserts;
  /** HTTP's queries that wait for a place among the scans: one looks for it, the others stand after it. */
  readonly scanLine: CallLimit;
  /** EXECUTE statements. */
  readonly statements: CallLimit;
  readonly received: ReceiveBudget;
  /** For what keeps the process busy: at most one piece between two looks at the sockets. */
  readonly turns: Turns;
  readonly tokens: TokenBackOff;
  credentials: Credentials;
  /** Users with rights of their own; undefined where there are none. */
  readonly accounts: Accounts | undefined;
  readonly audit: Audit;
  isDraining: boolean;
  /** Scans that run now, of all connections. */
  listScans(): readonly OpenScan[];
  /** Scans and statements that run now, of all connections. */
  listRunning(): readonly RunningRequest[];
  countConnections(): number;
  /** What the server itself follows; missing where it has no source. */
  listSources?: (() => readonly FollowedSource[]) | undefined;
  /** Without it there is no page. */
  readStatus?: StatusReader | undefined;
}

/** Sends a message of a request, its payload's CRC-32 given where it is known; resolves when its bytes have left and may change. */
export type Send = (message: Message, payload?: Uint8Array, payloadSum?: number) => Promise<void>;

/** What a handler of a request gets. */
export interface RequestContext {
  server: ServerContext;
  request: ActiveRequest;
  /** Of the request; empty where it has none. */
  payload: Uint8Array;
  send: Send;
  /** Whether frames of the connection carry checksums. */
  checksums: boolean;
  /** Whose request it is; undefined for who has all rights. */
  account: Account | undefined;
}
