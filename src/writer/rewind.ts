import { FlashError, type ErrorCode, type Position, type Source } from '../protocol/index.js';
import type { SkipRange } from './transaction.js';

/** How the log is read again: without rows that are rolled back, or only up to a place. */
export interface RewindPlan {
  skips: readonly SkipRange[];
  /** Rows of large XA transactions, which are read when XA COMMIT comes and not before. */
  holds: readonly SkipRange[];
  /**
   * Transactions are not staged in parts: rows that the log holds in part may need earlier ones of the
   * same transaction, and what is staged can't be read.
   */
  keepsWhole: boolean;
  /** A batch holds no more transactions than this: one of them is refused by the engine. */
  transactionsMax: number | undefined;
  /** Stop before this event. */
  stopBefore: Position | undefined;
  /** Thrown when all before `stopBefore` is applied. */
  error: unknown;
}

/** The plan of a first reading. */
export const noRewind: RewindPlan = {
  skips: [],
  holds: [],
  keepsWhole: false,
  transactionsMax: undefined,
  stopBefore: undefined,
  error: undefined,
};

/** Batches become so small, step by step, until the one transaction is found that the engine refuses. */
const narrowings: readonly number[] = [64, 8, 1];

/** What the engine says of the rows themselves, and not of a disk, a connection or its memory. */
const errorsOfRows: ReadonlySet<ErrorCode> = new Set([
  'BROKEN_DATA',
  'ENGINE',
  'INVALID_REQUEST',
  'NOT_FOUND',
  'SOURCE_MISMATCH',
  'UNSUPPORTED',
]);

/**
 * How many transactions a batch may hold in the next reading, after the engine has refused one: so that
 * all before the transaction that it refuses is applied, and its place is known. Undefined where a
 * next reading is of no use.
 */
export function narrow(error: unknown, plan: RewindPlan, source: Source): number | undefined {
  if (!(error instanceof FlashError) || error.place.offset !== undefined) return undefined;
  if (!errorsOfRows.has(error.code) || source.logs.some((log) => !log.canRewind)) return undefined;
  return narrowings.find((count) => count < (plan.transactionsMax ?? Infinity));
}

/**
 * Thrown inside the writer when a part of a transaction is staged that must not be applied: it is
 * rolled back further on, or its end can't be read. The batch has to be dropped, and the log to be
 * read again from the checkpoint.
 */
export class RewindRequest extends Error {
  readonly change:
    | { skip: SkipRange }
    | { hold: SkipRange }
    | { keepsWhole: true }
    | { transactionsMax: number }
    | { stopBefore: Position; error: unknown };

  constructor(change: RewindRequest['change']) {
    super('a part of a transaction is staged that must not be applied');
    this.name = 'RewindRequest';
    this.change = change;
  }

  /** The plan for the next reading. */
  plan(before: RewindPlan): RewindPlan {
    if ('skip' in this.change) return { ...before, skips: [...before.skips, this.change.skip] };
    if ('hold' in this.change) return { ...before, holds: [...before.holds, this.change.hold] };
    if ('keepsWhole' in this.change) return { ...before, keepsWhole: true };
    if ('transactionsMax' in this.change) return { ...before, ...this.change };
    const { stopBefore, error } = this.change;
    return { ...before, stopBefore, error: error ?? before.error };
  }
}
