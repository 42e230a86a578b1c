import { FlashError, type ArrowMessage, type ArrowScan } from '../../protocol/index.js';
import { type EndMessage, type Message, type Received } from '../../protocol/wire/index.js';
import { type ClientConnection } from './client-connection.js';

/** A request whose result comes as Arrow messages. */
export type ScanStart = Extract<Message, { type: 'QUERY' | 'SCAN' }>;

/**
 * Starts a query or scan on a connection, and resolves when its rows are fixed.
 *
 * Owns: `release` is called once, when the connection has no more to do with it.
 * Errors: the server's; CANCELLED where `signal` fires.
 */
export async function openRemoteScan(
  connection: ClientConnection,
  message: ScanStart,
  options: { cancelMs: number; signal: AbortSignal | undefined; release: () => void },
): Promise<RemoteScan> {
  const { signal } = options;
  const cancel = (): void => {
    cancelRequest(connection);
  };
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    if (signal?.aborted === true) throw cancelled();
    await connection.begin(message);
    const first = await connection.receive();
    if (first.message.type !== 'OPENED') throw unexpected(connection, first.message);
    return new RemoteScan(connection, message.credit, options);
  } catch (error) {
    options.release();
    throw signal?.aborted === true ? cancelled() : error;
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
}

/** Asks the server to end what runs; the answer comes to whoever receives next. */
export function cancelRequest(connection: ClientConnection): void {
  if (!connection.isBusy) return;
  connection.send({ type: 'CANCEL' }).catch(() => {
    // The connection broke, which ends the request as well.
  });
}

/** A result that comes over a connection. One `next` runs at a time; `close` waits for it. */
export class RemoteScan implements ArrowScan {
  readonly #connection: ClientConnection;
  readonly #windowBytes: number;
  readonly #cancelMs: number;
  readonly #release: () => void;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => {
    void this.close();
  };
  #rows = 0;
  #batches = 0;
  #bytes = 0;
  /** Bytes that were taken, and not yet given as credit again. */
  #takenBytes = 0;
  #isEnded = false;
  #pending: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  constructor(
    connection: ClientConnection,
    windowBytes: number,
    options: { cancelMs: number; signal: AbortSignal | undefined; release: () => void },
  ) {
    this.#connection = connection;
    this.#windowBytes = windowBytes;
    this.#cancelMs = options.cancelMs;
    this.#release = options.release;
    this.#signal = options.signal;
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (this.#signal?.aborted === true) this.#onAbort();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<ArrowMessage> {
    try {
      for (;;) {
        const message = await this.#next();
        if (message === undefined) return;
        yield message;
        this.#connection.recycle(message.bytes);
      }
    } finally {
      await this.close();
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #next(): Promise<ArrowMessage | undefined> {
    if (this.#closed !== undefined && !this.#isEnded) return Promise.reject(cancelled());
    const next = this.#pending.then(() => this.#pull());
    this.#pending = next.catch(() => undefined);
    return next;
  }

  async #pull(): Promise<ArrowMessage | undefined> {
    if (this.#isEnded) return undefined;
    const { message, payload } = await this.#receive();
    if (message.type === 'END') {
      this.#isEnded = true;
      this.#connection.finish();
      this.#checkEnd(message);
      return undefined;
    }
    if (message.type !== 'SCHEMA' && message.type !== 'BATCH')
      throw unexpected(this.#connection, message);
    const rows = message.type === 'BATCH' ? message.rows : 0;
    this.#rows += rows;
    this.#batches += message.type === 'BATCH' ? 1 : 0;
    this.#bytes += payload.length;
    await this.#giveCredit(payload.length);
    return { bytes: payload, rows };
  }

  async #receive(): Promise<Received> {
    try {
      return await this.#connection.receive();
    } catch (error) {
      // The server's answer to our own CANCEL, or what came instead of it.
      throw this.#closed === undefined ? error : cancelled();
    }
  }

  /** Half a window at a time: a message each would double the traffic of small batches. */
  async #giveCredit(bytes: number): Promise<void> {
    this.#takenBytes += bytes;
    if (this.#takenBytes < this.#windowBytes / 2) return;
    const credit = this.#takenBytes;
    this.#takenBytes = 0;
    await this.#connection.send({ type: 'CREDIT', bytes: credit });
  }

  /** A stream that lost something on the way is no result, however well it ended. */
  #checkEnd(end: EndMessage): void {
    const isWhole =
      end.rows === this.#rows && end.batches === this.#batches && end.bytes === this.#bytes;
    if (isWhole) return;
    const error = new FlashError(
      'PROTOCOL',
      `A result is not whole: need ${end.rows} rows in ${end.batches} batches of ${end.bytes} bytes, ` +
        `got ${this.#rows} in ${this.#batches} of ${this.#bytes}`,
      { hint: 'Read it again.' },
    );
    this.#connection.fail(error);
    throw error;
  }

  async #close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    if (this.#connection.isBusy && !this.#isEnded) await this.#cancel();
    this.#release();
  }

  /** Asks the server to stop and reads what is on the way, so that the connection can be used again. */
  async #cancel(): Promise<void> {
    cancelRequest(this.#connection);
    const timer = setTimeout(() => {
      this.#connection.close();
    }, this.#cancelMs);
    await this.#pending;
    try {
      while (this.#connection.isBusy) {
        const { message } = await this.#connection.receive();
        if (message.type === 'END') this.#connection.finish();
      }
    } catch {
      // ERROR(CANCELLED) is the usual end; a broken connection ends the scan as well.
    } finally {
      clearTimeout(timer);
    }
  }
}

function cancelled(): FlashError {
  return new FlashError('CANCELLED', 'The query was cancelled');
}

function unexpected(connection: ClientConnection, message: Message): FlashError {
  const error = new FlashError(
    'PROTOCOL',
    `${connection.endpoint.location} sends ${message.type} where a result is due`,
  );
  connection.fail(error);
  return error;
}
