import type { BinlogEvent, EventDecoder, EventFramer } from '../binlog/index.js';
import { FlashError, type LogInput, type Position } from '../protocol/index.js';
import type { EarlierEvents } from './earlier-events.js';
import { GtidSet } from './gtid-set.js';
import type { LogApplier } from './log-applier.js';
import { unlessRepeated } from './repeated-log.js';
import { hasReached, isLaterLog } from './until-place.js';

/** A place in the logs, or a moment of the source's clock, ms since 1970, UTC. */
export type Until = { position: Position } | { timeMs: number };

export interface LogReaderOptions {
  until: Until | undefined;
  /** Stop before this event, wherever it stands. */
  stopBefore: Position | undefined;
  signal: AbortSignal | undefined;
  onProgress: ((bytesRead: number) => void) | undefined;
}

/** Reads logs event by event and hands the events on, up to where reading is to stop. */
export class LogReader {
  readonly #applier: LogApplier;
  readonly #options: LogReaderOptions;
  #bytesRead = 0;
  /** Whether the log that was judged last comes after the one of `until`. */
  #judged = { file: '', isPast: false };
  #isStopped = false;
  #earlier: EarlierEvents | undefined;

  constructor(applier: LogApplier, options: LogReaderOptions) {
    this.#applier = applier;
    this.#options = options;
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** True once `until`, `stopBefore` or the signal has ended the reading. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /**
   * Reads one log to its end, or to where reading is to stop. `earlier` takes the events before the
   * place from which they are applied.
   */
  async read(
    input: LogInput,
    framer: EventFramer,
    decoder: EventDecoder,
    earlier?: EarlierEvents,
  ): Promise<void> {
    this.#earlier = earlier;
    // Where the copy stands there already, a source that is followed may have no event to say so.
    this.#isStopped ||= this.#hasReachedPlace();
    for (let isAtEnd = false; !isAtEnd && !this.#isStopped;) {
      isAtEnd = await this.#readOn(input, framer, decoder);
    }
    if (this.#isStopped) return;
    framer.finish({ isGrowing: input.isGrowing === true });
    earlier?.finish();
  }

  /** Reads until the log ends, or the framer wants to go on elsewhere in it. */
  async #readOn(input: LogInput, framer: EventFramer, decoder: EventDecoder): Promise<boolean> {
    let at = framer.nextOffset;
    const wholeUpTo = (): number => this.#applier.wholeUpTo(framer.file);
    const chunks = this.#unlessRepeated(
      input,
      framer,
      input.follow?.(at, wholeUpTo) ?? input.chunks(at),
    )[Symbol.asyncIterator]();
    try {
      for (;;) {
        const chunk = await this.#nextChunk(chunks);
        if (this.#options.signal?.aborted === true) this.#isStopped = true;
        if (this.#isStopped || chunk === undefined) break;
        this.#applier.log.seeBytes(chunk, at, this.#applier.wantedFrom);
        at += chunk.length;
        await this.#readChunk(chunk, framer, decoder);
        this.#bytesRead += chunk.length;
        this.#options.onProgress?.(this.#bytesRead);
        if (this.isStopped || framer.nextOffset !== at) break;
      }
    } catch (error) {
      // A read may be waiting for a source that says nothing: it ends when the source is closed.
      void Promise.resolve(chunks.return?.()).catch(() => undefined);
      throw error;
    }
    await chunks.return?.();
    return this.#isStopped || framer.nextOffset === at;
  }

  /** The bytes of a log that is begun, unless it was read under another name. */
  #unlessRepeated(
    { location }: LogInput,
    { file, nextOffset }: EventFramer,
    chunks: AsyncIterable<Uint8Array>,
  ): AsyncIterable<Uint8Array> {
    const logs = nextOffset === 0 ? this.#applier.log.readLogs(file) : [];
    return logs.length === 0 ? chunks : unlessRepeated(chunks, { name: file, location }, logs);
  }

  /** The next bytes. While none come, what is complete is committed when it is due. */
  async #nextChunk(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
    const pending = chunks.next();
    const dueInMs = this.#applier.dueInMs();
    if (dueInMs !== undefined && !(await settlesWithin(pending, dueInMs))) {
      await this.#applier.flush();
    }
    // A batch that the engine refuses is told at once, and not when the source has more to say.
    const next = await Promise.race([pending, this.#applier.settle().then(() => pending)]);
    return next.done === true ? undefined : next.value;
  }

  async #readChunk(chunk: Uint8Array, framer: EventFramer, decoder: EventDecoder): Promise<void> {
    for (const raw of framer.push(chunk)) {
      this.#applier.log.see(raw);
      for (const event of decoder.decode(raw)) {
        if (this.#isEarlier(event)) continue;
        if (this.#isAtStop(event)) {
          this.#isStopped = true;
          return;
        }
        const pending = this.#applier.handle(event);
        if (pending !== undefined) {
          await pending;
          if (this.#options.signal?.aborted === true) this.#isStopped = true;
        }
        this.#isStopped ||= this.#hasReachedPlace();
        if (this.#isStopped) return;
      }
    }
  }

  /** The format description counts from wherever a log is read. */
  #isEarlier(event: BinlogEvent): boolean {
    if (this.#earlier === undefined) return false;
    return this.#earlier.passes(event) && event.kind !== 'format-description';
  }

  /** A place in an earlier log has been passed before this run. */
  #isPast(event: BinlogEvent, { file }: Position): boolean {
    if (event.file === file || event.kind === 'format-description') return false;
    if (this.#judged.file !== event.file) {
      this.#judged = { file: event.file, isPast: isLaterLog(event.file, file) };
    }
    return this.#judged.isPast;
  }

  /** Between two transactions, at the place where reading is to stop: what follows may be long in coming. */
  #hasReachedPlace(): boolean {
    const { until } = this.#options;
    if (until === undefined || !('position' in until)) return false;
    const { isBetweenTransactions, log } = this.#applier;
    return isBetweenTransactions && hasReached(log.position, until.position);
  }

  #isAtStop(event: BinlogEvent): boolean {
    const { stopBefore, until } = this.#options;
    if (stopBefore !== undefined && isAt(event, stopBefore)) return true;
    if (until === undefined) return false;
    if ('position' in until) {
      return isAt(event, until.position) || this.#isPast(event, until.position);
    }
    // Only what opens a transaction: one that has begun before the moment is applied whole.
    const opens = event.kind === 'gtid' || event.kind === 'query' || event.kind === 'table-map';
    return opens && this.#applier.isBetweenTransactions && event.timeSeconds * 1000 >= until.timeMs;
  }
}

/** Whether a promise is fulfilled within a time. Errors: its own. */
function settlesWithin(pending: Promise<unknown>, maxMs: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, maxMs, false);
    pending
      .then(() => {
        resolve(true);
      }, reject)
      .finally(() => {
        clearTimeout(timer);
      });
  });
}

function isAt(event: BinlogEvent, position: Position): boolean {
  return (
    event.file === position.file &&
    event.offset >= position.offset &&
    event.kind !== 'format-description'
  );
}

/**
 * Reads `--until`: `FILE:OFFSET`, or a moment as `2026-11-23T10:00:00Z`; without a zone it is UTC.
 *
 * Errors: INVALID_REQUEST for anything else.
 */
export function parseUntil(text: string): Until {
  const isTime =
    /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/.test(text);
  if (!isTime) return { position: parsePosition('--until', text) };
  const hasZone = /(?:Z|[+-]\d\d:?\d\d)$/.test(text) && text.length > 10;
  const iso = text.replace(' ', 'T');
  const timeMs = Date.parse(hasZone ? iso : text.length > 10 ? `${iso}Z` : iso);
  if (Number.isNaN(timeMs)) throw new FlashError('INVALID_REQUEST', `--until ${text} is no date`);
  return { timeMs };
}

const otherForms: Readonly<Record<string, string>> = {
  '--until': ', or as 2026-11-23T10:00:00Z',
  '--baseline': ', or as a GTID set',
};

/** Reads `FILE:OFFSET`. Errors: INVALID_REQUEST for anything else. */
export function parsePosition(flag: string, text: string): Position {
  const match = /^(.+):(\d{1,15})$/.exec(text);
  if (match?.[1] !== undefined) return { file: match[1], offset: Number(match[2]) };
  throw new FlashError('INVALID_REQUEST', `${flag} can't be ${JSON.stringify(text)}`, {
    hint: `Write it as FILE:OFFSET, as ${flag} binlog.000042:4${otherForms[flag] ?? ''}.`,
  });
}

/** Reads `--baseline`: `FILE:OFFSET`, or a GTID set. Errors: INVALID_REQUEST for anything else. */
export function parseBaseline(text: string): Position | { gtidSet: string } {
  const isGtidSet = /^\s*(?:[0-9a-f]{8}-[0-9a-f]{4}-|\d+-\d+-\d+)/i.test(text);
  if (isGtidSet) return { gtidSet: GtidSet.parse(text).toString() };
  return parsePosition('--baseline', text);
}
