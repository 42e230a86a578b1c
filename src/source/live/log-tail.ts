import { FlashError, type Position } from '../../protocol/index.js';
import { firstEventOffset } from './dump-parser.js';

/** The positions of COM_BINLOG_DUMP have 32 bits; a log may be longer, by one large transaction. */
const offsetMax = 0xffffffff;

/** `created` in a description, after 19 bytes of header; a server sends 0 there inside a log. */
const createdStart = 19 + 52;
const createdEnd = createdStart + 4;
const checksumBytes = 4;

/** The header's fields that may differ: next position and flags. */
const headerEnd = 13;

/** A log's first event, as it was seen first in a run; shared by all who read that log. */
export interface SeenDescription {
  event?: Buffer;
}

/**
 * What is known of a log that is being read, so that after a lost connection reading goes on in the very
 * same log, at the very same byte.
 */
export class LogTail {
  readonly #file: string;
  readonly #location: string;
  /** Offset of the next byte to be given. */
  #offset: number;
  /** Where the event begins of which the last bytes were. */
  #eventOffset: number;
  /** The bytes that were given last. */
  #last: Uint8Array = new Uint8Array(0);
  /** Bytes that come a second time and are compared, not given. */
  #repeated = 0;
  readonly #description: SeenDescription;

  constructor(file: string, location: string, offset: number, description: SeenDescription) {
    this.#description = description;
    this.#file = file;
    this.#location = location;
    this.#offset = offset;
    this.#eventOffset = offset;
  }

  get offset(): number {
    return this.#offset;
  }

  get place(): Position {
    return { file: this.#file, offset: this.#offset };
  }

  /** Gives the offset from which the log is asked for again: that of the last event. */
  reopen(): number {
    const start = this.#eventOffset > offsetMax ? firstEventOffset : this.#eventOffset;
    this.#repeated = this.#offset - start;
    return start;
  }

  /**
   * Takes the next bytes and gives what is new of them.
   *
   * Errors: SOURCE_MISMATCH where what comes again is not what came before.
   */
  take(bytes: Uint8Array, eventOffset: number): Uint8Array | undefined {
    const again = Math.min(this.#repeated, bytes.length);
    if (again > 0) this.#compare(bytes.subarray(0, again));
    this.#repeated -= again;
    if (again === bytes.length) return undefined;
    const fresh = bytes.subarray(again);
    this.#offset += fresh.length;
    this.#eventOffset = eventOffset;
    this.#last = fresh;
    return fresh;
  }

  /** Errors: SOURCE_MISMATCH where the log has another description than when it was opened first. */
  describe(event: Uint8Array): void {
    const found = Buffer.from(event);
    const known = this.#description.event;
    this.#description.event ??= found;
    if (known === undefined || isSameDescription(known, found)) return;
    throw this.#otherLogError();
  }

  /** `#last` ends at `#offset`, and `bytes` end `#repeated` - their length before it. */
  #compare(bytes: Uint8Array): void {
    const left = this.#repeated - bytes.length;
    if (left >= this.#last.length) return;
    const kept = this.#last.subarray(0, this.#last.length - left);
    const size = Math.min(kept.length, bytes.length);
    const again = bytes.subarray(bytes.length - size);
    if (Buffer.compare(kept.subarray(kept.length - size), again) !== 0) throw this.#otherLogError();
  }

  #otherLogError(): FlashError {
    const { file, offset } = this.place;
    return new FlashError(
      'SOURCE_MISMATCH',
      `${this.#location} has another ${file} than the one that this run has read, up to offset ${offset}: it has begun its logs anew, or is another server`,
      {
        hint: 'All before it is applied. After a failover: theflash write --source-moved --binlog …, proven by GTIDs. Else bring the database in anew, with --dump in another engine folder.',
        place: { file, offset },
      },
    );
  }
}

function isSameDescription(a: Buffer, b: Buffer): boolean {
  const parts: readonly [number, number][] = [
    [0, headerEnd],
    [19, createdStart],
    [createdEnd, a.length - checksumBytes],
  ];
  return (
    a.length === b.length &&
    parts.every(([start, end]) => a.subarray(start, end).equals(b.subarray(start, end)))
  );
}
