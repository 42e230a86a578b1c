import { FlashError } from '../errors.js';
import { growBuffer } from './frame-decoder.js';

/**
 * Puts a payload together that came in several frames (flag MORE), within a bound.
 *
 * A payload of one frame passes through uncopied; pieces are copied, so that a small one does not
 * keep the whole chunk that it came in.
 */
export class PayloadAssembler {
  readonly #bytesMax: number;
  #whole: Uint8Array = new Uint8Array(0);
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** True while a payload is unfinished. */
  get isOpen(): boolean {
    return this.#bytes > 0;
  }

  /** Memory of the unfinished payload. */
  get heldBytes(): number {
    return this.#whole.length;
  }

  /**
   * Adds the payload of the next frame, and gives the whole when it was the last one.
   *
   * Errors: TOO_LARGE beyond the bound; PROTOCOL for an empty piece, of which there could be any number.
   */
  add(payload: Uint8Array, more: boolean): Uint8Array | undefined {
    if (payload.length > this.#bytesMax - this.#bytes) {
      throw new FlashError('TOO_LARGE', `A message is larger than ${this.#bytesMax} bytes`, {
        hint: 'Send it in smaller batches.',
      });
    }
    if (!more && !this.isOpen) return payload;
    if (payload.length === 0) throw new FlashError('PROTOCOL', 'A piece of a payload is empty');
    this.#whole = growBuffer(this.#whole, this.#bytes, payload.length, this.#bytesMax);
    this.#whole.set(payload, this.#bytes);
    this.#bytes += payload.length;
    return more ? undefined : this.#takeWhole();
  }

  /** Gives up what is unfinished, and its memory. */
  drop(): void {
    this.#whole = new Uint8Array(0);
    this.#bytes = 0;
  }

  #takeWhole(): Uint8Array {
    const whole = this.#whole.subarray(0, this.#bytes);
    this.drop();
    return whole;
  }
}

/** Cuts a payload into the pieces that fit a frame body of `pieceBytesMax`; always at least one. */
export function* cutPayload(
  payload: Uint8Array,
  pieceBytesMax: number,
): Generator<{ piece: Uint8Array; more: boolean }> {
  let offset = 0;
  do {
    const end = Math.min(payload.length, offset + pieceBytesMax);
    yield { piece: payload.subarray(offset, end), more: end < payload.length };
    offset = end;
  } while (offset < payload.length);
}
