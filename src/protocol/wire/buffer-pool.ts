import { type MessageBuffers } from '../engine.js';

/**
 * Buffers for messages, used again: a new one for each message of a large result would be garbage of
 * the size of the whole result, which costs more time than reading it.
 *
 * Owns: a buffer belongs to who took it, until it is given back; not giving one back is harmless.
 */
export class BufferPool implements MessageBuffers {
  readonly #bytesMax: number;
  readonly #free: ArrayBuffer[] = [];
  readonly #made = new WeakSet<ArrayBuffer>();
  #freeBytes = 0;

  /** `bytesMax` bounds what lies here unused. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Gives `lengthBytes` bytes at the start of a buffer; they may hold anything. */
  take(lengthBytes: number): Uint8Array<ArrayBuffer> {
    const at = this.#free.findIndex((buffer) => buffer.byteLength >= lengthBytes);
    const [known] = at < 0 ? [] : this.#free.splice(at, 1);
    if (known !== undefined) {
      this.#freeBytes -= known.byteLength;
      return new Uint8Array(known, 0, lengthBytes);
    }
    // The messages have grown: buffers for smaller ones would only lie about.
    this.#free.length = 0;
    this.#freeBytes = 0;
    if (lengthBytes < reuseBytesMin) return new Uint8Array(lengthBytes);
    const made = new ArrayBuffer(Math.ceil(lengthBytes * sizeMargin));
    this.#made.add(made);
    return new Uint8Array(made, 0, lengthBytes);
  }

  /** Whether bytes lie in a buffer that came from here, and is used again. */
  owns(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
    return bytes.buffer instanceof ArrayBuffer && this.#made.has(bytes.buffer);
  }

  /** Takes a buffer back, which nobody else may have. */
  give(buffer: ArrayBuffer): void {
    const { byteLength } = buffer;
    if (byteLength < reuseBytesMin || this.#freeBytes + byteLength > this.#bytesMax) return;
    this.#free.push(buffer);
    this.#freeBytes += byteLength;
  }
}

/** Batches of a result differ a little in size. */
const sizeMargin = 1.125;

/** Small buffers are cheaper to make than to keep. */
const reuseBytesMin = 4096;
