import { FlashError } from '../protocol/index.js';

/** A request that runs on a connection: its time, its credit, and the signal that ends it. */
export class ActiveRequest {
  readonly streamId: number;
  /** For STATUS and the log: the kind of request, and the table where there is one. */
  what: string;
  /** Its SQL, for the page alone: neither STATUS nor the log tell it. */
  statement: string | undefined;
  readonly startedAtMs = Date.now();
  /** True once it streams a result, and counts as a scan. */
  isScan = false;
  rows = 0;
  bytes = 0;
  #bytesMax = 0;
  readonly #controller = new AbortController();
  #credit = 0;
  #timeout: NodeJS.Timeout | undefined;
  #creditWaiter: (() => void) | undefined;

  constructor(streamId: number, what: string) {
    this.streamId = streamId;
    this.what = what;
  }

  /** Its reason is always a FlashError. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get elapsedMs(): number {
    return Date.now() - this.startedAtMs;
  }

  /** Keeps the beginning of its SQL. */
  setStatement(sql: Uint8Array | string): void {
    const head = sql.slice(0, statementLettersMax);
    this.statement = typeof head === 'string' ? head : Buffer.from(head).toString('utf8');
  }

  /** Ends the request; the first reason stays. */
  abort(reason: FlashError): void {
    this.#controller.abort(reason);
    this.#creditWaiter?.();
  }

  /** Ends the request after so long; 0 never. */
  limitTime(timeoutMs: number): void {
    if (timeoutMs <= 0) return;
    this.#timeout = setTimeout(() => {
      this.abort(
        new FlashError('TIMEOUT', `The statement ran longer than ${timeoutMs} ms`, {
          hint: 'Allow it more time, or make it cheaper.',
        }),
      );
    }, timeoutMs);
  }

  /** Ends the request once it gives more than so many bytes; 0 never. */
  limitBytes(bytesMax: number): void {
    this.#bytesMax = bytesMax;
  }

  /** Counts bytes before they are sent. Errors: TOO_LARGE where they are more than it may give. */
  give(bytes: number): void {
    if (this.#bytesMax > 0 && this.bytes + bytes > this.#bytesMax) {
      throw new FlashError('TOO_LARGE', `The result has more than ${this.#bytesMax} bytes`, {
        hint: 'Ask for fewer rows or columns, or have resultBytesMax raised in the users file.',
      });
    }
    this.bytes += bytes;
  }

  grant(bytes: number): void {
    this.#credit = Math.min(this.#credit + bytes, Number.MAX_SAFE_INTEGER);
    if (this.#credit > 0) this.#creditWaiter?.();
  }

  /** A message may overdraw the credit once: the next one waits until it is above 0 again. */
  spend(bytes: number): void {
    this.#credit -= bytes;
  }

  get hasCredit(): boolean {
    return this.#credit > 0;
  }

  /** Resolves when there is credit, or when the request was ended. */
  async waitForCredit(): Promise<void> {
    while (!this.hasCredit && !this.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#creditWaiter = resolve;
      });
      this.#creditWaiter = undefined;
    }
  }

  /** Throws the reason when the request was ended. */
  check(): void {
    if (this.signal.aborted) throw abortReason(this.signal);
  }

  /** Frees its timer. */
  finish(): void {
    clearTimeout(this.#timeout);
  }
}

const statementLettersMax = 1000;

/** A request that runs, as the page shows it. */
export interface RunningRequest {
  /** Of one run of the server. */
  id: string;
  peer: string;
  active: ActiveRequest;
}

/** Gives the reason of an aborted signal, or CANCELLED where it is no FlashError. */
export function abortReason(signal: AbortSignal): FlashError {
  const reason: unknown = signal.reason;
  return reason instanceof FlashError
    ? reason
    : new FlashError('CANCELLED', 'The request was cancelled');
}
