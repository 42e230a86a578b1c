import { type ServerResponse } from 'node:http';
import { type Transform, type Writable } from 'node:stream';
import { createDeflate, createGzip } from 'node:zlib';
import { BlockPacker, Lz4Packer } from './answer-packers.js';

/** How an answer is packed on its way: in an HTTP coding, or in ClickHouse's own blocks. */
export type Packing = 'gzip' | 'deflate' | 'lz4' | 'blocks' | undefined;

/** Chooses the packing that a client takes, where it asks for one. */
export function choosePacking(acceptEncoding: string | undefined, compresses: boolean): Packing {
  if (!compresses || acceptEncoding === undefined) return undefined;
  const names = acceptEncoding
    .toLowerCase()
    .split(',')
    .filter((each) => !/;\s*q=0(\.0*)?\s*$/.test(each))
    .map((each) => each.replace(/;.*/, '').trim());
  if (names.includes('gzip') || names.includes('*')) return 'gzip';
  if (names.includes('deflate')) return 'deflate';
  return names.includes('lz4') ? 'lz4' : undefined;
}

/**
 * The way of an answer's bytes to the client. `write` resolves when the bytes have left and their buffer
 * may be used again: that is what holds up the query of a slow reader.
 */
export class AnswerStream {
  readonly #response: ServerResponse;
  readonly #packer: Transform | undefined;
  readonly #out: Writable;

  constructor(response: ServerResponse, packing: Packing) {
    this.#response = response;
    this.#packer = openPacker(packing);
    this.#packer?.on('error', (error) => response.destroy(error));
    // What comes after the packed bytes is for end() and cut() to say.
    this.#packer?.pipe(response, { end: false });
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
    await this.#endPacker();
    await this.#untilDone((done) => {
      this.#response.once('finish', done);
      this.#response.end();
    });
  }

  /**
   * Ends an answer that is not whole, after its last words. What is packed ends as it should, so that the
   * words can be read; the last chunk is left out, so that no client takes the answer for a whole one.
   */
  async cut(): Promise<void> {
    await this.#endPacker();
    // Time to read the words: clients drop what they hold unread, and tell the broken end instead.
    const waitMs = this.#packer === undefined ? lastWordsMs : lastPackedWordsMs;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    this.#response.socket?.destroySoon();
  }

  async #endPacker(): Promise<void> {
    const packer = this.#packer;
    if (packer === undefined) return;
    await this.#untilDone((done) => {
      packer.once('end', done);
      packer.end();
    });
    // No bytes, and told when all before them have left.
    await this.#untilDone((done) => {
      this.#response.write('', done);
    });
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

/** More of what is packed is on its way, for the same room, and unpacking takes time. */
const lastPackedWordsMs = 1_000;

function openPacker(packing: Packing): Transform | undefined {
  switch (packing) {
    // The network is the slower of the two from the second level on.
    case 'gzip':
      return createGzip({ level: 1 });
    case 'deflate':
      return createDeflate({ level: 1 });
    case 'lz4':
      return new Lz4Packer();
    case 'blocks':
      return new BlockPacker();
    case undefined:
      return undefined;
  }
}
