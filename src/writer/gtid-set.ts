import { FlashError } from '../protocol/index.js';

/** Both ends are in it. */
interface Interval {
  first: bigint;
  last: bigint;
}

/**
 * The GTIDs that are in the copy: MySQL's `uuid:1-5:7,uuid:tag:1-3`, or MariaDB's `0-1-42,1-1-7`,
 * the last of each domain.
 */
export class GtidSet {
  /** MySQL: intervals by `uuid` or `uuid:tag`, sorted, with a gap between any two. */
  readonly #intervals = new Map<string, Interval[]>();
  /** MariaDB: `server-sequence` by domain. */
  readonly #domains = new Map<number, string>();

  /**
   * Reads the text form of either flavor; spaces and line ends are allowed, as MySQL prints them.
   *
   * Errors: INVALID_REQUEST for a text that is no GTID set.
   */
  static parse(text: string): GtidSet {
    const set = new GtidSet();
    set.addText(text);
    return set;
  }

  /** Adds one GTID or a whole set, in text form. */
  addText(text: string): void {
    for (const item of text.replace(/\s+/g, '').split(',')) {
      if (item === '') continue;
      const mariadb = /^(\d+)-(\d+)-(\d+)$/.exec(item);
      if (mariadb !== null) {
        this.#domains.set(Number(mariadb[1]), `${mariadb[2] ?? ''}-${mariadb[3] ?? ''}`);
        continue;
      }
      const [uuid = '', ...parts] = item.split(':');
      if (!uuidPattern.test(uuid) || parts.length === 0) throw gtidError(text);
      this.#addParts(uuid.toLowerCase(), parts, text);
    }
  }

  /** Whether all GTIDs of another set are in this one. */
  holds(other: GtidSet): boolean {
    for (const [source, intervals] of other.#intervals) {
      const own = this.#intervals.get(source) ?? [];
      const isIn = ({ first, last }: Interval): boolean =>
        own.some((interval) => interval.first <= first && last <= interval.last);
      if (!intervals.every(isIn)) return false;
    }
    for (const [domain, rest] of other.#domains) {
      const own = this.#domains.get(domain);
      if (own === undefined || sequenceOf(own) < sequenceOf(rest)) return false;
    }
    return true;
  }

  /** The canonical text: sources in order of their names, MariaDB's domains in order of numbers. */
  toString(): string {
    const domains = [...this.#domains]
      .sort(([a], [b]) => a - b)
      .map(([domain, rest]) => `${domain}-${rest}`);
    const sources = [...this.#intervals]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([source, intervals]) => `${source}:${intervals.map(intervalText).join(':')}`);
    return [...sources, ...domains].join(',');
  }

  /** `tag:1-3` and `1-3` may follow each other: a tag holds for the intervals behind it. */
  #addParts(uuid: string, parts: readonly string[], text: string): void {
    let source = uuid;
    for (const part of parts) {
      const match = /^(\d+)(?:-(\d+))?$/.exec(part);
      if (match?.[1] !== undefined) {
        this.#addInterval(source, { first: BigInt(match[1]), last: BigInt(match[2] ?? match[1]) });
      } else if (/^[a-z_][a-z0-9_]{0,31}$/i.test(part)) {
        source = `${uuid}:${part.toLowerCase()}`;
      } else {
        throw gtidError(text);
      }
    }
  }

  #addInterval(source: string, added: Interval): void {
    const intervals = this.#intervals.get(source);
    if (intervals === undefined) {
      this.#intervals.set(source, [added]);
      return;
    }
    const end = intervals.at(-1);
    // The usual case: the next number of the server.
    if (end !== undefined && added.first === end.last + 1n) {
      end.last = added.last;
      return;
    }
    this.#intervals.set(source, mergeIntervals([...intervals, added]));
  }
}

/** MariaDB numbers the transactions of a domain one by one, whichever server they come from. */
function sequenceOf(serverAndSequence: string): bigint {
  return BigInt(serverAndSequence.slice(serverAndSequence.indexOf('-') + 1));
}

const uuidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function mergeIntervals(intervals: readonly Interval[]): Interval[] {
  const sorted = intervals
    .map((interval) => ({ ...interval }))
    .sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  const merged: Interval[] = [];
  for (const interval of sorted) {
    const before = merged.at(-1);
    if (before === undefined || interval.first > before.last + 1n) merged.push(interval);
    else if (interval.last > before.last) before.last = interval.last;
  }
  return merged;
}

function intervalText({ first, last }: Interval): string {
  return first === last ? String(first) : `${first}-${last}`;
}

function gtidError(text: string): FlashError {
  return new FlashError('INVALID_REQUEST', `not a GTID set: ${text.slice(0, 100)}`, {
    hint: 'MySQL: uuid:1-5,uuid:tag:1-3. MariaDB: 0-1-42,1-1-7.',
  });
}
