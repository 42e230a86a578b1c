import type { Checkpoint } from '../protocol/index.js';
import type { BatchStep, BatchWriter } from './batch-writer.js';
import type { ChangeBuffer } from './change-buffer.js';
import type { PendingRename, WriterCheckpoint } from './checkpoint.js';
import type { BatchLimits } from './limits.js';
import type { SchemaHistory } from './schema-history.js';
import { historyPieces } from './schema-store.js';
import type { TableRouter } from './table-router.js';
import { emptyTotals, moveTotals, type Totals } from './totals.js';

export interface CommitQueuePorts {
  writer: BatchWriter;
  buffer: ChangeBuffer;
  router: TableRouter;
  history: SchemaHistory;
  limits: BatchLimits;
  nowMs: () => number;
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
  #isNearlyFull = false;
  #isDirty = false;

  constructor(ports: CommitQueuePorts) {
    this.#ports = ports;
  }

  /** Notes that the position or something else of the checkpoint has moved. */
  markDirty(): void {
    this.#isDirty = true;
  }

  /** Notes row images. True where the builders are full, and can't wait for the transaction's end. */
  addRows(imageBytes: number): boolean {
    this.#isDirty = true;
    this.#firstChangeMs ??= this.#ports.nowMs();
    this.#unmeasuredBytes += imageBytes;
    if (this.#unmeasuredBytes < measureBytes) return false;
    this.#unmeasuredBytes = 0;
    const { buffer, limits } = this.#ports;
    const { bytes, rows } = buffer;
    // The last eighth is for the transaction that is under way.
    this.#isNearlyFull = bytes >= limits.bytesMax * 0.875 || rows >= limits.rowsMax * 0.875;
    return bytes >= limits.bytesMax || rows >= limits.rowsMax;
  }

  /** True where a batch that ends here should be applied. To be asked when a transaction ends. */
  isDue(): boolean {
    const { limits, nowMs, writer } = this.#ports;
    if (this.#firstChangeMs === undefined) return false;
    if (this.#isNearlyFull || writer.hasStaged) return true;
    return nowMs() - this.#firstChangeMs >= limits.ageMaxMs;
  }

  /** Stages what the builders hold, a part of a transaction included, without showing it to anyone. */
  async stage(): Promise<void> {
    await this.#ports.writer.stage(() => this.#takeRows());
  }

  /**
   * Commits everything up to `checkpoint`, which must lie between two transactions. Resolves when the
   * engine has begun; nothing is done where nothing has moved.
   */
  async commit(checkpoint: Checkpoint, renames?: readonly PendingRename[]): Promise<void> {
    const isNote = renames !== undefined && renames.length > 0;
    if (!this.#isDirty && !isNote) return;
    const { writer, history, totals } = this.#ports;
    const record: WriterCheckpoint = isNote ? { ...checkpoint, renames } : checkpoint;
    await writer.commit(() => {
      const { create, pieces } = this.#takeRows();
      return { create, pieces: [...pieces, ...historyPieces(history)] };
    }, JSON.stringify(record));
    this.#isDirty = false;
    this.#firstChangeMs = undefined;
    moveTotals(this.open, totals);
  }

  #takeRows(): BatchStep {
    const pieces = this.#ports.buffer.take();
    this.open.zeroDates += pieces.reduce((sum, piece) => sum + piece.zeroDates, 0);
    this.#unmeasuredBytes = 0;
    this.#isNearlyFull = false;
    return { create: this.#ports.router.takeNew(), pieces };
  }
}

/** Measuring walks over all columns of all tables: not for every event. */
const measureBytes = 256 * 1024;
