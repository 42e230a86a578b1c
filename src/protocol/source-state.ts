import type { ErrorCode } from './errors.js';

/** What a server that follows a source is at: before the first rows, copying them, following, or waiting to try again. */
export type SourcePhase = 'connecting' | 'loading' | 'following' | 'stopped';

export const sourcePhases: readonly SourcePhase[] = [
  'connecting',
  'loading',
  'following',
  'stopped',
];

/** Why a source was last stopped. */
export interface SourceFailure {
  /** One of `errorCodes`; a text, as a newer server may have more. */
  code: ErrorCode | (string & {});
  message: string;
  hint?: string | undefined;
}

/**
 * How the source of a served copy stands.
 *
 * Units: times in ms since 1970, UTC.
 */
export interface SourceState {
  /** As `repl@db:3306`, without a password, or the path of a folder. */
  location: string;
  phase: SourcePhase;
  /** Since when it is in this phase. */
  sinceMs: number;
  /**
   * Since when it is away, over all tries: undefined once it is followed again for some seconds, or has brought a
   * transaction.
   */
  lostSinceMs?: number | undefined;
  /** Whether there is a copy that can be read; undefined until the writer has looked. */
  hasCopy?: boolean | undefined;
  /** How often the writer was started. */
  starts: number;
  /** When the source committed the newest transaction that readers see; undefined before the first. */
  sourceTimeMs?: number | undefined;
  /** When that became visible. */
  visibleAtMs?: number | undefined;
  /** The last failure; it stays after the source is followed again, with when it was. */
  failure?: (SourceFailure & { atMs: number }) | undefined;
  /** When the next try begins, while stopped. */
  retryAtMs?: number | undefined;
}
