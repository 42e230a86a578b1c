import type { BinlogEvent } from '../binlog/index.js';
import { FlashError, type Position } from '../protocol/index.js';
import { isMariadbGtid } from './gtid-set.js';
import { positionText } from './log-mark.js';

/** Where between two events a log is: outside of transactions, after a GTID event, or after BEGIN. */
type Place = 'between' | 'group' | 'transaction';

/**
 * Passes the events of a log up to a place that the user has named, collects their GTIDs, and makes
 * sure that a transaction begins there.
 */
export class EarlierEvents {
  readonly #start: Position;
  readonly #addGtids: (text: string) => void;
  #place: Place = 'between';
  /** Where the event after the last one begins. */
  #endOffset = 4;
  #isDone = false;

  constructor(start: Position, addGtids: (text: string) => void) {
    this.#start = start;
    this.#addGtids = addGtids;
  }

  /**
   * True where the event lies before the place.
   *
   * Errors: INVALID_REQUEST where the place is inside an event or a transaction.
   */
  passes(event: BinlogEvent): boolean {
    const { file, offset } = this.#start;
    if (event.file !== file || this.#isDone) return false;
    if (event.offset < offset) {
      if (event.endOffset > offset) throw this.#insideError(event.offset, event.endOffset);
      this.#pass(event);
      return true;
    }
    this.#isDone = true;
    if (this.#place !== 'between') throw this.#error('a transaction is under way there', undefined);
    return false;
  }

  /** Errors: INVALID_REQUEST where the log has ended before the place. */
  finish(): void {
    if (this.#endOffset < this.#start.offset) {
      throw this.#error(`the log ends at offset ${this.#endOffset}`, this.#endOffset);
    }
  }

  #pass(event: BinlogEvent): void {
    this.#endOffset = event.endOffset;
    if (event.kind === 'gtid-list') this.#addGtids(event.gtidSet);
    if (event.kind === 'gtid') {
      if (event.gtid !== undefined) this.#addGtids(event.gtid);
      this.#place = isMariadbGtid(event) && !event.standalone ? 'transaction' : 'group';
    } else if (event.kind === 'xid' || event.kind === 'xa-prepare') {
      this.#place = 'between';
    } else if (event.kind === 'query') {
      this.#place = placeAfter(event.sql, this.#place);
    }
  }

  #insideError(offset: number, endOffset: number): FlashError {
    return this.#error(`an event lies there, from ${offset} to ${endOffset}`, offset);
  }

  #error(problem: string, offset: number | undefined): FlashError {
    const { file } = this.#start;
    return new FlashError(
      'INVALID_REQUEST',
      `no transaction begins at ${positionText(this.#start)}: ${problem}`,
      {
        hint: `\`theflash binlog ${file}\` lists the events with their offsets: take that of a GTID event, or of a BEGIN without one.`,
        place: { file, ...(offset === undefined ? {} : { offset }) },
      },
    );
  }
}

function placeAfter(sql: string, place: Place): Place {
  if (/^\s*(?:BEGIN|START\s+TRANSACTION|XA\s+(?:START|BEGIN))\b/i.test(sql)) return 'transaction';
  if (place !== 'transaction') return 'between';
  return /^\s*(?:COMMIT|ROLLBACK\s*(?:$|;|\/\*)|XA\s+(?:COMMIT|ROLLBACK|PREPARE))/i.test(sql)
    ? 'between'
    : 'transaction';
}
