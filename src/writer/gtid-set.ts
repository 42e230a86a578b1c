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

  get isEmpty(): boolean {
    return this.#intervals.size === 0 && this.#domains.size === 0;
  }

  /** True where the transaction of one GTID is in the set. Asked for each transaction of a log. */
  has(gtid: string): boolean {
    const dash = gtid.indexOf('-');
    const colon = gtid.lastIndexOf(':');
    if (colon < 0) {
      const last = this.#domains.get(Number(gtid.slice(0, dash)));
      return last !== undefined && sequenceOf(gtid.slice(dash + 1)) <= sequenceOf(last);
    }
    const intervals = this.#intervals.get(gtid.slice(0, colon).toLowerCase());
    const end = intervals?.at(-1);
    if (intervals === undefined || end === undefined) return false;
    const number = BigInt(gtid.slice(colon + 1));
    if (number > end.last) return false;
    return intervals.some(({ first, last }) => first <= number && number <= last);
  }

  /**
   * True where each transaction of `other`, a GTID or a set in text form, is in this set. MariaDB's
   * sequence numbers rise in a domain, whichever server writes: what is not after the last one is in.
   */
  contains(other: string): boolean {
    return this.missing(GtidSet.parse(other)) === '';
  }

  /** True where the set has GTIDs of that flavor. */
  isFrom(flavor: 'mysql' | 'mariadb'): boolean {
    return flavor === 'mysql' ? this.#intervals.size > 0 : this.#domains.size > 0;
  }

  /** MariaDB: the last GTID of each domain, `domain-server-sequence`. */
  lastOfDomains(): string[] {
    return [...this.#domains].map(([domain, last]) => `${domain}-${last}`);
  }

  /** The part of `other` that is not in this set, of the servers or domains that it has transactions of, as text. */
  lacksOfKnown(other: GtidSet): string {
    const known = new GtidSet();
    for (const [domain, last] of other.#domains) {
      if (this.#domains.has(domain)) known.#domains.set(domain, last);
    }
    for (const [source, intervals] of other.#intervals) {
      if (this.#intervals.has(source)) known.#intervals.set(source, intervals);
    }
    return this.missing(known);
  }

  /** The part of `other` that is not in this set, as text; of a MariaDB domain its last GTID. */
  missing(other: GtidSet): string {
    const rest = new GtidSet();
    for (const [domain, last] of other.#domains) {
      const here = this.#domains.get(domain);
      if (here === undefined || sequenceOf(here) < sequenceOf(last))
        rest.#domains.set(domain, last);
    }
    for (const [source, intervals] of other.#intervals) {
      const left = subtract(intervals, this.#intervals.get(source) ?? []);
      if (left.length > 0) rest.#intervals.set(source, left);
    }
    return rest.toString();
  }

  /** `tag:1-3` and `1-3` may follow each other: a tag holds for the intervals after it. */
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

/** True for MariaDB's form. MySQL's has a colon after the server's UUID, which may be all digits. */
export function isMariadbGtid({ gtid }: { gtid: string | undefined }): boolean {
  return gtid !== undefined && !gtid.includes(':');
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

/** Both lists are sorted, with a gap between any two intervals. */
function subtract(from: readonly Interval[], taken: readonly Interval[]): Interval[] {
  return from.flatMap((interval) => {
    const left: Interval[] = [];
    let { first } = interval;
    for (const each of taken) {
      if (each.last < first || each.first > interval.last) continue;
      if (each.first > first) left.push({ first, last: each.first - 1n });
      first = each.last + 1n;
    }
    if (first <= interval.last) left.push({ first, last: interval.last });
    return left;
  });
}

/** The number of `server-sequence`. */
function sequenceOf(text: string): bigint {
  return BigInt(text.slice(text.indexOf('-') + 1));
}

function intervalText({ first, last }: Interval): string {
  return first === last ? String(first) : `${first}-${last}`;
}

function gtidError(text: string): FlashError {
  return new FlashError('INVALID_REQUEST', `not a GTID set: ${text.slice(0, 100)}`, {
    hint: 'MySQL: uuid:1-5,uuid:tag:1-3. MariaDB: 0-1-42,1-1-7.',
  });
}
