import { BufferPool } from '../protocol/wire/index.js';

/**
 * Sends messages whose bytes may be gone with the next one, a few of them on their way at
 * once, so that the network need not wait for the engine nor the engine for the network.
 */
export class Outbox {
  readonly #bytesMax: number;
  /** For messages that are made where they can be sent from. */
  readonly buffers: BufferPool;
  readonly #sending = new Set<Promise<void>>();
  #bytes = 0;
  #failure: { cause: unknown } | undefined;

  /** `bytesMax` bounds what is on its way; a larger message goes alone. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
    this.buffers = new BufferPool(bytesMax);
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

  /** Gives bytes that stay as they are, to be handed to `add`: a copy, unless they lie in a buffer from here. */
  keep(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    if (this.buffers.owns(bytes)) return bytes;
    const copy = this.buffers.take(bytes.length);
    copy.set(bytes);
    return copy;
  }

  /** Takes note that kept bytes are being sent, until `sent` resolves; their memory is used again then. */
  add(kept: Uint8Array<ArrayBuffer>, sent: Promise<void>): void {
    this.#bytes += kept.length;
    const sending = sent
      .catch((cause: unknown) => {
        this.#failure ??= { cause };
      })
      .finally(() => {
        this.#sending.delete(sending);
        this.#bytes -= kept.length;
        this.buffers.give(kept.buffer);
      });
    this.#sending.add(sending);
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.cause;
  }
}
