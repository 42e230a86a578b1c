import {
  FlashError,
  type Answer,
  type AnswerRequest,
  type AnswerSummary,
} from '../../protocol/index.js';
import { readText, status, type Out } from './bindings.js';
import { closedError } from './errors.js';
import { callChecked, takeConnection, textArgs, type NativeEngine } from './native-engine.js';

/**
 * Starts a statement whose result leaves as bytes. Errors: those of planning, or of what is no query;
 * CANCELLED where the signal fires, before or after.
 */
export async function openAnswer(engine: NativeEngine, request: AnswerRequest): Promise<Answer> {
  const { signal, settings, role, memoryBytesMax = 0 } = request;
  const connection = await takeConnection(engine, signal);
  const { bindings, calls } = engine;
  const handle: Out<bigint> = [null];
  const cancel = (): void => {
    if (handle[0] !== null) bindings.call('answerCancel', handle[0]);
  };
  signal.addEventListener('abort', cancel);
  try {
    await calls.run(async () => {
      await callChecked(bindings, 'answerNew', [engine.pointer, handle]);
      signal.throwIfAborted();
      if (memoryBytesMax > 0) {
        await callChecked(bindings, 'answerMemory', [handle[0], memoryBytesMax]);
      }
      if (role !== undefined) {
        await callChecked(bindings, 'answerRole', [handle[0], ...textArgs(role)]);
      }
      for (const [name, value] of settings) {
        await callChecked(bindings, 'answerSet', [
          handle[0],
          ...textArgs(name),
          ...textArgs(value),
        ]);
      }
      await callChecked(bindings, 'answerStart', [handle[0], ...startArgs(request)]);
    }, signal);
    return new EmbeddedAnswer(engine, handle, connection.release, signal);
  } catch (error) {
    await bindings.callAsync('answerClose', handle);
    connection.release();
    throw signal.aborted ? closedError('query') : error;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

function startArgs({ sql, database, format, isReadOnly }: AnswerRequest): unknown[] {
  return [sql, sql.length, ...textArgs(database), ...textArgs(format), isReadOnly ? 1 : 0];
}

/** A tf_answer. One `read` runs at a time; `close` waits for it. */
class EmbeddedAnswer implements Answer {
  readonly #engine: NativeEngine;
  readonly #handle: Out<bigint>;
  readonly #release: () => void;
  readonly #signal: AbortSignal;
  /** Fires when the answer is cancelled or closed: what waits for a thread then gives up its place. */
  readonly #stopped = new AbortController();
  readonly #cancel = (): void => {
    if (this.#closed === undefined) this.#stop();
  };
  #pending: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  constructor(engine: NativeEngine, handle: Out<bigint>, release: () => void, signal: AbortSignal) {
    this.#engine = engine;
    this.#handle = handle;
    this.#release = release;
    this.#signal = signal;
    engine.handles.add(this);
    signal.addEventListener('abort', this.#cancel, { once: true });
    if (signal.aborted) this.#cancel();
  }

  read(buffer: Uint8Array): Promise<number> {
    return this.#inTurn(async () => {
      const length: Out<number> = [null];
      const { bindings, calls } = this.#engine;
      const args = [this.#handle[0], buffer, buffer.length, length];
      const result = await calls.run(
        () => callChecked(bindings, 'answerRead', args),
        this.#stopped.signal,
      );
      return result === status.end ? 0 : Number(length[0]);
    });
  }

  summary(): Promise<AnswerSummary> {
    return this.#inTurn(async () => {
      const { bindings } = this.#engine;
      const text: Out<bigint> = [null];
      const length: Out<number> = [null];
      await callChecked(bindings, 'answerSummary', [this.#handle[0], text, length]);
      if (text[0] === null) throw new FlashError('INTERNAL', 'The engine tells no summary');
      const json = readText(text[0], Number(length[0]));
      bindings.call('free', text[0]);
      return toSummary(json);
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #inTurn<T>(call: () => Promise<T>): Promise<T> {
    if (this.#closed !== undefined) return Promise.reject(closedError('query'));
    const next = this.#pending.then(call);
    this.#pending = next.catch(() => undefined);
    return next;
  }

  #stop(): void {
    this.#engine.bindings.call('answerCancel', this.#handle[0]);
    this.#stopped.abort(closedError('query'));
  }

  // Not under the limit of calls, as of scans.
  async #close(): Promise<void> {
    this.#signal.removeEventListener('abort', this.#cancel);
    this.#stop();
    await this.#pending;
    await this.#engine.bindings.callAsync('answerClose', this.#handle);
    this.#engine.handles.delete(this);
    this.#release();
  }
}

function toSummary(json: string): AnswerSummary {
  const fields: unknown = JSON.parse(json);
  const known = typeof fields === 'object' && fields !== null ? Object.entries(fields) : [];
  const values = new Map<string, unknown>(known);
  const figure = (name: string): number => Number(values.get(name) ?? 0);
  return {
    format: String(values.get('format')),
    readRows: figure('read_rows'),
    readBytes: figure('read_bytes'),
    writtenRows: figure('written_rows'),
    writtenBytes: figure('written_bytes'),
  };
}
