/**
 * Lets pieces of work that keep the process busy for long through one at a time, and others'
 * messages between them.
 */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #isRunning = false;

  /** Calls `work` when its turn has come, later than this call. */
  take(work: () => void): void {
    this.#waiting.push(work);
    if (this.#isRunning) return;
    this.#isRunning = true;
    setImmediate(() => {
      this.#next();
    });
  }

  #next(): void {
    const work = this.#waiting.shift();
    if (this.#waiting.length === 0) this.#isRunning = false;
    // The next one comes after the sockets were looked at.
    else setImmediate(() => this.#next());
    work?.();
  }
}
