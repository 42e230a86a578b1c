import { type IncomingMessage } from 'node:http';
import { type Readable, type Transform } from 'node:stream';
import zlib from 'node:zlib';
import { FlashError } from '../../protocol/index.js';
import { type ServerContext } from '../context.js';
import { type Share } from '../receive-budget.js';
import { type BodyUnpacker } from './body-unpacker.js';
import { Lz4Unpacker } from './lz4-unpacker.js';
import { NativeBlocks } from './native-blocks.js';
import { ZstdBody } from './zstd-body.js';

/** A body, and the memory that it is counted for. */
export interface RequestBody {
  pieces: readonly Buffer[];
  /** Gives the memory back. */
  release(): void;
}

/**
 * Reads a request's body, unpacked where it is packed, by its Content-Encoding or (`isInBlocks`) as
 * ClickHouse's own blocks. All clients share one budget for it
 * (`ReceiveBudget`): beyond it a body is not read on, and its client feels a slow network.
 *
 * Errors: TOO_LARGE, TIMEOUT for one that stands still, BUSY where the budget is spent for long,
 * UNSUPPORTED for another packing, INVALID_REQUEST for packed bytes that are none.
 */
export async function readBody(
  request: IncomingMessage,
  server: ServerContext,
  isInBlocks: boolean,
): Promise<RequestBody> {
  const { appendBytesMax, writeIdleTimeoutMs } = server.limits;
  const { stream, unpackers } = unpack(request, isInBlocks);
  let waiter: (() => void) | undefined;
  const share = server.received.open({
    readOn: () => {
      waiter?.();
    },
    end: (error) => request.destroy(error),
  });
  const timer = setTimeout(() => {
    request.destroy(new FlashError('TIMEOUT', `The body stood still for ${writeIdleTimeoutMs} ms`));
  }, writeIdleTimeoutMs);
  const pieces: Buffer[] = [];
  let lengthBytes = 0;
  const take = async (piece: Buffer): Promise<void> => {
    lengthBytes += piece.length;
    if (lengthBytes > appendBytesMax) throw tooLarge(appendBytesMax);
    await admit(share, piece.length, (resolve) => {
      waiter = resolve;
    });
    share.hold(lengthBytes + heldBytesOf(unpackers));
    pieces.push(piece);
  };
  try {
    for await (const piece of stream) {
      if (!Buffer.isBuffer(piece)) continue;
      timer.refresh();
      server.metrics.bytesReceived += piece.length;
      await feed(unpackers, piece, take);
      share.hold(lengthBytes + heldBytesOf(unpackers));
      if (heldBytesOf(unpackers) > appendBytesMax) throw tooLarge(appendBytesMax);
    }
    await feedEnd(unpackers, take);
  } catch (error) {
    share.close();
    throw toBodyError(error);
  } finally {
    clearTimeout(timer);
  }
  share.use(lengthBytes);
  share.hold(0);
  return {
    pieces,
    release: () => {
      share.close();
    },
  };
}

async function admit(
  share: Share,
  lengthBytes: number,
  wait: (resolve: () => void) => void,
): Promise<void> {
  while (!share.admit(lengthBytes)) await new Promise<void>(wait);
}

type Take = (piece: Buffer) => Promise<void>;

function heldBytesOf(unpackers: readonly BodyUnpacker[]): number {
  return unpackers.reduce((sum, { heldBytes }) => sum + heldBytes, 0);
}

/** Sends a piece through the unpackers, one after the other. */
async function feed(unpackers: readonly BodyUnpacker[], piece: Buffer, take: Take): Promise<void> {
  const [first, ...rest] = unpackers;
  if (first === undefined) {
    await take(piece);
    return;
  }
  for (const plain of first.feed(piece)) await feed(rest, plain, take);
}

async function feedEnd(unpackers: readonly BodyUnpacker[], take: Take): Promise<void> {
  const [first, ...rest] = unpackers;
  if (first === undefined) return;
  for (const plain of first.end()) {
    await feed(rest, plain, take);
    // Unpacking is work of this thread: others have their turn in between.
    await new Promise(setImmediate);
  }
  await feedEnd(rest, take);
}

interface Unpacked {
  stream: Readable;
  /** What the stream goes through after it. */
  unpackers: readonly BodyUnpacker[];
}

function unpack(request: IncomingMessage, isInBlocks: boolean): Unpacked {
  const packing = request.headers['content-encoding']?.toLowerCase() ?? 'identity';
  const blocks = isInBlocks ? [new NativeBlocks()] : [];
  if (packing === 'identity') return { stream: request, unpackers: blocks };
  if (packing === 'zstd') return { stream: request, unpackers: [new ZstdBody(), ...blocks] };
  const unpacker = openUnpacker(packing);
  if (unpacker === undefined) {
    throw new FlashError(
      'UNSUPPORTED',
      `Content-Encoding ${packing.slice(0, 40)} is not supported`,
      { hint: 'Send the data as gzip, deflate, br, lz4 or zstd, or as it is.' },
    );
  }
  request.on('error', (error) => unpacker.destroy(error));
  return { stream: request.pipe(unpacker), unpackers: blocks };
}

function openUnpacker(packing: string): Transform | undefined {
  switch (packing) {
    case 'gzip':
    case 'x-gzip':
      return zlib.createGunzip();
    case 'deflate':
      return zlib.createInflate();
    case 'lz4':
      return new Lz4Unpacker();
    case 'br':
      return zlib.createBrotliDecompress();
    default:
      return undefined;
  }
}

function tooLarge(bytesMax: number): FlashError {
  return new FlashError('TOO_LARGE', `The body is larger than ${bytesMax} bytes`, {
    hint: 'Send the rows in several INSERTs.',
  });
}

function toBodyError(error: unknown): FlashError {
  if (error instanceof FlashError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.startsWith('Z_') || code.startsWith('ERR__ERROR_FORMAT')) {
    return new FlashError(
      'INVALID_REQUEST',
      'The body is not packed as its Content-Encoding says',
      {
        cause: error,
      },
    );
  }
  return new FlashError('CANCELLED', 'The client went away', { cause: error });
}
