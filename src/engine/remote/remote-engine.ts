import { randomUUID } from 'node:crypto';
import {
  aText,
  checkArgument,
  FlashError,
  type ArrowScan,
  type Engine,
  type EngineInfo,
  type StatementOptions,
  type TableRef,
  type WriteBatch,
} from '../../protocol/index.js';
import {
  type Message,
  type PlanMessage,
  type PlanOkMessage,
  type ResolveMessage,
  type ServerStatus,
} from '../../protocol/wire/index.js';
import { type ClientConnection } from './client-connection.js';
import { ConnectionPool, pause } from './connection-pool.js';
import { parseEndpoint, type Endpoint } from './endpoint.js';
import { resolveOptions, type RemoteEngineOptions, type ResolvedOptions } from './options.js';
import { RemoteBatch } from './remote-batch.js';
import { insertRemote } from './remote-insert.js';
import { cancelRequest, openRemoteScan, type ScanStart } from './remote-scan.js';

/** An engine behind a server, and what only a server can do. */
export interface RemoteEngine extends Engine {
  /** What the server does at the moment. */
  serverStatus(): Promise<ServerStatus>;
  /** Cuts a table into splits that can be read in parallel, by any client. */
  plan(request: Omit<PlanMessage, 'type'>): Promise<PlanOkMessage>;
  /** Reads a split. */
  scan(ticket: string, options?: { signal?: AbortSignal }): Promise<ArrowScan>;
}

/**
 * Opens the engine behind a server: `tcp://host:port`, or `tls://host:port`.
 *
 * Errors: CONNECTION where there is none; AUTH, VERSION, PROTOCOL where it is not for us.
 */
export async function openRemoteEngine(
  location: string,
  options: RemoteEngineOptions = {},
): Promise<RemoteEngine> {
  const engine = new TcpEngine(parseEndpoint(location), resolveOptions(options));
  try {
    await engine.connect();
    return engine;
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** True for an engine that `openRemoteEngine` gave. */
export function isRemoteEngine(engine: Engine): engine is RemoteEngine {
  return engine instanceof TcpEngine;
}

class TcpEngine implements RemoteEngine {
  readonly location: string;
  readonly #options: ResolvedOptions;
  readonly #pool: ConnectionPool;
  readonly #open = new Set<{ close(): Promise<void> }>();
  #closed: Promise<void> | undefined;

  constructor(endpoint: Endpoint, options: ResolvedOptions) {
    this.location = endpoint.location;
    this.#options = options;
    this.#pool = new ConnectionPool(endpoint, options);
  }

  /** Makes the first connection, so that a wrong address shows at once. */
  async connect(): Promise<void> {
    this.#pool.give(await this.#pool.take());
  }

  async execute(sql: string, options: StatementOptions = {}): Promise<void> {
    checkArgument('execute', 'the SQL', sql, aText);
    const { signal, ...bound } = options;
    await this.#whileBusy(async () => {
      await this.#exchange({ type: 'EXECUTE', sql, ...bound, timeoutMs: 0 }, 'EXECUTE_OK', signal);
    }, signal);
  }

  async query(sql: string, options: StatementOptions = {}): Promise<ArrowScan> {
    checkArgument('query', 'the SQL', sql, aText);
    const { signal, ...bound } = options;
    const credit = this.#options.scanWindowBytes;
    return await this.#startScan({ type: 'QUERY', sql, ...bound, credit, timeoutMs: 0 }, signal);
  }

  scan(ticket: string, options: { signal?: AbortSignal } = {}): Promise<ArrowScan> {
    const credit = this.#options.scanWindowBytes;
    return this.#startScan({ type: 'SCAN', ticket, credit, timeoutMs: 0 }, options.signal);
  }

  async plan(request: Omit<PlanMessage, 'type'>): Promise<PlanOkMessage> {
    return await this.#read({ type: 'PLAN', ...request }, 'PLAN_OK');
  }

  insertRows(table: TableRef, stream: Uint8Array): Promise<number> {
    const { database, table: name } = table;
    const { resolveMs } = this.#options.timeouts;
    return insertRemote(this.#pool, { database, table: name }, stream, resolveMs);
  }

  async openBatch(): Promise<WriteBatch> {
    const batchId = randomUUID();
    const connection = await this.#pool.take();
    try {
      await connection.begin({ type: 'WRITE', batchId });
      expectType((await connection.receive()).message, 'WRITE_OK', connection);
    } catch (error) {
      this.#pool.give(connection);
      throw error;
    }
    const batch = new RemoteBatch(connection, batchId, {
      resolve: (question) => this.#resolve(question),
      release: (used) => {
        this.#open.delete(batch);
        this.#pool.give(used);
      },
    });
    this.#open.add(batch);
    return batch;
  }

  async readCheckpoint(source: string): Promise<string | undefined> {
    return (await this.#read({ type: 'CHECKPOINT', source }, 'CHECKPOINT_OK')).checkpoint;
  }

  async info(): Promise<EngineInfo> {
    const { engineVersion, patches, sandbox } = await this.serverStatus();
    return { engineVersion, patches, sandbox };
  }

  async serverStatus(): Promise<ServerStatus> {
    return await this.#read({ type: 'STATUS' }, 'STATUS_OK');
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#open].map((each) => each.close()));
    this.#pool.close();
  }

  #startScan(message: ScanStart, signal: AbortSignal | undefined): Promise<ArrowScan> {
    return this.#whileBusy(async () => {
      const connection = await this.#pool.take();
      const held: { scan?: ArrowScan } = {};
      const scan = await openRemoteScan(connection, message, {
        cancelMs: this.#options.timeouts.cancelMs,
        signal,
        release: () => {
          if (held.scan !== undefined) this.#open.delete(held.scan);
          this.#pool.give(connection);
        },
      });
      held.scan = scan;
      this.#open.add(scan);
      return scan;
    }, signal);
  }

  /** A request that only reads may be sent again when its connection was lost. */
  async #read<Type extends Message['type']>(
    message: Message,
    type: Type,
  ): Promise<Extract<Message, { type: Type }>> {
    try {
      return await this.#exchange(message, type);
    } catch (error) {
      if (!isTransportError(error) || this.#closed !== undefined) throw error;
      return await this.#exchange(message, type);
    }
  }

  async #exchange<Type extends Message['type']>(
    message: Message,
    type: Type,
    signal?: AbortSignal,
  ): Promise<Extract<Message, { type: Type }>> {
    const connection = await this.#pool.take();
    const cancel = (): void => {
      cancelRequest(connection);
    };
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      if (signal?.aborted === true)
        throw new FlashError('CANCELLED', 'The statement was cancelled');
      await connection.begin(message);
      const answer = expectType((await connection.receive()).message, type, connection);
      connection.finish();
      return answer;
    } finally {
      signal?.removeEventListener('abort', cancel);
      this.#pool.give(connection);
    }
  }

  /** A server at its limits did not begin the request, which so may be made again. */
  async #whileBusy<T>(attempt: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const untilMs = Date.now() + this.#options.timeouts.busyMs;
    for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 2, 1_000)) {
      try {
        return await attempt();
      } catch (error) {
        const isBusy = error instanceof FlashError && error.code === 'BUSY';
        if (!isBusy || signal?.aborted === true || Date.now() + pauseMs > untilMs) throw error;
        await pause(pauseMs);
      }
    }
  }

  async #resolve(question: Omit<ResolveMessage, 'type'>): Promise<boolean> {
    const { resolveMs } = this.#options.timeouts;
    const untilMs = Date.now() + resolveMs;
    for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 2, 1_000)) {
      try {
        return (await this.#exchange({ type: 'RESOLVE', ...question }, 'RESOLVE_OK')).applied;
      } catch (error) {
        const mayAskAgain = error instanceof FlashError && error.retry === 'after-backoff';
        if (mayAskAgain && this.#closed === undefined && Date.now() + pauseMs < untilMs) {
          await pause(pauseMs);
          continue;
        }
        throw new FlashError(
          'CONNECTION',
          `Not known whether a batch of ${question.source} was applied`,
          {
            hint: 'The checkpoint tells: read it, and go on from there.',
            cause: error,
          },
        );
      }
    }
  }
}

function expectType<Type extends Message['type']>(
  message: Message,
  type: Type,
  connection: ClientConnection,
): Extract<Message, { type: Type }> {
  if (isOfType(message, type)) return message;
  const error = new FlashError(
    'PROTOCOL',
    `${connection.endpoint.location} answers with ${message.type}, not ${type}`,
  );
  connection.fail(error);
  throw error;
}

function isOfType<Type extends Message['type']>(
  message: Message,
  type: Type,
): message is Extract<Message, { type: Type }> {
  return message.type === type;
}

function isTransportError(error: unknown): boolean {
  return error instanceof FlashError && (error.code === 'CONNECTION' || error.code === 'PROTOCOL');
}
