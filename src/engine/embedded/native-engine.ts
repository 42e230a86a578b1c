import { CallLimit, type ErrorPlace } from '../../protocol/index.js';
import { status, type Bindings, type NativeError, type Pointer } from './bindings.js';
import { closedError, takeError } from './errors.js';

/**
 * Blocking calls run on libuv's pool, which has four threads unless `UV_THREADPOOL_SIZE` says
 * otherwise, as bin/run.js does. One is left to the open batch: the others may all wait for it to end.
 */
const poolThreads = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4);

/** Threads of the pool that are left to a second thread of JavaScript, where the engine has one. */
const guestThreads = Math.max(1, Math.floor(poolThreads / 4));

/** Whose calls these are: the only thread's, or one of two that share the engine and the pool. */
export type PoolShare = 'all' | 'host' | 'guest';

const callsMax: Record<PoolShare, number> = {
  all: Math.max(1, poolThreads - 1),
  host: Math.max(1, poolThreads - 1 - guestThreads),
  guest: Math.max(1, guestThreads - 1),
};

/** Appends of a batch wait for the disk: so many at once are of use, and a small pool bears one. */
const appendsMax = Math.min(4, Math.max(1, Math.floor(poolThreads / 4)));

/**
 * The open tf_engine with what its scans and batch share: the limits that keep blocked calls from
 * taking every thread of the pool.
 */
export class NativeEngine {
  readonly bindings: Bindings;
  readonly pointer: Pointer;
  readonly calls: CallLimit;
  /** Connections of the engine: a scan holds one while it is open. */
  readonly scans: CallLimit;
  /** Batches: the engine has one open at a time. */
  readonly batches = new CallLimit(1);
  /** Appends of the open batch. */
  readonly appends = new CallLimit(appendsMax);
  /** Open scans and the open batch, to be closed with the engine. */
  readonly handles = new Set<{ close(): Promise<void> }>();

  constructor(bindings: Bindings, pointer: Pointer, scansMax: number, share: PoolShare = 'all') {
    this.bindings = bindings;
    this.pointer = pointer;
    this.scans = new CallLimit(scansMax);
    this.calls = new CallLimit(callsMax[share]);
  }
}

/** Takes the place of one of the engine's connections. Errors: CANCELLED where `signal` fires. */
export async function takeConnection(
  engine: NativeEngine,
  signal: AbortSignal | undefined,
): Promise<{ release: () => void }> {
  try {
    return await engine.scans.take(signal);
  } catch {
    // Only the signal ends the wait.
    throw closedError('query');
  }
}

type StatusName = Parameters<Bindings['callAsync']>[0];

/**
 * Calls a function that gives tf_status and takes a tf_error last.
 *
 * Shape: the status, which is ok or end.
 * Errors: any other status, as a FlashError.
 */
export async function callChecked(
  bindings: Bindings,
  name: StatusName,
  args: readonly unknown[],
  place: ErrorPlace = {},
): Promise<number> {
  const error: NativeError = {};
  const result = await bindings.callAsync(name, ...args, error);
  if (result === status.ok || result === status.end) return result;
  throw takeError(bindings, error, place);
}

/** A text as the C ABI takes it: pointer and length in bytes. */
export function textArgs(text: string): [string, number] {
  return [text, Buffer.byteLength(text)];
}
