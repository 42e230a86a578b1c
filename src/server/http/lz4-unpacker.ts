import { Transform, type TransformCallback } from 'node:stream';
import type { XXHash } from 'xxhash-wasm';
import { FlashError } from '../../protocol/index.js';
import { unpackLz4Block } from './lz4-block.js';
import { newHash32 } from './xx-hash.js';

/**
 * Unpacks LZ4 frames, one after the other. Holds one block, of up to 4 MiB, and the 64 KiB that the next
 * one may refer to. Checksums of heads, blocks and frames are verified, where a frame has them.
 *
 * Errors: INVALID_REQUEST for what is no frame, or ends early.
 * Source: LZ4 Frame Format Description 1.6.1.
 */
export class Lz4Unpacker extends Transform {
  #rest: Buffer = Buffer.alloc(0);
  #frame: Frame | undefined;
  #history: Buffer = Buffer.alloc(0);

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      while (this.#frame === undefined ? this.#takeHead() : this.#takeBlock(this.#frame));
      done();
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  }

  override _flush(done: TransformCallback): void {
    const isWhole = this.#frame === undefined && this.#rest.length === 0;
    done(isWhole ? null : lz4Error('it ends early'));
  }

  /** Takes the head of a frame; false where it is not whole yet. */
  #takeHead(): boolean {
    const rest = this.#rest;
    if (rest.length < fixedHeadBytes) return false;
    if (rest.readUInt32LE(0) !== magic) throw lz4Error('it does not begin as one');
    const flags = rest.readUInt8(4);
    const sizeCode = (rest.readUInt8(5) >> 4) & 7;
    if (flags >> 6 !== 1 || sizeCode < 4) throw lz4Error('its version is another');
    if ((flags & 1) !== 0) throw lz4Error('it needs a dictionary');
    const headBytes = fixedHeadBytes + ((flags & 8) === 0 ? 0 : 8);
    if (rest.length < headBytes) return false;
    // Its second byte, of what lies between the magic and itself.
    const headSum = (sumOf(rest.subarray(4, headBytes - 1)) >>> 8) & 0xff;
    if (rest.readUInt8(headBytes - 1) !== headSum)
      throw lz4Error('the checksum of a head is another');
    this.#frame = {
      blockBytesMax: 1 << (8 + 2 * sizeCode),
      isLinked: (flags & 32) === 0,
      blockSumBytes: (flags & 16) === 0 ? 0 : 4,
      hash: (flags & 4) === 0 ? undefined : newHash32(),
    };
    this.#history = Buffer.alloc(0);
    this.#rest = rest.subarray(headBytes);
    return true;
  }

  /** Takes a block, or the end of the frame; false where it is not whole yet. */
  #takeBlock(frame: Frame): boolean {
    const rest = this.#rest;
    if (rest.length < 4) return false;
    const word = rest.readUInt32LE(0);
    if (word === 0) return this.#takeEnd(frame);
    const lengthBytes = word & 0x7f_ff_ff_ff;
    if (lengthBytes > frame.blockBytesMax)
      throw lz4Error('a block is larger than its frame allows');
    const endsAt = 4 + lengthBytes;
    if (rest.length < endsAt + frame.blockSumBytes) return false;
    const block = rest.subarray(4, endsAt);
    if (frame.blockSumBytes > 0 && rest.readUInt32LE(endsAt) !== sumOf(block)) {
      throw lz4Error('the checksum of a block is another');
    }
    const plain =
      word >>> 31 === 1 ? block : unpackLz4Block(block, this.#history, frame.blockBytesMax);
    if (plain === undefined) throw lz4Error('a block is damaged');
    frame.hash?.update(plain);
    this.push(plain);
    if (frame.isLinked)
      this.#history = Buffer.concat([this.#history, plain]).subarray(-windowBytes);
    this.#rest = rest.subarray(endsAt + frame.blockSumBytes);
    return true;
  }

  #takeEnd({ hash }: Frame): boolean {
    const endSumBytes = hash === undefined ? 0 : 4;
    if (this.#rest.length < 4 + endSumBytes) return false;
    if (hash !== undefined && this.#rest.readUInt32LE(4) !== hash.digest()) {
      throw lz4Error('its checksum is another');
    }
    this.#rest = this.#rest.subarray(4 + endSumBytes);
    this.#frame = undefined;
    return this.#rest.length > 0;
  }
}

interface Frame {
  blockBytesMax: number;
  /** Blocks refer to those before them. */
  isLinked: boolean;
  blockSumBytes: number;
  /** Of what the frame holds, where it has a checksum. */
  hash: XXHash<number> | undefined;
}

/** Magic, flags, block size and the head's checksum. */
const fixedHeadBytes = 7;

const magic = 0x18_4d_22_04;

const windowBytes = 64 * 1024;

function sumOf(bytes: Uint8Array): number {
  return newHash32().update(bytes).digest();
}

function lz4Error(why: string): FlashError {
  return new FlashError('INVALID_REQUEST', `The body is no LZ4 frame: ${why}`, {
    hint: 'Send it as its Content-Encoding says, or as it is.',
  });
}
