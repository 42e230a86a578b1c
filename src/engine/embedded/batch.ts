import { tableName, type WriteBatch } from '../../protocol/index.js';
import type { Out } from './bindings.js';
import { closedError } from './errors.js';
import { callChecked, textArgs, type NativeEngine } from './native-engine.js';

/** Opens a write batch; waits while another one of this process is open. */
export async function openBatch(engine: NativeEngine): Promise<EmbeddedBatch> {
  const turn = await engine.batches.take();
  try {
    const handle: Out<bigint> = [null];
    await callChecked(engine.bindings, 'batchOpen', [engine.pointer, handle]);
    return new EmbeddedBatch(engine, handle, turn.release);
  } catch (error) {
    turn.release();
    throw error;
  }
}

/**
 * A tf_batch as a `WriteBatch`. Its calls run one after the other, in the order they were made; but
 * appends that follow each other run at once.
 */
export class EmbeddedBatch implements WriteBatch {
  readonly #engine: NativeEngine;
  readonly #handle: Out<bigint>;
  readonly #release: () => void;
  /** The last call that was no append, and the appends since. */
  #pending: Promise<unknown> = Promise.resolve();
  #appends: Promise<unknown>[] = [];
  #closed: Promise<void> | undefined;

  constructor(engine: NativeEngine, handle: Out<bigint>, release: () => void) {
    this.#engine = engine;
    this.#handle = handle;
    this.#release = release;
    engine.handles.add(this);
  }

  reserveVersions(count: number): Promise<bigint> {
    return this.#inTurn(async () => {
      const first: Out<number | bigint> = [null];
      await this.#call('batchReserve', [count, first]);
      return BigInt(first[0] ?? 0);
    });
  }

  append(table: { database: string; table: string }, stream: Uint8Array): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(closedError('batch'));
    const names = [...textArgs(table.database), ...textArgs(table.table)];
    const args = [...names, stream, stream.byteLength];
    const done = this.#pending.then(async () => {
      await this.#engine.appends.run(() =>
        this.#call('batchAppend', args, { table: tableName(table) }),
      );
    });
    this.#appends.push(done.catch(() => undefined));
    return done;
  }

  commit(source: string, checkpoint: string): Promise<void> {
    return this.#inTurn(async () => {
      await this.#call('batchCommit', [...textArgs(source), ...textArgs(checkpoint)]);
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  // Not under the limit of calls: calls that wait for this batch may have used that up.
  #call(
    name: 'batchReserve' | 'batchAppend' | 'batchCommit',
    args: readonly unknown[],
    place: { table?: string } = {},
  ): Promise<number> {
    return callChecked(this.#engine.bindings, name, [this.#handle[0], ...args], place);
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    if (this.#closed !== undefined) return Promise.reject(closedError('batch'));
    const done = this.#settle().then(step);
    this.#pending = done.catch(() => undefined);
    return done;
  }

  /** Resolves when all calls so far have ended. */
  async #settle(): Promise<void> {
    const appends = this.#appends;
    this.#appends = [];
    await Promise.all([this.#pending, ...appends]);
  }

  async #close(): Promise<void> {
    await this.#settle();
    await this.#engine.bindings.callAsync('batchClose', this.#handle);
    this.#engine.handles.delete(this);
    this.#release();
  }
}
