import {
  eventTypes,
  type EventHeader,
  type FormatDescriptionEvent,
  type GtidEvent,
  type GtidListEvent,
  type RawEvent,
  type RotateEvent,
} from '../binlog/index.js';
import type { Checkpoint, Position } from '../protocol/index.js';
import { firstOffset, refuseStart } from './beginning.js';
import {
  checkSource,
  type Beginning,
  type NewestTransaction,
  type UnclosedLog,
  type WriterCheckpoint,
} from './checkpoint.js';
import { GtidSet } from './gtid-set.js';
import { LogBytes } from './log-bytes.js';
import {
  checkHeader,
  headerMark,
  tailBytesMax,
  tailOf,
  type LogMark,
  type LogOpening,
} from './log-mark.js';
import { OpeningReader } from './log-opening.js';
import {
  anonymousError,
  checkClosed,
  checkFollows,
  checkHeld,
  checkNamed,
  checkOpened,
  repeatedError,
  checkRotation,
  unclosedLine,
} from './log-sequence.js';
import { knownLogs, type ReadLog } from './repeated-log.js';

export interface LogPositionPorts {
  /** The transactions that the copy holds. */
  held: GtidSet;
  /** The transactions of this series of logs up to here: what the next log must say came before it. */
  series: GtidSet;
  /** False where the copy goes on in a series that it has not read before: nothing to hold it against. */
  goesOn: boolean;
  beginning: Beginning | undefined;
  /** Transactions to pass over: the copy holds them from another source, or from a dump. */
  covered: string | undefined;
  /** The logs are copies, of which one may not be whole; a server's own are. */
  mayBeCut: boolean;
  /** The source has moved to a place that the user has named. */
  named: NamedPlace | undefined;
  onMove: () => void;
  /** Called with what people should look at. */
  onDoubt: (line: string) => void;
}

/** What a copy held before its source moved to a place that the user has named. */
export interface NamedPlace {
  /** The logs that were read. */
  readBefore: readonly LogMark[];
  /** When the source committed the newest transaction. Units: ms since 1970, of whole seconds. */
  newestMs: number;
}

/** Each takes some 250 bytes of each checkpoint. */
const passedMax = 8;

/** How far the logs are applied, as whole transactions: what goes into the checkpoint. */
export class LogPosition {
  readonly #ports: LogPositionPorts;
  #beginning: Beginning | undefined;
  #source: Checkpoint['source'] | undefined;
  #position: Position | undefined;
  #finished: string | undefined;
  #sourceTimeMs: number;
  /** The mark of the log that holds `position`, or was read up to a ROTATE to it. */
  #mark: LogMark | undefined;
  /** The marks of the logs before it. */
  #passed: readonly LogMark[];
  /** The event that moved the position last, where `#mark` does not know of it yet. */
  #moved: EventHeader | undefined;
  readonly #bytes = new LogBytes();
  /** The bytes of a log's first event and what lies before it. */
  #head: Uint8Array = new Uint8Array(0);
  /** The first event of the log that is being read, and the event that is being applied. */
  #header = '';
  #event: RawEvent | undefined;
  /** What the log begins with, and what of that lay before the position when it moved last. */
  readonly #opening = new OpeningReader();
  #movedOpening: LogOpening | undefined;
  #isFirstList = true;
  /** The log that is read ends with a STOP, as far as it was read. */
  #isStopped: boolean;
  /** It has transactions without GTIDs. */
  #lacksGtids: boolean;
  #hasOpened = false;
  /** Where the log before this one ended, without an event that closes it, until it is certain that it was whole. */
  #unclosed: UnclosedLog | undefined;
  /** Such logs that nothing has proven whole. */
  #doubtful: readonly UnclosedLog[];
  /** Up to where the log that is read was read, and the one before it. */
  #readTo = 0;
  #readBefore = 0;
  #hasBegun = false;
  /** The transaction that began last, and the one that was applied last. */
  #opened: NewestTransaction | undefined;
  #newest: NewestTransaction | undefined;
  /** Nothing from the named place on has been applied: what the user says of it may be wrong, and the old place holds. */
  #isUnproven: boolean;
  #covered: string | undefined;

  constructor(ports: LogPositionPorts, checkpoint: WriterCheckpoint | undefined) {
    this.#ports = ports;
    this.#beginning = ports.beginning;
    this.#covered = ports.covered;
    this.#source = checkpoint?.source;
    this.#position = checkpoint?.position;
    this.#finished = checkpoint?.finished;
    this.#mark = checkpoint?.mark;
    this.#isStopped = checkpoint?.stopped === true;
    this.#lacksGtids = checkpoint?.lacksGtids === true;
    this.#doubtful = checkpoint?.unclosed ?? [];
    this.#passed = checkpoint?.passed ?? [];
    this.#sourceTimeMs = checkpoint?.sourceTimeMs ?? 0;
    this.#isUnproven = ports.named !== undefined;
    this.#newest = checkpoint?.newest;
  }

  /** Where the next run goes on; undefined before the first event. */
  get position(): Position | undefined {
    return this.#position;
  }

  /** Logs of which is not known whether they were whole. */
  get unclosed(): readonly UnclosedLog[] {
    return this.#doubtful;
  }

  get beginning(): Beginning | undefined {
    return this.#beginning;
  }

  /** The transactions that the copy holds, in the flavor's own text form. */
  get gtidSet(): string {
    return this.#ports.held.toString();
  }

  get flavor(): 'mysql' | 'mariadb' {
    return this.#source?.flavor ?? 'mysql';
  }

  /** True where the log that was read last ended with a ROTATE: `position` is in the next one. */
  get hasRotated(): boolean {
    return this.#finished !== undefined && this.#finished !== this.#position?.file;
  }

  get sourceTimeMs(): number {
    return this.#sourceTimeMs;
  }

  /**
   * The checkpoint of all whole transactions so far, or undefined before the first log was opened, and while a place that
   * the user has named is unproven.
   */
  checkpoint(): WriterCheckpoint | undefined {
    if (this.#source === undefined || this.#position === undefined || this.#isUnproven) {
      return undefined;
    }
    const mark = this.#markOfNow();
    return {
      ...(this.#finished === undefined ? {} : { finished: this.#finished }),
      ...(this.#isStopped ? { stopped: true } : {}),
      ...(this.#lacksGtids ? { lacksGtids: true } : {}),
      ...(this.#doubtful.length === 0 ? {} : { unclosed: this.#doubtful }),
      ...(mark === undefined ? {} : { mark }),
      ...(this.#passed.length === 0 ? {} : { passed: this.#passed }),
      ...(this.#beginning === undefined ? {} : { beginning: this.#beginning }),
      ...(this.#covered === undefined ? {} : { covered: this.#covered }),
      ...(this.#newest === undefined ? {} : { newest: this.#newest }),
      source: this.#source,
      position: this.#position,
      gtidSet: this.#ports.held.toString(),
      sourceTimeMs: this.#sourceTimeMs,
    };
  }

  /** Keeps the place that the user has named, though nothing was applied from there on: the logs end, or DDL begins. */
  settleMove(): void {
    if (!this.#isUnproven) return;
    this.#isUnproven = false;
    this.#ports.onMove();
  }

  /** Sets where reading begins, before the first event of a log that is not read from its start. */
  startAt(position: Position): void {
    this.#position = position;
  }

  /** Notes the event that is applied next, as it stands in the log. */
  see(event: RawEvent): void {
    this.#event = event;
    this.#opening.add(event);
  }

  /**
   * Notes the bytes of a log that are read next. What lies before `wantedFrom` is no longer needed.
   * Owns: keeps them for a while.
   */
  seeBytes(bytes: Uint8Array, offset: number, wantedFrom: number | undefined): void {
    this.#keepMark();
    if (offset === 0) this.#readBefore = this.#readTo;
    this.#readTo = offset + bytes.length;
    // An event that ends in these bytes may have its last ones only in them.
    this.#bytes.drop(Math.min(offset - tailBytesMax, wantedFrom ?? offset));
    this.#bytes.add(bytes, offset);
  }

  /** The bytes of the log that is being read, with its head, as a transaction alone has to be read. */
  bytesOf(start: number, end: number): { head: Uint8Array; events: Uint8Array } {
    return { head: this.#head, events: this.#bytes.slice(start, end) };
  }

  /**
   * Notes the log that is read from now on. The place stays in the one before until an event of this one has passed:
   * what it says of the logs before it may be refused.
   *
   * Errors: SOURCE_MISMATCH for another server's, another log of the name that was read before, and where the log before
   * it is cut.
   */
  openLog(event: FormatDescriptionEvent): void {
    const source = { flavor: event.flavor, serverId: event.serverId };
    if (this.#source !== undefined) checkSource(this.#source, source, event.file);
    this.#source = source;
    this.#openMark(event);
    if (event.file !== this.#position?.file) this.#leaveUnclosed(event);
    this.#hasOpened = true;
    this.#finished = undefined;
    this.#position ??= { file: event.file, offset: event.endOffset };
  }

  /** Errors: SOURCE_MISMATCH where the log before this one is certainly cut. */
  #leaveUnclosed(event: FormatDescriptionEvent): void {
    const before = this.#position;
    const isOwn = event.offset === firstOffset && this.#ports.mayBeCut;
    if (!isOwn || !this.#hasOpened || this.#isStopped) return;
    if (before === undefined || this.#event === undefined) return;
    checkClosed(before, this.#event);
    this.#unclosed = { ...before, bytes: Math.max(before.offset, this.#readBefore) };
  }

  /** A relay log holds descriptions of the source's logs, too: its first event alone is its own. */
  #openMark(event: FormatDescriptionEvent): void {
    const mark = this.#keepMark();
    if (event.offset === firstOffset && this.#event !== undefined) {
      this.#head = this.#bytes.slice(0, event.endOffset);
      this.#header = headerMark(this.#event);
      this.#opening.begin(this.#event, mark?.file === event.file ? mark.opening : undefined);
    } else if (mark?.file !== event.file) {
      this.#header = '';
    }
    if (mark === undefined) return;
    if (mark.file !== event.file) {
      checkOpened(mark, event);
      this.#pass(mark);
    } else if (event.offset === firstOffset) checkHeader(event.file, mark, this.#header);
  }

  /** The logs that a log which is begun must not be under another name. */
  readLogs(file: string): readonly ReadLog[] {
    const { mayBeCut, named } = this.#ports;
    const mark = this.#markOfNow();
    if (!mayBeCut || mark?.file === file) return [];
    const others = [...this.#passed, ...(mark === undefined ? [] : [mark])];
    const offset = this.#position?.file === file ? this.#position.offset : firstOffset;
    return [
      ...knownLogs(
        others.filter((other) => other.file !== file),
        { isMoved: false },
      ),
      // What lies before the place that the user has named is not applied.
      ...knownLogs(
        (named?.readBefore ?? []).filter((other) => other.offset > offset),
        { isMoved: true },
      ),
    ];
  }

  /** Keeps the mark of a log that was read: files of its name are to be the same later. */
  #pass(mark: LogMark): void {
    if (!this.#ports.mayBeCut) return;
    const others = this.#passed.filter(({ file }) => file !== mark.file);
    this.#passed = [...others, mark].slice(-passedMax);
  }

  /**
   * Notes what a log says of the transactions before it.
   *
   * Errors: SOURCE_MISMATCH where that is not what the logs before it held.
   */
  earlier(event: GtidListEvent): void {
    const { held, series, goesOn } = this.#ports;
    const isFirst = this.#isFirstList;
    this.#isFirstList = false;
    if (this.isCovering) {
      checkHeld(held, event);
      // From here on the logs hold what the copy holds, and nothing else may come before the next one.
      if (GtidSet.parse(event.gtidSet).contains(this.#covered ?? '')) {
        this.#covered = undefined;
        series.addText(held.toString());
      }
    } else if (goesOn || !isFirst) {
      checkFollows(series, event);
      // Where each transaction has a GTID, none is missing.
      if (!this.#lacksGtids && series.toString() !== '') this.#unclosed = undefined;
    } else {
      if (this.#ports.named === undefined) this.#checkWhole(event);
      else checkNamed(held, event);
      this.addEarlier(event.gtidSet);
    }
  }

  /** Errors: SOURCE_MISMATCH where transactions came before what has to be the first log. */
  #checkWhole({ file, gtidSet }: GtidListEvent): void {
    if (this.#beginning?.kind !== 'whole' || gtidSet === '') return;
    refuseStart({ file, offset: firstOffset }, `${file} says that ${gtidSet} came before it`);
  }

  /** True while transactions may come that the copy holds already. */
  get isCovering(): boolean {
    return this.#covered !== undefined;
  }

  /**
   * True where a transaction is to be passed over, since the copy holds it.
   *
   * Errors: SOURCE_MISMATCH where it can't be told, or must not be so.
   */
  isHeld(event: GtidEvent): boolean {
    const { gtid, timeSeconds } = event;
    this.#opened = gtid === undefined ? undefined : { gtid, timeSeconds };
    if (gtid === undefined) {
      if (this.isCovering) throw anonymousError(event);
      return false;
    }
    if (!this.#ports.held.has(gtid)) return false;
    if (this.isCovering) return true;
    // In a domain of MariaDB with several writers the numbers need not rise; what is as old as the copy is in it.
    const { named } = this.#ports;
    const isOld = named !== undefined && timeSeconds * 1000 <= named.newestMs;
    if (this.flavor === 'mariadb' && !isOld) return false;
    throw repeatedError(event, gtid);
  }

  /** Adds the GTIDs of transactions before the place where the copy begins. */
  addEarlier(gtidSet: string): void {
    this.#isFirstList = false;
    const { held, series } = this.#ports;
    // Of a domain of MariaDB the copy may hold more than lies before a place that the user has named.
    held.addText(held.missing(GtidSet.parse(gtidSet)));
    series.addText(gtidSet);
  }

  /** Goes on in the log that a ROTATE names. */
  rotate(event: RotateEvent): void {
    this.#begin();
    checkRotation(event, { isApplied: true });
    this.#settleUnclosed();
    this.#finished = event.file;
    this.#moveTo({ file: event.nextFile, offset: event.nextOffset });
  }

  /** Passes an event that lies between two transactions. */
  pass(event: EventHeader): void {
    this.#begin();
    this.#settleUnclosed();
    this.#moveTo({ file: event.file, offset: event.endOffset });
    this.#isStopped = event.type === eventTypes.stop;
  }

  /** Passes the last event of a transaction or statement; `isHeld`: the copy had it already. */
  endGroup(event: EventHeader, gtid: string | undefined, isHeld: boolean): void {
    this.#begin();
    if (gtid !== undefined) {
      if (!isHeld) {
        this.#ports.held.addText(gtid);
        this.#newest = this.#opened?.gtid === gtid ? this.#opened : undefined;
      }
      this.#ports.series.addText(gtid);
    }
    this.#sourceTimeMs = event.timeSeconds * 1000;
    this.#isUnproven = false;
    this.pass(event);
    this.#lacksGtids ||= gtid === undefined;
  }

  /** Tells of the log before, if nothing has proven it whole by the first event that counts in the next one. */
  #settleUnclosed(): void {
    const unclosed = this.#unclosed;
    if (unclosed === undefined) return;
    this.#unclosed = undefined;
    this.#doubtful = [...this.#doubtful, unclosed];
    this.#ports.onDoubt(unclosedLine(unclosed));
  }

  #moveTo(position: Position): void {
    const before = this.#position;
    if (before?.file === position.file && before.offset >= position.offset) return;
    this.#position = position;
    if (before?.file !== position.file) {
      this.#isStopped = false;
      this.#lacksGtids = false;
    }
    if (this.#event !== undefined) {
      this.#moved = this.#event.header;
      this.#movedOpening = this.#opening.opening;
    }
    if (!this.#isUnproven) this.#ports.onMove();
  }

  /** Notes, before the first move, which transactions lie before a beginning. */
  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    const beginning = this.#beginning;
    if (beginning === undefined || beginning.kind === 'whole' || beginning.gtidSet !== '') return;
    this.#beginning = { ...beginning, gtidSet: this.#ports.held.toString() };
  }

  /** Makes the mark while the bytes before it are at hand. */
  #keepMark(): LogMark | undefined {
    this.#mark = this.#markOfNow();
    this.#moved = undefined;
    return this.#mark;
  }

  /** The mark of the log that was read; made when a checkpoint wants it, not at each transaction. */
  #markOfNow(): LogMark | undefined {
    const moved = this.#moved;
    if (moved === undefined) return this.#mark;
    const { file, endOffset, timeSeconds } = moved;
    const tail = tailOf(this.#bytes, moved);
    const opening = this.#movedOpening;
    return {
      ...{ file, offset: endOffset, header: this.#header, ...tail },
      ...(this.hasRotated ? { closedSeconds: timeSeconds } : {}),
      ...(opening === undefined ? {} : { opening }),
    };
  }
}
