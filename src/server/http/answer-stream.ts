import { type ServerResponse } from 'node:http';
import { type Writable } from 'node:stream';
import { createDeflate, createGzip, type Deflate, type Gzip } from 'node:zlib';

/** How an answer is packed on its way. */
export type Packing = 'gzip' | 'deflate' | undefined;

/** Chooses the packing that a client takes, where it asks for one. */
export function choosePacking(acceptEncoding: string | undefined, compresses: boolean): Packing {
  if (!compresses || acceptEncoding === undefined) return undefined;
  const names = acceptEncoding
    .toLowerCase()
    .split(',')
    .filter((each) => !/;\s*q=0(\.0*)?\s*$/.test(each))
    .map((each) => each.replace(/;.*/, '').trim());
  if (names.includes('gzip') || names.includes('*')) return 'gzip';
  return names.includes('deflate') ? 'deflate' : undefined;
}

/**
 * The way of an answer's bytes to the client. `write` resolves when the bytes have left and their buffer
 * may be used again: that is what holds up the query of a slow reader.
 */
export class AnswerStream {
  readonly #response: ServerResponse;
  readonly #packer: Gzip | Deflate | undefined;
  readonly #out: Writable;

  constructor(response: ServerResponse, packing: Packing) {
    this.#response = response;
    this.#packer = openPacker(packing);
    this.#packer?.on('error', (error) => response.destroy(error));
    this.#packer?.pipe(response);
    this.#out = this.#packer ?? response;
  }

  /** Errors: where the connection ends before. */
  async write(bytes: Uint8Array): Promise<void> {
    await this.#untilDone((done) => {
      this.#out.write(bytes, done);
    });
  }

  /** Resolves when all has left. */
  async end(): Promise<void> {
    await this.#untilDone((done) => {
      this.#response.once('finish', done);
      this.#out.end();
    });
  }

  /**
   * Ends an answer that is not whole, after its last words. The last chunk is left out, so that clients
   * which do not look for them see it too. A packed one ends as others do: it is unpacked later than it
   * is read, and clients would report the broken end instead of the words.
   */
  async cut(): Promise<void> {
    if (this.#packer !== undefined) {
      await this.end();
      return;
    }
    // Time to read them, for the same reason.
    await new Promise((resolve) => setTimeout(resolve, lastWordsMs));
    this.#response.socket?.destroySoon();
  }

  #untilDone(act: (done: (error?: Error | null) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const onClose = (): void => {
        reject(new Error('The connection ended'));
      };
      if (this.#response.destroyed) {
        onClose();
        return;
      }
      this.#response.once('close', onClose);
      act((error) => {
        this.#response.off('close', onClose);
        if (error instanceof Error) reject(error);
        else resolve();
      });
    });
  }
}

const lastWordsMs = 200;

function openPacker(packing: Packing): Gzip | Deflate | undefined {
  // The network is the slower of the two from the second level on.
  if (packing === 'gzip') return createGzip({ level: 1 });
  return packing === 'deflate' ? createDeflate({ level: 1 }) : undefined;
}
