import { setTimeout as delay } from 'node:timers/promises';
import type { QueryEvent } from '../binlog/index.js';
import { eventsBetween } from '../load/index.js';
import { FlashError, type Engine, type Position } from '../protocol/index.js';
import type { TableServer } from '../source/index.js';
import { compareMoments, GtidSet, type Moment, type WriterCheckpoint } from '../writer/index.js';
import { readPlace } from './copy-rows.js';
import { effectOf } from './query-effect.js';

const lookEveryMs = 50;
/** A copy that stands still for so long may have nothing to do. */
const standsStillMs = 500;
/** Before that nobody needs to be told. */
const tellAfterMs = 2_000;

export interface CopyPlaceOptions {
  waitMs: number;
  signal: AbortSignal | undefined;
  onNote: (line: string) => void;
  /** Whether a table of the source is copied. */
  isCopied: (table: { database: string; table: string }) => boolean;
}

/** Waits for a copy that a writer moves. */
export class CopyPlace {
  readonly #engine: Engine;
  readonly #server: TableServer;
  readonly #options: CopyPlaceOptions;

  constructor(engine: Engine, server: TableServer, options: CopyPlaceOptions) {
    this.#engine = engine;
    this.#server = server;
    this.#options = options;
  }

  /**
   * Resolves once the copy holds all that the source had done by `moment`.
   *
   * Errors: TIMEOUT where it does not get there; SOURCE_MISMATCH where it is a copy of another source; CANCELLED.
   */
  async reach(moment: Moment): Promise<void> {
    const { waitMs, onNote, signal } = this.#options;
    const startedMs = performance.now();
    let movedMs = startedMs;
    let last: Position | undefined;
    let isTold = false;
    let isIdle = false;
    for (;;) {
      const place = await readPlace(this.#engine);
      if (holds(place, moment)) return;
      const nowMs = performance.now();
      const { position } = place;
      if (last?.file !== position.file || last.offset !== position.offset) {
        movedMs = nowMs;
        isIdle = false;
      }
      last = position;
      if (nowMs - movedMs >= standsStillMs && !isIdle) {
        if (await this.#isQuiet(position, moment.position)) return;
        // What lies there is known now, for as long as the copy stands still.
        isIdle = true;
      }
      if (nowMs - startedMs >= waitMs) throw lateError(position, moment.position, this.#server.url);
      if (!isTold && nowMs - startedMs >= tellAfterMs) {
        isTold = true;
        onNote(
          `Waiting for the copy: it is at ${text(position)}, the source was read at ${text(moment.position)}.`,
        );
      }
      await delay(lookEveryMs, undefined, signal === undefined ? {} : { signal });
    }
  }

  /** Whether the log does nothing to the copy between two places. */
  async #isQuiet(from: Position, upTo: Position): Promise<boolean> {
    const source = await this.#server.openLogs();
    try {
      for await (const event of eventsBetween(source, from, upTo)) {
        if (event.kind === 'table-map' && this.#options.isCopied(event)) return false;
        if (event.kind === 'query' && this.#mayChangeCopy(event)) return false;
        if (event.kind === 'xa-prepare') return false;
      }
      return true;
    } finally {
      source.close?.();
    }
  }

  #mayChangeCopy(event: QueryEvent): boolean {
    const effect = effectOf(event, this.#server);
    if (effect.kind === 'tables') {
      return effect.tables.some((each) => each.table === '*' || this.#options.isCopied(each));
    }
    return effect.kind === 'unknown';
  }
}

/** Errors: SOURCE_MISMATCH where nothing tells which of the two is the later one. */
function holds(copy: WriterCheckpoint, moment: Moment): boolean {
  const order = compareMoments(copy, moment);
  if (order === undefined) {
    throw new FlashError(
      'SOURCE_MISMATCH',
      `the copy is at ${text(copy.position)} and the source at ${text(moment.position)}: nothing tells which is the later one`,
      { hint: 'Name the server that the copy was made from, as --source.' },
    );
  }
  if (order >= 0) return true;
  const { gtidSet } = moment;
  return gtidSet !== '' && copy.gtidSet !== '' && GtidSet.parse(copy.gtidSet).contains(gtidSet);
}

function lateError(copy: Position, source: Position, url: string): FlashError {
  return new FlashError(
    'TIMEOUT',
    `the copy is at ${text(copy)} and does not get to ${text(source)}, as of which the source was read`,
    {
      hint:
        'A writer has to move it while it is compared: theflash serve ' +
        `--binlog ${url} --engine DIR, and then verify with --engine tcp://127.0.0.1:9330. Where the source stands still: ` +
        `theflash write --binlog ${url} --until now, and verify after it. Where it is only late: --wait-seconds.`,
    },
  );
}

function text({ file, offset }: Position): string {
  return `${file}:${offset}`;
}
