import { Worker } from 'node:worker_threads';
import type { EmbeddedEngine } from '../engine/index.js';
import {
  silentSinceMs,
  sourceLagMs,
  type SourceFailure,
  type SourceFigures,
  type SourcePhase,
  type SourceState,
} from '../protocol/index.js';
import { addressText, isServerUrl, parseServerUrl } from '../source/index.js';
import { addRowChanges, type BatchFacts } from '../writer/index.js';
import { emptyFigures } from './source-figures.js';
import type { FollowOptions } from './follow-server.js';
import type { FollowerReport, FollowerTask } from './follower-thread.js';
import { retryDelayMs } from './retry-delay.js';

/** The writer of a served engine. */
export interface Follower {
  state(): SourceState;
  readonly figures: SourceFigures;
  /** Resolves when the batch under way is visible, and the thread has ended. */
  stop(): Promise<void>;
}

export interface FollowerEvents {
  onNote: (line: string) => void;
  /** The source was stopped; tried again at `retryAtMs`, or not before the process is started again. */
  onStopped: (failure: SourceFailure, retryAtMs: number | undefined) => void;
}

/**
 * Follows a source on a thread of its own, for as long as the process runs.
 *
 * Guarantee: whatever stops it is reported and tried again, after a pause that grows: what is wrong with a
 * source is mended there, and a stop by its log costs a look at the log.
 * Owns: the engine stays the caller's, and must be opened with `hasGuest` and closed after `stop`.
 */
export function startFollower(
  engine: EmbeddedEngine,
  options: FollowOptions,
  events: FollowerEvents,
): Follower {
  const follower = new ThreadFollower(engine, options, events);
  follower.start();
  return follower;
}

/** How long a source has to be followed without an error to count as back. */
const settledMs = 5_000;

const threadFile = new URL('../follow/follower-thread.js', import.meta.url);

class ThreadFollower implements Follower {
  readonly #task: FollowerTask;
  readonly #events: FollowerEvents;
  readonly figures = emptyFigures();
  #state: SourceState;
  /** Whether the source has been followed since this start of the writer. */
  #wasFollowed = false;
  #worker: Worker | undefined;
  #ended: Promise<void> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;
  /** Runs while a source that was away is followed again, and may fail at once. */
  #settling: NodeJS.Timeout | undefined;
  /** Tries since the last commit. */
  #failures = 0;
  #isStopping = false;

  constructor(engine: EmbeddedEngine, options: FollowOptions, events: FollowerEvents) {
    this.#task = { engine: engine.handle, options };
    this.#events = events;
    const { source, defaults } = options;
    const location = isServerUrl(source) ? addressText(parseServerUrl(source, defaults)) : source;
    const sinceMs = Date.now();
    this.#state = { location, phase: 'connecting', sinceMs, lostSinceMs: sinceMs, starts: 0 };
  }

  state(): SourceState {
    const lagMs = sourceLagMs(this.#state, Date.now());
    return lagMs === undefined ? this.#state : { ...this.#state, lagMs };
  }

  start(): void {
    this.#state = {
      ...this.#state,
      ...{ starts: this.#state.starts + 1, retryAtMs: undefined },
    };
    this.#enter('connecting');
    this.#wasFollowed = false;
    const worker = new Worker(threadFile, {
      workerData: this.#task,
      name: 'source',
    });
    this.#worker = worker;
    let failure: SourceFailure | undefined = {
      code: 'INTERNAL',
      message: 'the thread of the writer has ended without a word',
    };
    worker.on('message', (report: FollowerReport) => {
      if (report.kind === 'ended') failure = report.failure;
      else this.#take(report);
    });
    worker.on('error', (error) => {
      failure = {
        code: 'INTERNAL',
        message: error instanceof Error ? error.message : String(error),
      };
    });
    this.#ended = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#worker = undefined;
        if (failure !== undefined && !this.#isStopping) this.#stopped(failure);
        resolve();
      });
    });
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#settling);
    this.#worker?.postMessage('stop');
    await this.#ended;
  }

  #take(report: Exclude<FollowerReport, { kind: 'ended' }>): void {
    switch (report.kind) {
      case 'phase':
        if (report.phase === this.#state.phase) break;
        if (report.phase === 'following') {
          if (this.#wasFollowed) this.figures.reconnects += 1;
          this.#wasFollowed = true;
        }
        this.#enter(report.phase);
        break;
      case 'copy':
        this.#state = { ...this.#state, hasCopy: report.exists };
        break;
      case 'note':
        this.#events.onNote(report.line);
        break;
      case 'start':
        this.#state = { ...this.#state, sourceTimeMs: report.sourceTimeMs };
        break;
      case 'look':
        this.#state = { ...this.#state, ...report.look };
        break;
      case 'committed':
        this.#failures = 0;
        this.#count(report.facts);
        this.#state = {
          ...this.#state,
          sourceTimeMs: report.sourceTimeMs,
          visibleAtMs: Date.now(),
          ...{ lostSinceMs: undefined, hasCopy: true },
        };
    }
  }

  #count({ transactions, changes, batchMs, commitMs }: BatchFacts): void {
    const { figures } = this;
    figures.transactions += transactions;
    figures.rowChanges = addRowChanges(figures.rowChanges, changes);
    figures.batchSeconds.observe(batchMs / 1000);
    figures.commitSeconds.observe(commitMs / 1000);
  }

  /** A source that was away is back once it is followed for a while: one that fails at once each time is not. */
  #enter(phase: SourcePhase): void {
    const sinceMs = Date.now();
    clearTimeout(this.#settling);
    if (phase === 'connecting' || phase === 'stopped') {
      const { lostSinceMs = silentSinceMs(this.#state, sinceMs) ?? sinceMs } = this.#state;
      this.#state = { ...this.#state, lostSinceMs };
    } else if (phase === 'loading') {
      this.#state = { ...this.#state, lostSinceMs: undefined };
    } else {
      this.#settling = setTimeout(() => {
        this.#state = { ...this.#state, lostSinceMs: undefined };
      }, settledMs);
    }
    this.#state = { ...this.#state, phase, sinceMs };
  }

  #stopped(failure: SourceFailure): void {
    const atMs = Date.now();
    const delayMs = retryDelayMs((this.#failures += 1), Math.random());
    // A copy that is not what its source was does not become it by itself, and a later try, whose batch holds
    // other transactions, might not meet the row that shows it.
    const retryAtMs = failure.code === 'BROKEN_DATA' ? undefined : atMs + delayMs;
    this.#enter('stopped');
    const { failures } = this.figures;
    failures.set(failure.code, (failures.get(failure.code) ?? 0) + 1);
    this.#state = { ...this.#state, failure: { ...failure, atMs }, retryAtMs };
    this.#events.onStopped(failure, retryAtMs);
    if (retryAtMs === undefined) return;
    this.#retry = setTimeout(() => {
      this.start();
    }, delayMs);
  }
}
