import { Table, tableToIPC, Uint64, Uint8, Utf8, vectorFromArray } from 'apache-arrow';
import {
  hiddenColumns,
  queryRows,
  quoteString,
  quoteTable,
  type Engine,
  type WriteBatch,
} from '../protocol/index.js';

/**
 * Remembers the ids of the last batches of each source in a table of the engine. An id is written
 * by the batch that it names, as rows of one more table: the engine applies both or neither, so an
 * id is there exactly when its batch is, after a crash too.
 *
 * The checkpoint's own text is not used for it, because that belongs to the writer, which reads it
 * back byte by byte, through this server or from the folder.
 */
export class AppliedBatches {
  readonly #engine: Engine;
  /** Ids by source, oldest first; read from the engine at first use. */
  readonly #recent = new Map<string, string[]>();
  #isReady: Promise<void> | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Creates the table where it is missing. */
  async prepare(): Promise<void> {
    this.#isReady ??= this.#createTable();
    await this.#isReady;
  }

  /** True when a batch of this id was committed for the source, among the last ones. */
  async has(source: string, batchId: string): Promise<boolean> {
    return (await this.#load(source)).includes(batchId);
  }

  /** Adds the batch's own id to it, and takes the oldest ids away. Call `confirm` after the commit. */
  async mark(batch: WriteBatch, source: string, batchId: string): Promise<void> {
    const recent = await this.#load(source);
    const evicted = recent.slice(0, Math.max(0, recent.length + 1 - idsKept));
    const first = await batch.reserveVersions(1 + evicted.length);
    await batch.append(idsTable, encodeIds(source, batchId, evicted, first));
  }

  /** Takes the outcome of a commit: what is remembered here must be what the engine holds. */
  confirm(source: string, batchId: string, isApplied: boolean): void {
    const recent = this.#recent.get(source);
    // After a failed commit only the engine knows.
    if (!isApplied || recent === undefined) this.#recent.delete(source);
    else recent.splice(0, recent.length, ...[...recent, batchId].slice(-idsKept));
  }

  async #load(source: string): Promise<string[]> {
    const known = this.#recent.get(source);
    if (known !== undefined) return known;
    await this.prepare();
    const rows = await queryRows(
      this.#engine,
      `SELECT batch_id FROM ${quoteTable(idsTable)} WHERE source = ${quoteString(source)} ORDER BY sequence`,
    );
    const ids = rows.map((row) => String(row['batch_id']));
    if (this.#recent.size >= sourcesKept) this.#recent.clear();
    this.#recent.set(source, ids);
    return ids;
  }

  async #createTable(): Promise<void> {
    try {
      await this.#engine.execute('CREATE DATABASE IF NOT EXISTS theflash');
      await this.#engine.execute(
        `CREATE TABLE IF NOT EXISTS ${quoteTable(idsTable)} ` +
          '(source String, batch_id String, sequence UInt64) ' +
          'ENGINE = MutableMergeTree ORDER BY (source, batch_id)',
      );
    } catch (error) {
      this.#isReady = undefined;
      throw error;
    }
  }
}

const idsTable = { database: 'theflash', table: 'applied_batches' };

/** A client asks about the batch that it just sent; other writers of its source are rare. */
const idsKept = 32;
const sourcesKept = 1000;

function encodeIds(
  source: string,
  batchId: string,
  evicted: readonly string[],
  firstVersion: bigint,
): Uint8Array {
  const ids = [batchId, ...evicted];
  const versions = ids.map((_, index) => firstVersion + BigInt(index));
  const columns = {
    source: vectorFromArray(
      ids.map(() => source),
      new Utf8(),
    ),
    batch_id: vectorFromArray(ids, new Utf8()),
    sequence: vectorFromArray(versions, new Uint64()),
    [hiddenColumns.version]: vectorFromArray(versions, new Uint64()),
    [hiddenColumns.delmark]: vectorFromArray(
      ids.map((_, index) => (index === 0 ? 0 : 1)),
      new Uint8(),
    ),
  };
  return tableToIPC(new Table(columns), 'stream');
}
