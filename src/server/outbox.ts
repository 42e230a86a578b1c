import { BufferPool } from '../protocol/wire/index.js';

/**
 * Sends copies of messages whose bytes are gone with the next one, a few of them on their way at
 * once, so that the network need not wait for the engine nor the engine for the network.
 */
export class Outbox {
  readonly #bytesMax: number;
  readonly #buffers: BufferPool;
  readonly #sending = new Set<Promise<void>>();
  #bytes = 0;
  #failure: { cause: unknown } | undefined;

  /** `bytesMax` bounds what is on its way; a larger message goes alone. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
    this.#buffers = new BufferPool(bytesMax);
  }

  /** Resolves when so many bytes more may be sent. Errors: the one of a `send` that failed. */
  async waitForRoom(bytes: number): Promise<void> {
    while (this.#sending.size > 0 && this.#bytes + bytes > this.#bytesMax) {
      await Promise.race(this.#sending);
    }
    this.#check();
  }

  /** Resolves when everything has left. Errors: as `waitForRoom`. */
  async waitUntilEmpty(): Promise<void> {
    await Promise.all(this.#sending);
    this.#check();
  }

  /** Copies bytes, to be handed to `add`. */
  copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const copy = this.#buffers.take(bytes.length);
    copy.set(bytes);
    return copy;
  }

  /** Takes note that a copy is being sent, until `sent` resolves; its memory is used again then. */
  add(copy: Uint8Array<ArrayBuffer>, sent: Promise<void>): void {
    this.#bytes += copy.length;
    const sending = sent
      .catch((cause: unknown) => {
        this.#failure ??= { cause };
      })
      .finally(() => {
        this.#sending.delete(sending);
        this.#bytes -= copy.length;
        this.#buffers.give(copy.buffer);
      });
    this.#sending.add(sending);
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.cause;
  }
}
