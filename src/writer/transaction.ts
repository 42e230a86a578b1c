import type { ChangeBuilder } from '../binlog/index.js';
import type { RowChanges } from '../protocol/index.js';
import { noRowChanges } from './totals.js';
import type { Marks } from './change-buffer.js';

/** A place in the log up to which rows were seen. */
interface Savepoint {
  name: string;
  offset: number;
  marks: Marks;
  /** How often the transaction had been staged when it was set: its marks hold for that time only. */
  stagedTimes: number;
  rows: number;
  changes: RowChanges;
}

/** Rows between these offsets of a log are of no effect: they were rolled back. */
export interface SkipRange {
  file: string;
  start: number;
  end: number;
}

/** One transaction of the source while it is read: what it has touched, and its savepoints. */
export class Transaction {
  /** Where it starts: at its GTID event, where it has one. */
  readonly startFile: string;
  readonly startOffset: number;
  /** Ends with its first statement: a log without BEGIN. */
  readonly isImplicit: boolean;
  /** Row changes of copied tables so far. */
  rows = 0;
  /** The same by kind. */
  changes: RowChanges = noRowChanges;
  /** Rows of it were passed over, to be read again when its outcome is known. */
  isHeld = false;
  /** Begun by XA START. */
  isXa = false;
  #marks: Marks = new Map();
  #savepoints: Savepoint[] = [];
  #stagedTimes = 0;

  constructor(start: { file: string; offset: number }, isImplicit: boolean) {
    this.startFile = start.file;
    this.startOffset = start.offset;
    this.isImplicit = isImplicit;
  }

  /** True where a part of it is staged in the engine's open batch, and can't be taken back alone. */
  get isStaged(): boolean {
    return this.#stagedTimes > 0;
  }

  addRows(kind: keyof RowChanges, rows: number): void {
    this.rows += rows;
    this.changes = { ...this.changes, [kind]: this.changes[kind] + rows };
  }

  /** Notes a builder's state before the transaction writes to it for the first time. */
  touch(builder: ChangeBuilder): void {
    if (!this.#marks.has(builder)) this.#marks.set(builder, builder.mark());
  }

  /** All builders were emptied into the engine's batch. */
  staged(): void {
    this.#stagedTimes += 1;
    this.#marks = new Map();
  }

  setSavepoint(name: string, offset: number): void {
    this.release(name);
    const marks: Marks = new Map();
    for (const builder of this.#marks.keys()) marks.set(builder, builder.mark());
    const { rows, changes } = this;
    this.#savepoints.push({ name, offset, marks, stagedTimes: this.#stagedTimes, rows, changes });
  }

  /** Forgets a savepoint. */
  release(name: string): void {
    this.#savepoints = this.#savepoints.filter((savepoint) => savepoint.name !== name);
  }

  /**
   * Takes back everything since a savepoint.
   *
   * Shape: 'unknown' where there is no such savepoint; 'staged' where rows since then are in the
   * engine's batch: the caller has to start again without them, from `offset` on.
   */
  rollbackTo(
    name: string,
  ): { outcome: 'done' | 'unknown' } | { outcome: 'staged'; offset: number } {
    const index = this.#savepoints.findIndex((savepoint) => savepoint.name === name);
    const savepoint = this.#savepoints[index];
    if (savepoint === undefined) return { outcome: 'unknown' };
    this.#savepoints.length = index + 1;
    if (savepoint.stagedTimes !== this.#stagedTimes) {
      return { outcome: 'staged', offset: savepoint.offset };
    }
    for (const [builder, start] of this.#marks) {
      builder.truncate(savepoint.marks.get(builder) ?? start);
    }
    this.rows = savepoint.rows;
    this.changes = savepoint.changes;
    return { outcome: 'done' };
  }

  /** Takes back everything that is not staged. */
  discard(): void {
    for (const [builder, mark] of this.#marks) builder.truncate(mark);
    this.#marks = new Map();
    this.#savepoints = [];
  }
}
