import {
  decodeSchemaMessage,
  encodeSchemaMessage,
  resultForm,
  type ArrowMessage,
  type ArrowScan,
  type MessageBuffers,
  type QueryOptions,
  type ScaleBatch,
} from '../../protocol/index.js';
import { status, type Out } from './bindings.js';
import { closedError } from './errors.js';
import { callChecked, takeConnection, textArgs, type NativeEngine } from './native-engine.js';

/**
 * Starts a query. Errors: those of planning; CANCELLED where `signal` fires, before or after.
 */
export async function openScan(
  engine: NativeEngine,
  sql: string,
  options: Pick<QueryOptions, 'signal' | 'buffers' | 'checksum' | 'role' | 'memoryBytesMax'>,
): Promise<EmbeddedScan> {
  const { signal, role, memoryBytesMax = 0 } = options;
  const connection = await takeConnection(engine, signal);
  const { bindings, calls } = engine;
  const handle: Out<bigint> = [null];
  // Planning may take long: it runs the scalar subqueries of a query.
  const cancel = (): void => {
    if (handle[0] !== null) bindings.call('scanCancel', handle[0]);
  };
  signal?.addEventListener('abort', cancel);
  try {
    await calls.run(async () => {
      await callChecked(bindings, 'scanNew', [engine.pointer, handle]);
      signal?.throwIfAborted();
      if (memoryBytesMax > 0) {
        await callChecked(bindings, 'scanMemory', [handle[0], memoryBytesMax]);
      }
      if (role !== undefined) {
        await callChecked(bindings, 'scanRole', [handle[0], ...textArgs(role)]);
      }
      await callChecked(bindings, 'scanStart', [handle[0], ...textArgs(sql)]);
    }, signal);
    return new EmbeddedScan(engine, handle, connection.release, options);
  } catch (error) {
    await bindings.callAsync('scanClose', handle);
    connection.release();
    throw signal?.aborted === true ? closedError('query') : error;
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
}

/** A tf_scan as an `ArrowScan`. One `next` runs at a time; `close` waits for it. */
export class EmbeddedScan implements ArrowScan {
  readonly #engine: NativeEngine;
  readonly #handle: Out<bigint>;
  readonly #release: () => void;
  readonly #signal: AbortSignal | undefined;
  readonly #buffers: MessageBuffers | undefined;
  readonly #checksum: boolean;
  readonly #cancel = (): void => {
    if (this.#closed === undefined) this.#stop();
  };
  /** Fires when the scan is cancelled or closed: what waits for a thread then gives up its place. */
  readonly #stopped = new AbortController();
  /** The next message's, where the reader gives none. */
  #buffer = new Uint8Array(0);
  /** What the next message will need, as far as is known. */
  #sizeBytes = firstBytes;
  #hasSchema = false;
  #scaleBatch: ScaleBatch | undefined;
  #pending: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  constructor(
    engine: NativeEngine,
    handle: Out<bigint>,
    release: () => void,
    { signal, buffers, checksum = false }: Pick<QueryOptions, 'signal' | 'buffers' | 'checksum'>,
  ) {
    this.#engine = engine;
    this.#handle = handle;
    this.#release = release;
    this.#signal = signal;
    this.#buffers = buffers;
    this.#checksum = checksum;
    engine.handles.add(this);
    signal?.addEventListener('abort', this.#cancel, { once: true });
    if (signal?.aborted === true) this.#cancel();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<ArrowMessage> {
    try {
      while (true) {
        const message = await this.#next();
        if (message === undefined) return;
        yield this.#toReaders(message);
      }
    } finally {
      await this.close();
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** The first message is the schema, which says what becomes of the others. */
  #toReaders(message: ArrowMessage): ArrowMessage {
    const { bytes } = message;
    if (!this.#hasSchema) {
      this.#hasSchema = true;
      const form = resultForm(decodeSchemaMessage(bytes.slice()));
      this.#scaleBatch = form?.scaleBatch;
      return form === undefined
        ? message
        : this.#replace(message, encodeSchemaMessage(form.schema));
    }
    return this.#scaleBatch === undefined
      ? message
      : this.#replace(message, this.#scaleBatch(bytes));
  }

  #replace({ bytes: from, rows }: ArrowMessage, bytes: Uint8Array): ArrowMessage {
    if (from.buffer instanceof ArrayBuffer) this.#buffers?.give(from.buffer);
    return { bytes, rows };
  }

  #next(): Promise<ArrowMessage | undefined> {
    if (this.#closed !== undefined) return Promise.reject(closedError('scan'));
    const next = this.#pending.then(() => this.#pull());
    this.#pending = next.catch(() => undefined);
    return next;
  }

  /** Once more where the message was larger than the ones before it. */
  async #pull(): Promise<ArrowMessage | undefined> {
    for (;;) {
      const buffer = this.#takeBuffer();
      const message = await this.#read(buffer);
      if (message === undefined || message.bytes.length > 0) return message;
      this.#buffers?.give(buffer.buffer);
    }
  }

  /**
   * Reads into a buffer, on a thread of libuv's pool. A view of the engine's memory would need no
   * copy, but V8 counts each view's size as memory of its own: a large result would have it collect
   * garbage all the time, which costs several times as much.
   *
   * Shape: no bytes where the buffer is too small.
   */
  async #read(buffer: Uint8Array): Promise<ArrowMessage | undefined> {
    const length: Out<number> = [null];
    const rows: Out<number> = [null];
    const sum: Out<number> = [null];
    const { bindings, calls } = this.#engine;
    const crc32 = this.#checksum ? sum : null;
    const args = [this.#handle[0], buffer, buffer.length, length, rows, crc32];
    const result = await calls.run(
      () => callChecked(bindings, 'scanRead', args),
      this.#stopped.signal,
    );
    if (result === status.end) return undefined;
    const lengthBytes = Number(length[0]);
    this.#sizeBytes = Math.max(this.#sizeBytes, lengthBytes);
    return {
      bytes: buffer.subarray(0, lengthBytes <= buffer.length ? lengthBytes : 0),
      rows: Number(rows[0]),
      ...(sum[0] === null ? {} : { crc32: sum[0] }),
    };
  }

  #takeBuffer(): Uint8Array<ArrayBuffer> {
    if (this.#buffers !== undefined) return this.#buffers.take(this.#sizeBytes);
    if (this.#buffer.length < this.#sizeBytes) {
      this.#buffer = new Uint8Array(Math.ceil(this.#sizeBytes * sizeMargin));
    }
    return this.#buffer;
  }

  #stop(): void {
    this.#engine.bindings.call('scanCancel', this.#handle[0]);
    this.#stopped.abort(closedError('scan'));
  }

  async #close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#cancel);
    this.#stop();
    await this.#pending;
    // Not under the limit of calls: others may hold all of it for as long as their queries run, and
    // this one would stay in the engine until then. A cancelled query is closed in a moment.
    await this.#engine.bindings.callAsync('scanClose', this.#handle);
    this.#engine.handles.delete(this);
    this.#release();
  }
}

/** Room for a schema, and for the batches of small results. */
const firstBytes = 16 * 1024;

/** Batches of a result differ a little in size. */
const sizeMargin = 1.125;
