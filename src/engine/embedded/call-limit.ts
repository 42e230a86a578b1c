/**
 * Lets at most `limit` of the tasks given to it run at once; the others wait in order.
 */
export class CallLimit {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes one of the places, waiting for it. `release` gives it back, once. */
  async take(): Promise<{ release: () => void }> {
    if (this.#running >= this.#limit) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running++;
    }
    let held = true;
    return {
      release: () => {
        if (!held) return;
        held = false;
        // The place goes straight to who waits longest, so that nobody can slip in between.
        const next = this.#waiting.shift();
        if (next === undefined) this.#running--;
        else next();
      },
    };
  }

  /** Runs a task in one of the places. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    const place = await this.take();
    try {
      return await task();
    } finally {
      place.release();
    }
  }
}
