import type { EventHeader, FormatDescriptionEvent, RotateEvent } from '../binlog/index.js';
import type { Checkpoint, Position } from '../protocol/index.js';
import { checkSource, type Beginning, type WriterCheckpoint } from './checkpoint.js';
import type { GtidSet } from './gtid-set.js';

/** How far the logs are applied, as whole transactions: what goes into the checkpoint. */
export class LogPosition {
  readonly #gtids: GtidSet;
  readonly #onMove: () => void;
  #source: Checkpoint['source'] | undefined;
  #position: Position | undefined;
  #finished: string | undefined;
  #sourceTimeMs: number;
  readonly #beginning: Beginning | undefined;

  constructor(gtids: GtidSet, checkpoint: WriterCheckpoint | undefined, onMove: () => void) {
    this.#gtids = gtids;
    this.#onMove = onMove;
    this.#source = checkpoint?.source;
    this.#position = checkpoint?.position;
    this.#finished = checkpoint?.finished;
    this.#sourceTimeMs = checkpoint?.sourceTimeMs ?? 0;
    this.#beginning = checkpoint?.beginning;
  }

  /** Where the next run goes on; undefined before the first event. */
  get position(): Position | undefined {
    return this.#position;
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

  /** The checkpoint of all whole transactions so far, or undefined before the first log was opened. */
  checkpoint(): WriterCheckpoint | undefined {
    if (this.#source === undefined || this.#position === undefined) return undefined;
    return {
      ...(this.#finished === undefined ? {} : { finished: this.#finished }),
      ...(this.#beginning === undefined ? {} : { beginning: this.#beginning }),
      source: this.#source,
      position: this.#position,
      gtidSet: this.#gtids.toString(),
      sourceTimeMs: this.#sourceTimeMs,
    };
  }

  /** Sets where reading begins, before the first event of a log that is not read from its start. */
  startAt(position: Position): void {
    this.#position = position;
  }

  /** Notes the log that is read from now on. Errors: SOURCE_MISMATCH for another server's. */
  openLog(event: FormatDescriptionEvent): void {
    const source = { flavor: event.flavor, serverId: event.serverId };
    if (this.#source !== undefined) checkSource(this.#source, source, event.file);
    this.#source = source;
    this.#finished = undefined;
    if (this.#position?.file !== event.file) {
      this.#position = { file: event.file, offset: event.endOffset };
    }
  }

  /** Goes on in the log that a ROTATE names. */
  rotate(event: RotateEvent): void {
    this.#finished = event.file;
    this.#moveTo({ file: event.nextFile, offset: event.nextOffset });
  }

  /** Passes an event that lies between two transactions. */
  pass(event: EventHeader): void {
    this.#moveTo({ file: event.file, offset: event.endOffset });
  }

  /** Passes the last event of a transaction or statement. */
  endGroup(event: EventHeader, gtid: string | undefined): void {
    if (gtid !== undefined) this.#gtids.addText(gtid);
    this.#sourceTimeMs = event.timeSeconds * 1000;
    this.pass(event);
  }

  /** Notes transactions that lie in earlier logs. */
  addEarlier(gtidSet: string): void {
    this.#gtids.addText(gtidSet);
  }

  #moveTo(position: Position): void {
    const before = this.#position;
    if (before?.file === position.file && before.offset >= position.offset) return;
    this.#position = position;
    this.#onMove();
  }
}
