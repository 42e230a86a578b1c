import type { SourceState } from './source-state.js';

/** A look at a source that is older says nothing of now. */
const lookMsMax = 3_000;

/**
 * How long ago the newest moment of the source was that readers see whole: the lag that status and metrics tell.
 *
 * Units: ms; 0 where nothing was left to apply when the source was looked at last, some seconds ago at most. Undefined
 * before the first transaction.
 */
export function sourceLagMs(state: SourceState, nowMs: number): number | undefined {
  const { phase, behindBytes, lookedAtMs, equalAtMs, sourceTimeMs } = state;
  const isFresh = lookedAtMs !== undefined && nowMs - lookedAtMs <= lookMsMax;
  if (phase === 'following' && isFresh && behindBytes === 0) return 0;
  const known = equalAtMs ?? (sourceTimeMs === 0 ? undefined : sourceTimeMs);
  return known === undefined ? undefined : Math.max(0, nowMs - known);
}

/**
 * Since when a source that counts as followed has neither answered a look nor brought a transaction: a connection
 * whose other end has stopped stays open for long.
 *
 * Units: ms since 1970; undefined where it was heard some seconds ago, or was never asked.
 */
export function silentSinceMs(state: SourceState, nowMs: number): number | undefined {
  const { phase, sinceMs, heardAtMs, visibleAtMs = 0 } = state;
  if (phase !== 'following' || heardAtMs === undefined) return undefined;
  const lastMs = Math.max(sinceMs, heardAtMs, visibleAtMs);
  return nowMs - lastMs > lookMsMax ? lastMs : undefined;
}
