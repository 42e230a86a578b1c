import { setTimeout as delay } from 'node:timers/promises';
import { FlashError, type Position } from '../../protocol/index.js';
import { addressText, type ServerAddress } from './address.js';
import { describeFailure, describeRefusal, type Failure } from './failure.js';
import { openDump, type DumpStream } from './dump-stream.js';
import { firstEventOffset, type DumpItem } from './dump-parser.js';
import { LogTail, type SeenDescription } from './log-tail.js';

export interface LogReading {
  address: ServerAddress;
  isMariadb: boolean;
  /** Undefined: reading ends where the server has no more. */
  serverId: number | undefined;
  /** Go on after a lost connection, for as long as it takes. */
  reconnects: boolean;
  signal: AbortSignal | undefined;
  /** Called with a line for people: a connection was lost, or is back. */
  onNote: (line: string) => void;
  /** Called with false when the connection is lost, and with true when it is back. */
  onLink: (isUp: boolean) => void;
}

/** The log that is read, and what others have seen of it in this run. */
export interface FollowedLog {
  name: string;
  description: SeenDescription;
}

/** A stream that has come to the start of a log which nobody reads yet. */
export interface NextLog {
  file: string;
  stream: DumpStream;
}

const magic = Uint8Array.of(0xfe, 0x62, 0x69, 0x6e);

/** The first pause before a new try, and the longest. */
const backoffMs = { first: 200, max: 30_000 };

/**
 * Reads one log of a server over as many connections as it takes.
 *
 * Guarantee: the bytes are those of the log's file, from `offset` on, without a gap and once each. After
 * a lost connection it is held against what was read before: the log's description, and the last event.
 */
export class LogFollower {
  readonly #reading: LogReading;
  readonly #file: string;
  readonly #tail: LogTail;
  #stream: DumpStream | undefined;
  #isLost = false;

  constructor(
    reading: LogReading,
    { name, description }: FollowedLog,
    offset: number,
    stream: DumpStream | undefined,
  ) {
    this.#reading = reading;
    this.#file = name;
    const start = Math.max(offset, firstEventOffset);
    this.#tail = new LogTail(name, addressText(reading.address), start, description);
    this.#stream = stream;
  }

  /**
   * Gives the log from `offset` to its end, to where the server has no more, or to `endOffset`.
   *
   * Shape: returns the next log where the server went on to it.
   * Errors: CONNECTION where it does not reconnect; AUTH; SOURCE_MISMATCH where the server has no such
   * place or another log there.
   */
  async *read(offset: number, endOffset: number): AsyncGenerator<Uint8Array, NextLog | undefined> {
    if (offset < firstEventOffset) yield magic.subarray(offset);
    // Tries that bring nothing count: a server may take each connection and drop it.
    let failures = 0;
    try {
      while (this.#tail.offset < endOffset) {
        try {
          this.#stream ??= await this.#open();
          const items = await this.#stream.next();
          if (items === undefined) return undefined;
          if (this.#isLost && items.length > 0) this.#noteBack();
          for (const item of items) {
            const taken = this.#take(item);
            if (taken === 'end') return undefined;
            if (taken instanceof Uint8Array) {
              failures = 0;
              const over = Math.max(0, this.#tail.offset - endOffset);
              yield over === 0 ? taken : taken.subarray(0, taken.length - over);
              if (over > 0) return undefined;
            } else if (taken !== undefined) {
              return this.#handOver(taken, items, item);
            }
          }
        } catch (error) {
          failures += 1;
          if (!(await this.#waitAfter(error, failures))) return undefined;
        }
      }
      return undefined;
    } finally {
      this.#stream?.close();
    }
  }

  async #open(): Promise<DumpStream> {
    const { address, isMariadb, serverId, signal } = this.#reading;
    const offset = this.#tail.reopen();
    return openDump({ address, isMariadb, serverId, signal, file: this.#file, offset });
  }

  /** Gives bytes, `end`, the name of the next log, or undefined for what only matters in here. */
  #take(item: DumpItem): Uint8Array | 'end' | { file: string } | undefined {
    switch (item.kind) {
      case 'bytes':
        return this.#tail.take(item.bytes, this.#stream?.parser.eventOffset ?? 0);
      case 'description':
        this.#tail.describe(item.event);
        return undefined;
      case 'log':
        return item.file === this.#file ? undefined : { file: item.file };
      case 'end':
        // A server that shuts down says the same as one that was asked not to wait.
        if (this.#reading.serverId === undefined) return 'end';
        throw new Error('the server has ended the stream');
      case 'error':
        throw new Refusal(describeRefusal(item, this.#location, this.#tail.place));
    }
  }

  /** The rest of the items is of the next log: the stream gives it to whoever reads that. */
  #handOver({ file }: { file: string }, items: readonly DumpItem[], last: DumpItem): NextLog {
    const rest = items.slice(items.indexOf(last) + 1);
    const stream = this.#stream;
    if (stream === undefined) throw new FlashError('INTERNAL', 'a log ends without a connection');
    this.#stream = undefined;
    let isFirst = true;
    const next: DumpStream['next'] = () => {
      if (!isFirst) return stream.next();
      isFirst = false;
      return Promise.resolve(rest);
    };
    return { file, stream: { ...stream, next } };
  }

  /** Waits before the next try; false where there is to be none. */
  async #waitAfter(error: unknown, failures: number): Promise<boolean> {
    this.#stream?.close();
    this.#stream = undefined;
    this.#isLost = true;
    const { signal, onNote, onLink, reconnects } = this.#reading;
    if (signal?.aborted === true) return false;
    const failure =
      error instanceof Refusal ? error.failure : describeFailure(error, this.#location);
    if (!failure.isPassing || !reconnects) throw failure.error;
    onLink(false);
    const longest = Math.min(backoffMs.max, backoffMs.first * 2 ** Math.min(failures - 1, 20));
    const waitMs = longest * (0.5 + Math.random() / 2);
    onNote(
      `${this.#location} was lost at ${this.#place} (${failure.message}); try ${failures} in ${(waitMs / 1000).toFixed(1)} s.`,
    );
    return delay(waitMs, true, signal === undefined ? {} : { signal }).catch(() => false);
  }

  #noteBack(): void {
    this.#isLost = false;
    this.#reading.onLink(true);
    this.#reading.onNote(`${this.#location} is back, at ${this.#place}.`);
  }

  get #location(): string {
    return addressText(this.#reading.address);
  }

  get #place(): string {
    return placeText(this.#tail.place);
  }
}

/** What the server said of the request, as an exception up to where tries are counted. */
class Refusal extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

function placeText({ file, offset }: Position): string {
  return `${file}:${offset}`;
}
