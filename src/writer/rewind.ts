import type { Position } from '../protocol/index.js';
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
  /** Stop in front of this event. */
  stopBefore: Position | undefined;
  /** Thrown when all in front of `stopBefore` is applied. */
  error: unknown;
}

/** The plan of a first reading. */
export const noRewind: RewindPlan = {
  skips: [],
  holds: [],
  keepsWhole: false,
  stopBefore: undefined,
  error: undefined,
};

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
    const { stopBefore, error } = this.change;
    return { ...before, stopBefore, error: error ?? before.error };
  }
}
