import { type Socket } from 'node:net';

/** Why nothing of a connection is taken for now. */
export type Hold = 'budget' | 'login' | 'turn' | 'unread';

/**
 * Whether a connection's bytes are taken. While there is a reason to hold, nothing is read from the
 * socket, and the client feels a slow network.
 */
export class Intake {
  readonly #socket: Socket;
  readonly #takeRest: () => void;
  readonly #holds = new Set<Hold>();
  #isOpen = false;

  /** `takeRest` takes what was read before and is still to be taken; it may hold again. */
  constructor(socket: Socket, takeRest: () => void) {
    this.#socket = socket;
    this.#takeRest = takeRest;
  }

  get isHeld(): boolean {
    return this.#holds.size > 0;
  }

  hold(why: Hold): void {
    if (this.#isOpen) return;
    this.#socket.pause();
    this.#holds.add(why);
  }

  /** Takes a reason away, and reads on where it was the last. */
  release(why: Hold): void {
    if (!this.#holds.delete(why) || this.#holds.size > 0) return;
    this.#takeRest();
    // The rest may have given another reason.
    if (!this.isHeld) this.#socket.resume();
  }

  /** Reads on for good: what comes after the end is dropped, and must not lie about. */
  open(): void {
    this.#isOpen = true;
    this.#holds.clear();
    this.#socket.resume();
  }
}
