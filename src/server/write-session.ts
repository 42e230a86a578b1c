import { FlashError, type WriteBatch } from '../protocol/index.js';
import {
  type AppendMessage,
  type CommitMessage,
  type ReserveMessage,
} from '../protocol/wire/index.js';
import { type ActiveRequest, abortReason } from './active-request.js';
import { type Send, type ServerContext } from './context.js';
import { type OpenWrite } from './open-writes.js';

/** A write batch of one connection, from WRITE to COMMIT or ABORT. */
export class WriteSession {
  readonly streamId: number;
  readonly #server: ServerContext;
  readonly #batch: WriteBatch;
  readonly #open: OpenWrite;
  readonly #settle: () => void;

  private constructor(
    server: ServerContext,
    streamId: number,
    batch: WriteBatch,
    open: OpenWrite,
    settle: () => void,
  ) {
    this.#server = server;
    this.streamId = streamId;
    this.#batch = batch;
    this.#open = open;
    this.#settle = settle;
  }

  /**
   * Opens the engine's batch, waiting while another one is open; a request that is ended meanwhile
   * leaves none behind. `drop` is to end the connection, and with it the session.
   *
   * Errors: INVALID_REQUEST for an id that is in use or was given up.
   */
  static async open(
    server: ServerContext,
    request: ActiveRequest,
    batchId: string,
    drop: () => void,
  ): Promise<WriteSession> {
    const { promise, resolve } = makeSignal();
    const open: OpenWrite = { batchId, isCommitting: false, drop, settled: promise };
    if (!server.writes.add(open)) throw refuseId(batchId, server.writes.isFenced(batchId));
    const settle = (): void => {
      server.writes.remove(batchId);
      resolve();
    };
    try {
      // Making the table waits for a statement that writes, and so does the batch for its turn.
      await unlessAborted(request, server.applied.prepare());
      const batch = await openBatchUnlessAborted(server, request);
      return new WriteSession(server, request.streamId, batch, open, settle);
    } catch (error) {
      settle();
      throw error;
    }
  }

  async reserve(message: ReserveMessage, send: Send): Promise<void> {
    const firstVersion = await this.#batch.reserveVersions(message.count);
    await send({ type: 'RESERVE_OK', firstVersion });
  }

  async append(message: AppendMessage, stream: Uint8Array, send: Send): Promise<void> {
    await this.#batch.append({ database: message.database, table: message.table }, stream);
    this.#server.metrics.bytesAppended += stream.length;
    await send({ type: 'APPEND_OK', bytes: stream.length });
  }

  /** Applies the batch, unless one of its id was applied before; says so when it is durable. */
  async commit(message: CommitMessage, send: Send): Promise<void> {
    const { applied, metrics } = this.#server;
    const { batchId } = this.#open;
    this.#open.isCommitting = true;
    let repeated: boolean;
    try {
      repeated = await applied.has(message.source, batchId);
      if (!repeated) {
        await applied.mark(this.#batch, message.source, batchId);
        await this.#commitMarked(message);
      }
    } finally {
      await this.close();
    }
    if (repeated) metrics.batchesRepeated += 1;
    else metrics.batchesCommitted += 1;
    await send({ type: 'COMMIT_OK', repeated });
  }

  /** Drops what was not committed. May be called twice. */
  async close(): Promise<void> {
    try {
      await this.#batch.close();
    } finally {
      this.#settle();
    }
  }

  async #commitMarked(message: CommitMessage): Promise<void> {
    let isApplied = false;
    try {
      const startMs = performance.now();
      await this.#batch.commit(message.source, message.checkpoint);
      this.#server.metrics.commitSeconds.observe((performance.now() - startMs) / 1000);
      isApplied = true;
    } finally {
      this.#server.applied.confirm(message.source, this.#open.batchId, isApplied);
    }
  }
}

async function openBatchUnlessAborted(
  server: ServerContext,
  request: ActiveRequest,
): Promise<WriteBatch> {
  const opening = server.engine.openBatch();
  try {
    return await unlessAborted(request, opening);
  } catch (error) {
    // Its turn will come, and must be given back then.
    void opening.then(
      (late) => late.close(),
      () => undefined,
    );
    throw error;
  }
}

/** What a promise gives, where the request is not ended before. Errors: the request's reason. */
async function unlessAborted<T>({ signal }: ActiveRequest, wait: Promise<T>): Promise<T> {
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => {
      resolve(undefined);
    });
  });
  const first = await Promise.race([wait.then((value) => ({ value })), aborted]);
  if (first !== undefined && !signal.aborted) return first.value;
  throw abortReason(signal);
}

function makeSignal(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

function refuseId(batchId: string, isFenced: boolean): FlashError {
  return new FlashError(
    'INVALID_REQUEST',
    isFenced
      ? `Batch ${batchId} was given up when its outcome was asked for`
      : `A batch of the id ${batchId} is open already`,
    { hint: isFenced ? 'Send it again under a new id.' : 'Choose random ids, as UUIDs.' },
  );
}
