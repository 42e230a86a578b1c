/**
 * Lets at most `limit` of the tasks given to it run at once; the others wait in order.
 */
export class CallLimit {
  readonly #limit: number;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Takes one of the places, waiting for it. `release` gives it back, once.
   *
   * Errors: the signal's reason, when it fires while the place is waited for.
   */
  async take(signal?: AbortSignal): Promise<{ release: () => void }> {
    signal?.throwIfAborted();
    if (this.#running >= this.#limit) await this.#wait(signal);
    else this.#running++;
    let held = true;
    return {
      release: () => {
        if (!held) return;
        held = false;
        // The place goes straight to who waits longest, so that nobody can slip in between.
        const [next] = this.#waiting;
        if (next === undefined) this.#running--;
        else {
          this.#waiting.delete(next);
          next();
        }
      },
    };
  }

  /** Runs a task in one of the places. Errors: the task's; as `take`. */
  async run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const place = await this.take(signal);
    try {
      return await task();
    } finally {
      place.release();
    }
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    let giveUp = (): void => undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#waiting.add(resolve);
        giveUp = () => {
          // Too late once the place was handed over.
          if (this.#waiting.delete(resolve)) reject(toError(signal?.reason));
        };
        signal?.addEventListener('abort', giveUp, { once: true });
      });
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
