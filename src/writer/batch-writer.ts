import type { Engine, WriteBatch } from '../protocol/index.js';
import type { Piece } from './change-buffer.js';
import type { EngineTables } from './engine-tables.js';
import type { NewTable } from './table-router.js';

/** What one step brings: tables that the engine has not yet, and rows. */
export interface BatchStep {
  create: readonly NewTable[];
  pieces: readonly Piece[];
}

/**
 * Hands pieces to the engine, one step behind the decoder: while the engine works on one step, on
 * its own threads, the next one is being decoded, and never more than that.
 *
 * Guarantee: steps run in order. After an error every later call rejects with it.
 */
export class BatchWriter {
  readonly #engine: Engine;
  readonly #tables: EngineTables;
  readonly #source: string;
  readonly #onCommitted: (checkpoint: string) => void;
  #batch: WriteBatch | undefined;
  #running: Promise<void> = Promise.resolve();
  #hasStaged = false;
  #hasFailed = false;

  /** `onCommitted` is called when a commit is durable and visible. */
  constructor(
    engine: Engine,
    tables: EngineTables,
    source: string,
    onCommitted: (checkpoint: string) => void = () => undefined,
  ) {
    this.#engine = engine;
    this.#tables = tables;
    this.#source = source;
    this.#onCommitted = onCommitted;
  }

  /** True while changes are staged that no commit has made visible yet. */
  get hasStaged(): boolean {
    return this.#hasStaged;
  }

  /** True after the engine has refused a step. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Stages pieces without a commit. `take` is called when the step before has ended. */
  async stage(take: () => Promise<BatchStep>): Promise<void> {
    await this.#running;
    const step = await this.#take(take);
    this.#hasStaged = true;
    this.#start(() => this.#append(step));
  }

  /**
   * Commits what is staged, these pieces and the checkpoint, all at once. Resolves when the step has
   * begun; `settle` waits for its end.
   */
  async commit(take: () => Promise<BatchStep>, checkpoint: string): Promise<void> {
    await this.#running;
    const step = await this.#take(take);
    this.#hasStaged = false;
    this.#start(async () => {
      await this.#append(step);
      const batch = await this.#openBatch();
      await batch.commit(this.#source, checkpoint);
      this.#batch = undefined;
      await batch.close();
      this.#onCommitted(checkpoint);
    });
  }

  /** Waits until all that was begun is done: committed, durable and visible. */
  async settle(): Promise<void> {
    await this.#running;
  }

  /** Drops what is staged and not committed. */
  async abort(): Promise<void> {
    await this.#running.catch(() => undefined);
    this.#hasStaged = false;
    const batch = this.#batch;
    this.#batch = undefined;
    await batch?.close();
  }

  /** Changes that were taken and not staged are lost: without them nothing may be committed. */
  async #take(take: () => Promise<BatchStep>): Promise<BatchStep> {
    try {
      return await take();
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
  }

  #start(step: () => Promise<void>): void {
    this.#running = step();
    // The next call awaits the promise and gets the error; until then it is nobody's.
    this.#running.catch(() => {
      this.#hasFailed = true;
    });
  }

  async #append({ create, pieces }: BatchStep): Promise<void> {
    for (const { schema, mustExist } of create) {
      if (mustExist === undefined) await this.#tables.create(schema);
      else if (!(await this.#tables.adopt(schema))) throw mustExist;
    }
    const rows = pieces.reduce((sum, piece) => sum + piece.changes.rows, 0);
    if (rows === 0) return;
    const batch = await this.#openBatch();
    let version = await batch.reserveVersions(rows);
    for (const { changes } of pieces) {
      changes.setVersions(version);
      version += BigInt(changes.rows);
    }
    await Promise.all(pieces.map(({ table, changes }) => batch.append(table, changes.stream)));
  }

  async #openBatch(): Promise<WriteBatch> {
    this.#batch ??= await this.#engine.openBatch();
    return this.#batch;
  }
}
