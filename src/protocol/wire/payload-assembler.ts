import { FlashError } from '../errors.js';

/**
 * Puts a payload together that came in several frames (flag MORE), within a bound.
 *
 * A payload of one frame passes through uncopied.
 */
export class PayloadAssembler {
  readonly #bytesMax: number;
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** True while a payload is unfinished. */
  get isOpen(): boolean {
    return this.#pieces.length > 0;
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
    if (!more && this.#pieces.length === 0) return payload;
    if (payload.length === 0) throw new FlashError('PROTOCOL', 'A piece of a payload is empty');
    this.#pieces.push(payload);
    this.#bytes += payload.length;
    return more ? undefined : this.#join();
  }

  #join(): Uint8Array {
    const whole = new Uint8Array(this.#bytes);
    let offset = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, offset);
      offset += piece.length;
    }
    this.#pieces = [];
    this.#bytes = 0;
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
