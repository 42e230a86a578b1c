import { FlashError } from '../../protocol/index.js';
import { ClientConnection } from './client-connection.js';
import { type Endpoint } from './endpoint.js';
import { type ResolvedOptions } from './options.js';

/** The connections to one server: kept for reuse, made again when lost. */
export class ConnectionPool {
  readonly #endpoint: Endpoint;
  readonly #options: ResolvedOptions;
  readonly #idle: { connection: ClientConnection; timer: NodeJS.Timeout }[] = [];
  readonly #used = new Set<ClientConnection>();
  readonly #waiting: (() => void)[] = [];
  #places: number;
  #wasConnected = false;
  #isClosed = false;

  constructor(endpoint: Endpoint, options: ResolvedOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#places = options.connectionsMax;
  }

  /**
   * Gives a connection without a request, waiting while all are in use. One that was idle for long
   * is asked for a sign of life first, because what is sent on a dead one could not be repeated.
   *
   * Errors: those of connecting. A server that was there before is tried again for a while.
   */
  async take(): Promise<ClientConnection> {
    this.#refuseClosed();
    if (this.#places > 0) this.#places -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      const connection = (await this.#reuse()) ?? (await this.#connect());
      this.#refuseClosed(connection);
      this.#used.add(connection);
      return connection;
    } catch (error) {
      this.#leavePlace();
      throw error;
    }
  }

  /** Takes a connection back. One that broke, or whose request is not over, is closed. */
  give(connection: ClientConnection): void {
    if (!this.#used.delete(connection)) return;
    if (connection.isFree && !this.#isClosed) this.#keep(connection);
    else connection.close();
    this.#leavePlace();
  }

  close(): void {
    this.#isClosed = true;
    for (const { connection, timer } of this.#idle.splice(0)) {
      clearTimeout(timer);
      connection.close();
    }
    for (const connection of this.#used) connection.close();
  }

  #keep(connection: ClientConnection): void {
    connection.setHolding(false);
    const entry = {
      connection,
      timer: setTimeout(() => {
        this.#idle.splice(this.#idle.indexOf(entry), 1);
        connection.close();
      }, this.#options.timeouts.idleMs).unref(),
    };
    this.#idle.push(entry);
  }

  async #reuse(): Promise<ClientConnection | undefined> {
    for (let entry = this.#idle.pop(); entry !== undefined; entry = this.#idle.pop()) {
      clearTimeout(entry.timer);
      const { connection } = entry;
      connection.setHolding(true);
      if (connection.isFree && (await isAlive(connection))) return connection;
      connection.close();
    }
    return undefined;
  }

  async #connect(): Promise<ClientConnection> {
    const untilMs = Date.now() + this.#options.timeouts.reconnectMs;
    for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 2, 1_000)) {
      try {
        const connection = await ClientConnection.open(this.#endpoint, this.#options);
        this.#wasConnected = true;
        return connection;
      } catch (error) {
        const mayReturn = this.#wasConnected && !this.#isClosed && Date.now() + pauseMs < untilMs;
        if (!mayReturn || !(error instanceof FlashError) || error.retry !== 'after-backoff')
          throw error;
        await pause(pauseMs);
      }
    }
  }

  #leavePlace(): void {
    // The place goes straight to who waits longest.
    const next = this.#waiting.shift();
    if (next === undefined) this.#places += 1;
    else next();
  }

  #refuseClosed(connection?: ClientConnection): void {
    if (!this.#isClosed) return;
    connection?.close();
    throw new FlashError('CANCELLED', `The engine ${this.#endpoint.location} was closed`);
  }
}

/** Resolves after `timeoutMs`. */
export function pause(timeoutMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, timeoutMs));
}

/** Younger connections are taken for alive: the socket would have told. */
const trustedMs = 1_000;

async function isAlive(connection: ClientConnection): Promise<boolean> {
  if (connection.silentMs < trustedMs) return true;
  try {
    await connection.ping();
    return true;
  } catch {
    // Whatever it died of, another connection will tell whether the server is there.
    return false;
  }
}
