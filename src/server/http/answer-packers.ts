import { Transform, type TransformCallback } from 'node:stream';
import { packLz4Block } from './lz4-pack.js';
import { packNativeBlock } from './native-blocks.js';

/** Packs what it is given in ClickHouse's own blocks, each piece for itself. */
export class BlockPacker extends Transform {
  override _transform(bytes: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    for (const piece of piecesOf(bytes)) this.push(packNativeBlock(piece));
    done();
  }
}

/**
 * Packs an LZ4 frame, each piece a block that refers to no other.
 *
 * Source: LZ4 Frame Format Description 1.6.1.
 */
export class Lz4Packer extends Transform {
  #hasBegun = false;

  override _transform(bytes: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#begin();
    for (const piece of piecesOf(bytes)) this.#packBlock(piece);
    done();
  }

  override _flush(done: TransformCallback): void {
    this.#begin();
    this.push(Buffer.alloc(4));
    done();
  }

  #begin(): void {
    if (!this.#hasBegun) this.push(frameHead);
    this.#hasBegun = true;
  }

  #packBlock(piece: Buffer): void {
    const packed = packLz4Block(piece);
    const isSmaller = packed.length < piece.length;
    const size = Buffer.alloc(4);
    size.writeUInt32LE(isSmaller ? packed.length : (piece.length | plainMark) >>> 0);
    this.push(size);
    // The caller uses its buffer again.
    this.push(isSmaller ? packed : Buffer.from(piece));
  }
}

function* piecesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    yield bytes.subarray(at, at + pieceBytes);
  }
}

/** As an answer's buffers, and no more than a block of the frame may have. */
const pieceBytes = 512 * 1024;

/** Magic; version 1, independent blocks; blocks of 1 MiB at most; the checksum of these two bytes. */
const frameHead = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x60, 0x51]);

/** Set in the size of a block that is not packed. */
const plainMark = 0x80_00_00_00;
