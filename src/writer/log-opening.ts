import { createHash } from 'node:crypto';
import { eventTypes, type RawEvent } from '../binlog/index.js';
import { headerMark, type LogOpening } from './log-mark.js';

/** A log whose first bytes tell nothing for so long is not held against others. */
const openingMaxBytes = 1 << 20;

/** Finds the opening of a log that is read. */
export class OpeningReader {
  #opening: LogOpening | undefined;
  #openedSeconds = 0;

  /** As far as the log was read; undefined before its first event, after one that does not follow, and after too much. */
  get opening(): LogOpening | undefined {
    return this.#opening;
  }

  /** Begins with a log's FORMAT_DESCRIPTION, or goes on after the events of the log that were read before. */
  begin(description: RawEvent, known?: LogOpening): void {
    this.#openedSeconds = description.header.timeSeconds;
    this.#opening = known ?? {
      offset: description.header.endOffset,
      hash: hashOf(headerMark(description)),
    };
  }

  /** Adds the event that follows. What comes once the opening tells the log is of no account. */
  add(event: RawEvent): void {
    const opening = this.#opening;
    if (opening === undefined || opening.tells === true) return;
    const { offset, endOffset, timeSeconds, type, serverId } = event.header;
    if (offset !== opening.offset || endOffset > openingMaxBytes) {
      this.#opening = undefined;
      return;
    }
    const header = `${opening.hash} ${timeSeconds} ${type} ${serverId} ${endOffset} `;
    const tells = isTelling(event, this.#openedSeconds) ? { tells: true as const } : {};
    this.#opening = { offset: endOffset, hash: hashOf(header, event.body), ...tells };
  }
}

/** Size of an ANONYMOUS_GTID without the times of its commit, in microseconds, which MySQL 8.0 and later write. */
const anonymousBytesMax = 42;

/** Written when a log is opened: they say nothing of what is in it. */
const headTypes: ReadonlySet<number> = new Set([
  eventTypes.formatDescription,
  eventTypes.previousGtids,
  eventTypes.mariadbGtidList,
  eventTypes.startEncryption,
]);

/**
 * Whether one server can write an event at one place of two logs of which all before it is the same.
 *
 * Logs that FLUSH LOGS makes in one second have the same FORMAT_DESCRIPTION and, with nothing in them, the same GTIDs
 * before them. Without GTIDs even the first transactions can be the same bytes: one statement twice, in one second, by
 * one session, on a table without transactions. What tells such logs apart is
 *
 * - a GTID, which one transaction has; or when it was committed, in microseconds;
 * - an XID, which counts the server's statements;
 * - the name of the next log in ROTATE;
 * - an event of a later second than that in which the log was opened: the next log is opened after it.
 *
 * A copy that is cut before all of these is taken for another log: of a log without GTIDs, it has what was written in its
 * first second to tables without transactions, and DDL.
 */
function isTelling({ header, body }: RawEvent, openedSeconds: number): boolean {
  const { type, timeSeconds } = header;
  switch (type) {
    case eventTypes.gtid:
    case eventTypes.gtidTagged:
    case eventTypes.mariadbGtid:
    case eventTypes.xid:
    case eventTypes.rotate:
      return true;
    case eventTypes.anonymousGtid:
      return body.length > anonymousBytesMax || timeSeconds > openedSeconds;
    default:
      return timeSeconds > openedSeconds && !headTypes.has(type);
  }
}

function hashOf(text: string, bytes: Uint8Array = new Uint8Array(0)): string {
  return createHash('sha256').update(text).update(bytes).digest('hex').slice(0, 32);
}
