import { FlashError, tableName, type WriteBatch } from '../../protocol/index.js';
import { type Message, type ResolveMessage } from '../../protocol/wire/index.js';
import { type ClientConnection } from './client-connection.js';

/** What a batch needs of the engine that it is of. */
export interface BatchHost {
  /** Asks what became of a batch whose commit was not answered, until it is known. */
  resolve(question: Omit<ResolveMessage, 'type'>): Promise<boolean>;
  release(connection: ClientConnection): void;
}

/** A write batch on a server. Its calls run one after the other, in the order they were made. */
export class RemoteBatch implements WriteBatch {
  readonly #connection: ClientConnection;
  readonly #batchId: string;
  readonly #host: BatchHost;
  #pending: Promise<unknown> = Promise.resolve();
  #isOpen = true;
  #closed: Promise<void> | undefined;

  /** The connection has answered WRITE with WRITE_OK. */
  constructor(connection: ClientConnection, batchId: string, host: BatchHost) {
    this.#connection = connection;
    this.#batchId = batchId;
    this.#host = host;
  }

  reserveVersions(count: number): Promise<bigint> {
    return this.#inTurn(async () => {
      const answer = await this.#ask({ type: 'RESERVE', count });
      if (answer.type !== 'RESERVE_OK') throw this.#unexpected(answer);
      return answer.firstVersion;
    });
  }

  append(table: { database: string; table: string }, stream: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      checkStreamSize(this.#connection, table, stream);
      const { database } = table;
      const answer = await this.#ask({ type: 'APPEND', database, table: table.table }, stream);
      if (answer.type !== 'APPEND_OK' || answer.bytes !== stream.length)
        throw this.#unexpected(answer);
    });
  }

  commit(source: string, checkpoint: string): Promise<void> {
    return this.#inTurn(async () => {
      try {
        const answer = await this.#ask({ type: 'COMMIT', source, checkpoint });
        if (answer.type !== 'COMMIT_OK') throw this.#unexpected(answer);
        this.#isOpen = false;
        this.#connection.finish();
      } catch (error) {
        if (!this.#connection.isBroken) throw error;
        this.#isOpen = false;
        await this.#settle(source, error);
      }
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** The answer to a commit was lost: only the server knows, and is asked on another connection. */
  async #settle(source: string, cause: unknown): Promise<void> {
    const isApplied = await this.#host.resolve({ source, batchId: this.#batchId });
    if (isApplied) return;
    throw new FlashError('CONNECTION', 'The connection broke before the batch was applied', {
      hint: 'Nothing of it was applied: send it again.',
      cause,
    });
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    if (this.#closed !== undefined) {
      return Promise.reject(new FlashError('CANCELLED', 'The batch was closed'));
    }
    const done = this.#pending.then(step);
    this.#pending = done.catch(() => undefined);
    return done;
  }

  async #ask(message: Message, payload?: Uint8Array): Promise<Message> {
    if (!this.#isOpen || !this.#connection.isBusy) {
      throw new FlashError(
        'INVALID_REQUEST',
        'The batch is over: it was committed, or a step of it failed',
      );
    }
    await this.#connection.send(message, payload);
    return (await this.#connection.receive()).message;
  }

  #unexpected(message: Message): FlashError {
    const error = new FlashError(
      'PROTOCOL',
      `${this.#connection.endpoint.location} sends ${message.type} where another answer is due`,
    );
    this.#connection.fail(error);
    return error;
  }

  async #close(): Promise<void> {
    await this.#pending;
    if (this.#isOpen && this.#connection.isBusy && !this.#connection.isBroken) {
      try {
        await this.#ask({ type: 'ABORT' });
        this.#connection.finish();
      } catch {
        // The connection broke, which drops the batch as well.
      }
    }
    this.#isOpen = false;
    this.#host.release(this.#connection);
  }
}

/** Errors: TOO_LARGE for a stream that the server would refuse after all of it had crossed. */
export function checkStreamSize(
  connection: ClientConnection,
  table: { database: string; table: string },
  stream: Uint8Array,
): void {
  const { appendBytesMax } = connection.hello.limits;
  if (stream.length <= appendBytesMax) return;
  throw new FlashError('TOO_LARGE', `${stream.length} bytes for ${tableName(table)} in one piece`, {
    hint: `The server takes ${appendBytesMax}: send smaller pieces.`,
    place: { table: tableName(table) },
  });
}
