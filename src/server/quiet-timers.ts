import { FlashError } from '../protocol/index.js';
import { type EndedBy } from './metrics.js';
import { type ServeLimits } from './options.js';

/** The times after which a connection is ended of which nothing comes, or nothing that counts. */
export class QuietTimers {
  readonly #limits: ServeLimits;
  readonly #end: (error: FlashError, limit: EndedBy) => void;
  #quiet: NodeJS.Timeout | undefined;
  #data: NodeJS.Timeout | undefined;

  constructor(limits: ServeLimits, end: (error: FlashError, limit: EndedBy) => void) {
    this.#limits = limits;
    this.#end = end;
  }

  /** Gives the login its time, which nothing that comes makes longer. */
  beginLogin(): void {
    const { loginTimeoutMs } = this.#limits;
    this.#quiet = this.#arm(loginTimeoutMs, 'The login took too long', 'login-time');
  }

  /** Something came from a client that is logged in, or its request ended: time begins anew. */
  heard(holdsWrite: boolean): void {
    clearTimeout(this.#quiet);
    const { idleTimeoutMs, writeIdleTimeoutMs } = this.#limits;
    this.#quiet = holdsWrite
      ? this.#arm(writeIdleTimeoutMs, 'The write batch was idle', 'write-idle')
      : this.#arm(idleTimeoutMs, 'The connection was idle', 'idle');
  }

  /** A request runs: its client may be quiet. */
  requestBegan(): void {
    clearTimeout(this.#quiet);
  }

  /** Data came for the open write, or its end. PINGs and RESERVE are none: others wait for it. */
  dataCame(): void {
    clearTimeout(this.#data);
    this.#data = undefined;
  }

  /** A step of the open write ended, or there is none. What waits for data goes on waiting. */
  awaitData(holdsWrite: boolean): void {
    if (!holdsWrite) {
      this.dataCame();
      return;
    }
    const { writeDataTimeoutMs } = this.#limits;
    this.#data ??= this.#arm(writeDataTimeoutMs, 'The write batch got no data', 'write-data');
  }

  stop(): void {
    this.requestBegan();
    this.dataCame();
  }

  #arm(timeoutMs: number, what: string, limit: EndedBy): NodeJS.Timeout | undefined {
    if (timeoutMs <= 0) return undefined;
    return setTimeout(() => {
      const error = new FlashError('TIMEOUT', `${what}: ${timeoutMs} ms`, {
        hint: 'Connect again.',
      });
      this.#end(error, limit);
    }, timeoutMs);
  }
}
