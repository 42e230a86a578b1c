import { EventFramer, type RawEvent } from '../binlog/index.js';
import { FlashError } from '../protocol/index.js';
import { headerMark, positionText, type LogMark, type LogOpening } from './log-mark.js';
import { OpeningReader } from './log-opening.js';
import { rightLogHint } from './log-sequence.js';

/** A log that was read, with an opening that tells it from all others. */
export interface ReadLog {
  mark: LogMark & { opening: LogOpening };
  /** It was read before `--source-moved --from`, and may bear any name now. */
  isMoved: boolean;
}

/** The logs of these that can be known again. */
export function knownLogs(marks: readonly LogMark[], { isMoved }: { isMoved: boolean }): ReadLog[] {
  return marks.flatMap(({ opening, ...mark }) =>
    opening?.tells === true ? [{ mark: { ...mark, opening }, isMoved }] : [],
  );
}

/**
 * Holds the beginning of a log against logs that were read before it. It is fed with the log's bytes from the first one on.
 */
export class RepeatedLogSearch {
  readonly #framer: EventFramer;
  /** Those that begin as this log does, as far as it was read. */
  #candidates: readonly ReadLog[];
  readonly #opening = new OpeningReader();
  #isBegun = false;

  constructor(file: string, logs: readonly ReadLog[]) {
    this.#framer = new EventFramer(file);
    this.#candidates = logs;
  }

  /** True until the log is known for another one than those that were read. */
  get isOpen(): boolean {
    return this.#candidates.length > 0;
  }

  /** Gives the log that this one is, once that is certain. */
  push(chunk: Uint8Array): ReadLog | undefined {
    try {
      for (const raw of this.#framer.push(chunk)) {
        const found = this.#see(raw);
        if (found !== undefined || !this.isOpen) return found;
      }
    } catch (error) {
      if (!(error instanceof FlashError)) throw error;
      // It is told when the log is read, after what comes before it.
      this.#candidates = [];
    }
    return undefined;
  }

  #see(raw: RawEvent): ReadLog | undefined {
    if (!this.#isBegun) {
      this.#isBegun = true;
      const header = headerMark(raw);
      this.#opening.begin(raw);
      this.#candidates = this.#candidates.filter(({ mark }) => mark.header === header);
      return undefined;
    }
    this.#opening.add(raw);
    const { opening } = this.#opening;
    const found = this.#candidates.find(
      ({ mark }) => mark.opening.offset === opening?.offset && mark.opening.hash === opening.hash,
    );
    const offset = opening === undefined || opening.tells === true ? Infinity : opening.offset;
    this.#candidates = this.#candidates.filter(({ mark }) => mark.opening.offset > offset);
    return found;
  }
}

/**
 * Gives the bytes of a log, but for those of one that was read before under another name: the first bytes are held back
 * until it is certain which log it is. A pipe, and a log that its server still writes, may be silent meanwhile.
 *
 * Errors: SOURCE_MISMATCH, before any byte is given.
 */
export async function* unlessRepeated(
  chunks: AsyncIterable<Uint8Array>,
  log: { name: string; location: string },
  logs: readonly ReadLog[],
): AsyncGenerator<Uint8Array, void, undefined> {
  const search = new RepeatedLogSearch(log.name, logs);
  let held: Uint8Array[] = [];
  for await (const chunk of chunks) {
    held.push(chunk);
    const found = search.isOpen ? search.push(chunk) : undefined;
    if (found !== undefined) throw repeatedLogError(log, found);
    if (search.isOpen) continue;
    yield* held;
    held = [];
  }
  yield* held;
}

function repeatedLogError(
  { name, location }: { name: string; location: string },
  { mark, isMoved }: ReadLog,
): FlashError {
  const given = location.endsWith(name) ? location : `${location}, given as ${name},`;
  const { file, offset, opening } = mark;
  const other = file === name ? `the ${file} that the copy has read` : `${file} under another name`;
  return new FlashError(
    'SOURCE_MISMATCH',
    `${given} is ${other}: up to offset ${opening.offset} they are the same, as no two logs of a server are. The copy holds it up to offset ${offset}, and its changes would be applied twice`,
    {
      hint: isMoved
        ? `Where the source's logs have new names: --source-moved --from ${positionText({ file: name, offset })}. Where this one was copied under a wrong name, leave --source-moved away. ${rightLogHint(name)}`
        : rightLogHint(name),
      place: { file: location },
    },
  );
}
