import { unpackZstd } from '../../binlog/zstd/index.js';
import { FlashError } from '../../protocol/index.js';
import { type BodyUnpacker } from './body-unpacker.js';
import { newHash64 } from './xx-hash.js';

/**
 * Unpacks a body of zstd frames, which is held whole before: the decoder has to have all of it.
 *
 * Errors: INVALID_REQUEST for what is no zstd, or has another checksum than its frame says.
 */
export class ZstdBody implements BodyUnpacker {
  readonly #pieces: Buffer[] = [];
  #heldBytes = 0;

  /** Packed bytes, and the window of what was given. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  *feed(piece: Buffer): Generator<Buffer> {
    this.#pieces.push(piece);
    this.#heldBytes += piece.length;
    yield* [];
  }

  *end(): Generator<Buffer> {
    if (this.#heldBytes === 0) return;
    try {
      for (const plain of unpackZstd(Buffer.concat(this.#pieces), newHash64)) {
        this.#heldBytes += plain.length;
        yield Buffer.from(plain);
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new FlashError('INVALID_REQUEST', `The body is not packed with zstd: ${why}`, {
        hint: 'Send it as its Content-Encoding says, or as it is.',
        cause: error,
      });
    }
  }
}
