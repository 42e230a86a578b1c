import { type IncomingMessage } from 'node:http';
import { type Readable, type Transform } from 'node:stream';
import zlib from 'node:zlib';
import { FlashError } from '../../protocol/index.js';
import { type ServerContext } from '../context.js';
import { type Share } from '../receive-budget.js';
import { Lz4Unpacker } from './lz4-unpacker.js';

/** A body, and the memory that it is counted for. */
export interface RequestBody {
  pieces: readonly Buffer[];
  /** Gives the memory back. */
  release(): void;
}

/**
 * Reads a request's body, unpacked where it is packed. All clients share one budget for it
 * (`ReceiveBudget`): beyond it a body is not read on, and its client feels a slow network.
 *
 * Errors: TOO_LARGE, TIMEOUT for one that stands still, BUSY where the budget is spent for long,
 * UNSUPPORTED for another packing, INVALID_REQUEST for packed bytes that are none.
 */
export async function readBody(
  request: IncomingMessage,
  server: ServerContext,
): Promise<RequestBody> {
  const { appendBytesMax, writeIdleTimeoutMs } = server.limits;
  const stream = unpack(request);
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
  try {
    for await (const piece of stream) {
      if (!Buffer.isBuffer(piece)) continue;
      timer.refresh();
      lengthBytes += piece.length;
      server.metrics.bytesReceived += piece.length;
      if (lengthBytes > appendBytesMax) throw tooLarge(appendBytesMax);
      await admit(share, piece.length, (resolve) => {
        waiter = resolve;
      });
      share.hold(lengthBytes);
      pieces.push(piece);
    }
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

function unpack(request: IncomingMessage): Readable {
  const packing = request.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (packing === 'identity') return request;
  const unpacker = openUnpacker(packing);
  if (unpacker === undefined) {
    throw new FlashError(
      'UNSUPPORTED',
      `Content-Encoding ${packing.slice(0, 40)} is not supported`,
      {
        hint: 'Send the data as gzip, deflate, br or lz4, or as it is.',
      },
    );
  }
  request.on('error', (error) => unpacker.destroy(error));
  return request.pipe(unpacker);
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
