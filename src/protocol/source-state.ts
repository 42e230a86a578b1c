import type { ErrorCode } from './errors.js';
import type { Histogram } from './histogram.js';

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
  /** Readers see all that the source had at this moment, by the clock of the server's machine. */
  equalAtMs?: number | undefined;
  /** When the source was asked last where its log ends. */
  lookedAtMs?: number | undefined;
  /** When it answered such a question last. */
  heardAtMs?: number | undefined;
  /** Bytes of its logs that were not applied then. */
  behindBytes?: number | undefined;
  /** As `sourceLagMs` told it when the state was asked for. */
  lagMs?: number | undefined;
  /** The last failure; it stays after the source is followed again, with when it was. */
  failure?: (SourceFailure & { atMs: number }) | undefined;
  /** When the next try begins, while stopped. */
  retryAtMs?: number | undefined;
}

/** Kinds of row changes. */
export type RowChanges = Readonly<Record<'insert' | 'update' | 'delete', number>>;

/** What a source has brought since the process was started, for metrics. */
export interface SourceFigures {
  transactions: number;
  rowChanges: RowChanges;
  /** Times that a lost connection was back. */
  reconnects: number;
  /** Stops by the code of their error. */
  failures: Map<string, number>;
  /** From the first rows that the engine gets of a batch until readers see it. */
  batchSeconds: Histogram;
  /** The commit alone. */
  commitSeconds: Histogram;
}

/** A source that this process follows. */
export interface FollowedSource {
  state: SourceState;
  figures: SourceFigures;
}
