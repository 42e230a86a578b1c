import { isLoopback } from '../protocol/index.js';

/** Units: ms. */
export interface BackOffLimits {
  /** What the answer to the first wrong token waits; it doubles with each further one. 0: no back-off. */
  wrongTokenDelayMs: number;
  /** The longest wait; keep it under the time of a login. */
  wrongTokenDelayMsMax: number;
}

/**
 * Holds up clients of an address that wrong tokens come from: whether a token was right is told
 * after a while, which grows with each wrong one and is forgotten when none came for some minutes.
 *
 * Addresses of this machine are shared by many clients, a proxy's among them, so a right token from
 * there is told at once: else whoever runs a program here could hold up all the others. Elsewhere a
 * right token waits as a wrong one does, or its guesser could tell them apart without waiting; the
 * wait is bounded, so that nobody is kept out.
 */
export class TokenBackOff {
  readonly #limits: BackOffLimits;
  /** By address; the one that was wrong last stands last. */
  readonly #wrong = new Map<string, { count: number; lastMs: number }>();

  constructor(limits: BackOffLimits) {
    this.#limits = limits;
  }

  /** Takes note of a token that was tried, and gives how long its answer has to wait. Units: ms. */
  note(address: string, isRight: boolean, nowMs = Date.now()): number {
    const known = this.#wrong.get(address);
    const isFresh = known !== undefined && nowMs - known.lastMs < forgetMs;
    const before = isFresh ? known.count : 0;
    if (isRight) return isLoopback(address) ? 0 : this.#delayMs(before);
    this.#wrong.delete(address);
    this.#wrong.set(address, { count: before + 1, lastMs: nowMs });
    this.#forgetOldest();
    return this.#delayMs(before + 1);
  }

  #delayMs(wrongCount: number): number {
    if (wrongCount === 0) return 0;
    const { wrongTokenDelayMs, wrongTokenDelayMsMax } = this.#limits;
    const doublings = Math.min(wrongCount - 1, 30);
    return Math.min(wrongTokenDelayMs * 2 ** doublings, wrongTokenDelayMsMax);
  }

  #forgetOldest(): void {
    for (const address of this.#wrong.keys()) {
      if (this.#wrong.size <= addressesMax) return;
      this.#wrong.delete(address);
    }
  }
}

const forgetMs = 300_000;
const addressesMax = 10_000;
