import { FlashError } from '../../protocol/index.js';
import { unpackZstd } from '../../binlog/zstd/index.js';
import { type BodyUnpacker } from './body-unpacker.js';
import { cityHash128 } from './city-hash.js';
import { unpackLz4Block } from './lz4-block.js';
import { packLz4Block } from './lz4-pack.js';

/**
 * Packs bytes as a block of ClickHouse's own, as `compress=1` asks for:
 *
 *     CityHash128 of what follows (16) | method (1) | bytes from here-1 on (4) | plain bytes (4) | data
 *
 * Source: ClickHouse src/Compression, ICompressionCodec and CompressedWriteBuffer.
 */
export function packNativeBlock(bytes: Buffer): Buffer {
  const data = packLz4Block(bytes);
  const body = Buffer.allocUnsafe(headBytes + data.length);
  body.writeUInt8(methods.lz4, 0);
  body.writeUInt32LE(body.length, 1);
  body.writeUInt32LE(bytes.length, 5);
  data.copy(body, headBytes);
  return Buffer.concat([cityHash128(body), body]);
}

/**
 * Unpacks such blocks, as `decompress=1` announces them. Holds one block: no larger than
 * `blockBytesMax`, packed or plain, and no plainer than its packed bytes can give.
 *
 * Errors: UNSUPPORTED for another codec than LZ4, ZSTD and none; INVALID_REQUEST, with
 * CHECKSUM_DOESNT_MATCH (40) or CANNOT_DECOMPRESS (271).
 */
export class NativeBlocks implements BodyUnpacker {
  #pieces: Buffer[] = [];
  #length = 0;
  #needed = sumBytes + headBytes;

  get heldBytes(): number {
    return this.#length;
  }

  *feed(piece: Buffer): Generator<Buffer> {
    this.#pieces.push(piece);
    this.#length += piece.length;
    while (this.#length >= this.#needed) {
      let rest = Buffer.concat(this.#pieces);
      const head = readHead(rest);
      this.#needed = sumBytes + head.packedBytes;
      if (rest.length >= this.#needed) {
        yield unpackBlock(rest.subarray(0, this.#needed), head);
        rest = rest.subarray(this.#needed);
        this.#needed = sumBytes + headBytes;
      }
      this.#pieces = [rest];
      this.#length = rest.length;
    }
  }

  /** Gives nothing more. Errors: where a block is not whole. */
  *end(): Generator<Buffer> {
    if (this.#length > 0) throw blockError('the last block is not whole');
    yield* [];
  }
}

interface Head {
  method: number;
  packedBytes: number;
  plainBytes: number;
}

function readHead(bytes: Buffer): Head {
  const method = bytes.readUInt8(sumBytes);
  const packedBytes = bytes.readUInt32LE(sumBytes + 1);
  const plainBytes = bytes.readUInt32LE(sumBytes + 5);
  if (!known.has(method)) {
    throw new FlashError(
      'UNSUPPORTED',
      `A packed block of the codec 0x${method.toString(16)} is not supported`,
      { hint: 'Pack blocks with LZ4 or ZSTD, or leave decompress=1 out.' },
    );
  }
  if (packedBytes < headBytes) throw blockError('a block is shorter than its own head');
  if (Math.max(packedBytes, plainBytes) > blockBytesMax) {
    throw new FlashError('TOO_LARGE', `A packed block has more than ${blockBytesMax} bytes`, {
      hint: 'Pack the data in smaller blocks; ClickHouse takes 1 MiB.',
    });
  }
  // No byte of LZ4 gives more than 255.
  if (method === methods.lz4 && plainBytes > 255 * packedBytes) {
    throw blockError('a block says to hold more than it can');
  }
  return { method, packedBytes, plainBytes };
}

function unpackBlock(block: Buffer, { method, plainBytes }: Head): Buffer {
  const body = block.subarray(sumBytes);
  if (!cityHash128(body).equals(block.subarray(0, sumBytes))) {
    throw blockError('the checksum of a block is another', checksumDoesntMatch);
  }
  const plain = unpackData(body.subarray(headBytes), method, plainBytes);
  if (plain?.length !== plainBytes) throw blockError('a block is damaged');
  return plain;
}

function unpackData(data: Buffer, method: number, plainBytes: number): Buffer | undefined {
  if (method === methods.none) return Buffer.from(data);
  if (method === methods.lz4) return unpackLz4Block(data, Buffer.alloc(0), plainBytes);
  const pieces: Buffer[] = [];
  let length = 0;
  for (const piece of unpackZstd(data)) {
    length += piece.length;
    if (length > plainBytes) return undefined;
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces);
}

const methods = { none: 0x02, lz4: 0x82, zstd: 0x90 } as const;
const known: ReadonlySet<number> = new Set(Object.values(methods));

const sumBytes = 16;
const headBytes = 9;

/** ClickHouse's clients take 64 KiB to 10 MiB. */
const blockBytesMax = 16 * 1024 * 1024;

const checksumDoesntMatch = 40;
const cannotDecompress = 271;

function blockError(why: string, engineCode = cannotDecompress): FlashError {
  return new FlashError('INVALID_REQUEST', `The body is not packed as decompress=1 says: ${why}`, {
    hint: "Send blocks of ClickHouse's own packing, or leave decompress=1 out.",
    place: { engineCode },
  });
}
