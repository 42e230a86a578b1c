import { FlashError, type Engine, type RowChanges, type WriteBatch } from '../protocol/index.js';
import type { Piece } from './change-buffer.js';
import type { EngineTables } from './engine-tables.js';
import { checkOwners } from './table-owners.js';
import { noRowChanges } from './totals.js';
import type { NewTable } from './table-router.js';

/** What one step brings: tables that the engine has not yet, and rows. */
export interface BatchStep {
  create: readonly NewTable[];
  pieces: readonly Piece[];
  /** Tables, by their names in the engine, of which the history tells that they are this source's. */
  owned?: readonly { database: string; table: string }[];
}

/** What a batch has brought, and how long the engine took. Units: ms. */
export interface BatchFacts {
  transactions: number;
  changes: RowChanges;
  /** From its first rows to the end of its commit. */
  batchMs: number;
  commitMs: number;
}

/** The checkpoint that a writer goes on from. */
export interface KnownCheckpoint {
  /** As the engine gave it; undefined where there was none. */
  stored: string | undefined;
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
  readonly #onCommitted: (checkpoint: string, facts: BatchFacts) => void;
  readonly #known: KnownCheckpoint | undefined;
  #batch: WriteBatch | undefined;
  #running: Promise<void> = Promise.resolve();
  #hasStaged = false;
  #hasFailed = false;
  #lastCommitMs = 0;

  /**
   * `known`: what the engine must hold for `source` whenever a batch begins. An engine has one batch open
   * at a time, so no other writer can get between that and the commit: of two that write one copy, the
   * second is refused, where it would apply the same changes again.
   * `onCommitted` is called when a commit is durable and visible.
   */
  constructor(
    engine: Engine,
    tables: EngineTables,
    source: string,
    known?: KnownCheckpoint,
    onCommitted: (checkpoint: string, facts: BatchFacts) => void = () => undefined,
  ) {
    this.#engine = engine;
    this.#tables = tables;
    this.#source = source;
    this.#onCommitted = onCommitted;
    this.#known = known;
  }

  /** True while changes are staged that no commit has made visible yet. */
  get hasStaged(): boolean {
    return this.#hasStaged;
  }

  /** True after the engine has refused a step. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** How long the engine took for the last batch, from its first rows to its commit, in ms. */
  get lastCommitMs(): number {
    return this.#lastCommitMs;
  }

  /** Errors: IN_USE where the engine's checkpoint is not the known one any more. */
  async checkKnown(): Promise<void> {
    if (this.#known === undefined) return;
    const stored = await this.#engine.readCheckpoint(this.#source);
    if (stored !== this.#known.stored) throw otherWriterError(this.#engine.location);
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
  async commit(
    take: () => Promise<BatchStep>,
    checkpoint: string,
    brought: Pick<BatchFacts, 'transactions' | 'changes'> = nothing,
  ): Promise<void> {
    await this.#running;
    const step = await this.#take(take);
    this.#hasStaged = false;
    this.#start(async () => {
      const startMs = performance.now();
      await this.#append(step);
      const batch = await this.#openBatch();
      // Another source's writer may have made a table of the same name since it was looked for.
      await checkOwners(this.#engine, step.owned ?? []);
      const commitStartMs = performance.now();
      await batch.commit(this.#source, checkpoint);
      const commitMs = performance.now() - commitStartMs;
      if (this.#known !== undefined) this.#known.stored = checkpoint;
      this.#batch = undefined;
      await batch.close();
      this.#lastCommitMs = performance.now() - startMs;
      this.#onCommitted(checkpoint, { ...brought, batchMs: this.#lastCommitMs, commitMs });
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
    await this.#dropBatch();
  }

  async #dropBatch(): Promise<void> {
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
    // A batch that is left open would hold up whoever else writes, the writer's own DDL included.
    this.#running = step().catch(async (error: unknown) => {
      this.#hasFailed = true;
      await this.#dropBatch().catch(() => undefined);
      throw error;
    });
    // The next call awaits the promise and gets the error; until then it is nobody's.
    this.#running.catch(() => undefined);
  }

  async #append({ create, pieces }: BatchStep): Promise<void> {
    await checkOwners(
      this.#engine,
      create.map(({ schema }) => schema),
    );
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
    if (this.#batch !== undefined) return this.#batch;
    const batch = await this.#engine.openBatch();
    this.#batch = batch;
    await this.checkKnown();
    return batch;
  }
}

const nothing = { transactions: 0, changes: noRowChanges };

function otherWriterError(location: string): FlashError {
  return new FlashError('IN_USE', `another writer has moved the copy in ${location} meanwhile`, {
    hint: 'A copy has one writer: end the other, a `theflash serve --binlog` or `theflash write`, or let it do the work. Nothing was applied twice; the same command goes on where the copy is now.',
  });
}
