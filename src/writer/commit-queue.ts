import { FlashError, tableName, type Checkpoint, type Engine } from '../protocol/index.js';
import type { BatchStep, BatchWriter } from './batch-writer.js';
import type { ChangeBuffer, CompleteRows } from './change-buffer.js';
import type { PendingRename, WriterCheckpoint } from './checkpoint.js';
import { wholeTransactionMaxBytes, type BatchLimits } from './limits.js';
import { RewindRequest } from './rewind.js';
import type { ForeignKeyActions } from './foreign-keys/index.js';
import type { RowCompleter } from './row-completer.js';
import type { SchemaHistory } from './schema-history.js';
import { historyPieces } from './schema-store.js';
import type { TableFilter } from './table-filter.js';
import type { TableRouter } from './table-router.js';
import type { XaStore } from './xa-store.js';
import { emptyTotals, moveTotals, type Totals } from './totals.js';

export interface CommitQueuePorts {
  engine: Engine;
  filter: TableFilter;
  writer: BatchWriter;
  buffer: ChangeBuffer;
  router: TableRouter;
  completer: RowCompleter;
  foreignKeys: ForeignKeyActions;
  history: SchemaHistory;
  xaStore: XaStore;
  limits: BatchLimits;
  nowMs: () => number;
  /** Transactions are not staged in parts, however large: see `RewindPlan`. */
  keepsWhole: boolean;
  /** How many transactions a batch may hold, where that matters: see `RewindPlan`. */
  transactionsMax: number | undefined;
  /** Gets what each commit made durable. */
  totals: Totals;
}

/** Decides when changes go to the engine: whole transactions with their checkpoint, in bounded memory. */
export class CommitQueue {
  /** What is decoded and not yet committed. */
  readonly open: Totals = emptyTotals();
  readonly #ports: CommitQueuePorts;
  /** Bytes of the log's row images since the builders were last measured. */
  #unmeasuredBytes = 0;
  #firstChangeMs: number | undefined;
  /** Since when the place has moved, with changes or without. */
  #firstMoveMs: number | undefined;
  #isNearlyFull = false;
  #isDirty: boolean;
  /** Tables of which a part of the open transaction is staged, where nobody can read it. */
  readonly #staged = new Set<string>();

  /** `isDirty`: something of the checkpoint or the schema has to be stored, even if the log brings nothing. */
  constructor(ports: CommitQueuePorts, isDirty = false) {
    this.#ports = ports;
    this.#isDirty = isDirty;
  }

  /** Notes that the position or something else of the checkpoint has moved. */
  markDirty(): void {
    this.#isDirty = true;
    this.#firstMoveMs ??= this.#ports.nowMs();
  }

  /** Notes row images. True where the builders are full, and can't wait for the transaction's end. */
  addRows(imageBytes: number): boolean {
    this.#isDirty = true;
    this.#firstChangeMs ??= this.#ports.nowMs();
    this.#unmeasuredBytes += imageBytes;
    if (this.#unmeasuredBytes < measureBytes) return false;
    this.#unmeasuredBytes = 0;
    const { buffer, limits, keepsWhole } = this.#ports;
    const { bytes, rows } = buffer;
    // The last eighth is for the transaction that is under way.
    this.#isNearlyFull = bytes >= limits.bytesMax * 0.875 || rows >= limits.rowsMax * 0.875;
    if (keepsWhole) return bytes >= wholeTransactionMaxBytes;
    return bytes >= limits.bytesMax || rows >= limits.rowsMax;
  }

  /** True where a batch that ends here should be applied. To be asked when a transaction ends. */
  isDue(): boolean {
    const { transactionsMax, writer } = this.#ports;
    if (this.open.transactions >= (transactionsMax ?? Infinity)) return true;
    if (this.#firstChangeMs !== undefined && (this.#isNearlyFull || writer.hasStaged)) return true;
    return this.dueInMs() === 0;
  }

  /**
   * In how many ms a batch is due, if nothing more comes; undefined where the place has not moved. Batches are no more
   * frequent than the engine takes for one: under load they get larger, and merges find time. A place that moves
   * without changes (DDL, tables that are left out) is committed too, and not as often.
   */
  dueInMs(): number | undefined {
    const { limits, nowMs, writer } = this.#ports;
    const batchAgeMs = Math.max(limits.ageMaxMs, writer.lastCommitMs);
    const inMs = (sinceMs: number, ageMaxMs: number): number =>
      Math.max(0, sinceMs + ageMaxMs - nowMs());
    if (this.#firstChangeMs !== undefined) return inMs(this.#firstChangeMs, batchAgeMs);
    if (this.#firstMoveMs === undefined) return undefined;
    return inMs(this.#firstMoveMs, Math.max(batchAgeMs, placeAgeMaxMs));
  }

  /** Stages what the builders hold, a part of a transaction included, without showing it to anyone. */
  async stage(): Promise<void> {
    await this.#ports.writer.stage(async () => {
      const step = await this.#takeRows();
      for (const { table } of step.pieces) this.#staged.add(tableName(table));
      return step;
    });
  }

  /**
   * Commits everything up to `checkpoint`, which must lie between two transactions. Resolves when the
   * engine has begun; nothing is done where nothing has moved.
   */
  async commit(checkpoint: Checkpoint, renames?: readonly PendingRename[]): Promise<void> {
    const isNote = renames !== undefined && renames.length > 0;
    if (!this.#isDirty && !isNote) return;
    const { writer, history, totals, xaStore, engine, filter } = this.#ports;
    const record: WriterCheckpoint = isNote ? { ...checkpoint, renames } : checkpoint;
    const { transactions, changes } = this.open;
    const brought = { transactions, changes };
    await writer.commit(
      async () => {
        const { create, pieces } = await this.#takeRows();
        this.#staged.clear();
        const owned = history.changedTables().map((table) => filter.target(table));
        const stored = [...historyPieces(history, engine), ...xaStore.takePieces()];
        return { create, pieces: [...pieces, ...stored], owned };
      },
      JSON.stringify(record),
      brought,
    );
    this.#isDirty = false;
    this.#firstChangeMs = undefined;
    this.#firstMoveMs = undefined;
    // Only what has been applied counts where the engine is known to refuse something.
    if (this.#ports.transactionsMax !== undefined) await writer.settle();
    moveTotals(this.open, totals);
  }

  /** Waits until what was begun is done. Errors: what the engine refuses. */
  async settle(): Promise<void> {
    await this.#ports.writer.settle();
  }

  async #takeRows(): Promise<BatchStep> {
    const { buffer, foreignKeys, keepsWhole } = this.#ports;
    const carried = await foreignKeys.carryOut({ tables: this.#staged, keepsWhole });
    const pieces = await buffer.take(this.#complete, carried);
    this.open.zeroDates += pieces.reduce((sum, piece) => sum + piece.zeroDates, 0);
    this.#unmeasuredBytes = 0;
    this.#isNearlyFull = false;
    return { create: this.#ports.router.takeNew(), pieces };
  }

  readonly #complete: CompleteRows = async (changes, gaps) => {
    const { completer, router, keepsWhole } = this.#ports;
    const table = tableName(changes.schema);
    if (this.#staged.has(table)) {
      if (!keepsWhole) throw new RewindRequest({ keepsWhole: true });
      const [{ file, offset } = { file: '', offset: 0 }] = gaps;
      throw new RewindRequest({
        stopBefore: { file, offset },
        error: largeTransactionError(table, file, offset),
      });
    }
    return completer.complete(changes, gaps, router.knownTable(changes.schema));
  };
}

function largeTransactionError(table: string, file: string, offset: number): FlashError {
  return new FlashError(
    'UNSUPPORTED',
    `${file} at offset ${offset} holds a part of a row of ${table} only, in a transaction too large to be held in memory`,
    {
      hint:
        'Log whole rows on the source: SET GLOBAL binlog_row_image=FULL, ' +
        'and start from a new copy.',
      place: { file, offset, table },
    },
  );
}

/** How far the place of a copy may lag where nothing changes in it. */
const placeAgeMaxMs = 1_000;

/** Measuring walks over all columns of all tables: not for every event. */
const measureBytes = 256 * 1024;
