import { crc32 } from 'node:zlib';
import { FlashError } from '../errors.js';
import { type BufferPool } from './buffer-pool.js';
import { frameFlags, frameTypeName, headerBytes, optionalTypeMin } from './constants.js';
import {
  decodeHeader,
  headerChecksum,
  nextSequence,
  padTo8,
  type Frame,
  type FrameHeader,
} from './frame.js';

/**
 * Turns the bytes of one direction of one connection into frames, whatever chunks they come in.
 *
 * It holds one chunk and one body at a time: never more than `bodyBytesMax` and the chunk. A frame
 * that lies in a chunk whole, its payload aligned, is given out as views of it; another one's body
 * grows as bytes come, so that what is announced and not sent costs nothing. With a pool every body
 * is of the pool, in a buffer of its own, so that chunks may be used again at once.
 *
 * Errors: PROTOCOL and TOO_LARGE; after one the connection can't go on, because where the next
 * frame begins is not known.
 */
export class FrameDecoder {
  /** Largest body that is taken. May be changed between frames. */
  bodyBytesMax: number;
  /** False once HELLO agreed to leave checksums out. */
  checksum = true;

  #sequence = 0;
  #chunk: Uint8Array = new Uint8Array(0);
  readonly #buffers: BufferPool | undefined;
  readonly #inspect: ((header: FrameHeader) => void) | undefined;
  readonly #headerBytes = new Uint8Array(headerBytes);
  #headerFilled = 0;
  #header: FrameHeader | undefined;
  #body: Uint8Array | undefined;
  #bodyFilled = 0;
  /** Checksum of what has come of the frame. */
  #sum = 0;

  /** `inspect` throws for headers that its owner refuses, before any of their bytes are kept. */
  constructor(
    bodyBytesMax: number,
    options: { buffers?: BufferPool | undefined; inspect?: (header: FrameHeader) => void } = {},
  ) {
    this.bodyBytesMax = bodyBytesMax;
    this.#buffers = options.buffers;
    this.#inspect = options.inspect;
  }

  /** Adds the bytes that follow those pushed before, all of which must have been taken by `next`. */
  push(chunk: Uint8Array): void {
    if (this.#chunk.length > 0) throw new Error('push before next gave undefined');
    this.#chunk = chunk;
  }

  /** Gives the next frame, or undefined when it needs more bytes. Skips optional unknown ones. */
  next(): Frame | undefined {
    for (;;) {
      const header = this.#header ?? this.#readHeader();
      if (header === undefined) return undefined;
      const body = this.#readBody(header);
      if (body === undefined) return undefined;
      this.#header = undefined;
      this.#headerFilled = 0;
      this.#verify(header);
      this.#sequence = nextSequence(this.#sequence);
      if (frameTypeName(header.type) !== undefined) return cutFrame(header, body);
    }
  }

  /** True between two frames: a connection that ends here ended cleanly. */
  get isIdle(): boolean {
    return this.#headerFilled === 0 && this.#chunk.length === 0;
  }

  /** Memory of the frame that is not whole yet. */
  get heldBytes(): number {
    return this.#body?.length ?? 0;
  }

  /** Gives up what is not whole, and its memory: nothing more may be pushed. */
  drop(): void {
    this.#chunk = noBytes;
    this.#body = undefined;
  }

  #readHeader(): FrameHeader | undefined {
    const missing = headerBytes - this.#headerFilled;
    const part = this.#take(Math.min(missing, this.#chunk.length));
    this.#headerBytes.set(part, this.#headerFilled);
    this.#headerFilled += part.length;
    if (this.#headerFilled < headerBytes) return undefined;
    const header = decodeHeader(this.#headerBytes);
    checkHeader(header, this.bodyBytesMax);
    this.#inspect?.(header);
    this.#header = header;
    if (this.checksum) this.#sum = headerChecksum(this.#sequence, this.#headerBytes);
    return header;
  }

  #readBody(header: FrameHeader): Uint8Array | undefined {
    if (this.#body === undefined) {
      const isWhole = this.#chunk.length >= header.bodyBytes && this.#buffers === undefined;
      if (isWhole && (!hasPayload(header) || this.#chunk.byteOffset % 8 === 0)) {
        const body = this.#take(header.bodyBytes);
        this.#addToSum(body);
        return body;
      }
      this.#body = this.#buffers?.take(header.bodyBytes) ?? noBytes;
      this.#bodyFilled = 0;
    }
    const part = this.#take(Math.min(header.bodyBytes - this.#bodyFilled, this.#chunk.length));
    const body = growBuffer(this.#body, this.#bodyFilled, part.length, header.bodyBytes);
    this.#body = body;
    body.set(part, this.#bodyFilled);
    this.#bodyFilled += part.length;
    // Part by part, while it is in the processor's cache.
    this.#addToSum(part);
    if (this.#bodyFilled < header.bodyBytes) return undefined;
    this.#body = undefined;
    return body;
  }

  #addToSum(part: Uint8Array): void {
    if (this.checksum) this.#sum = crc32(part, this.#sum);
  }

  #verify(header: FrameHeader): void {
    if (!this.checksum || this.#sum === header.checksum) return;
    throw new FlashError(
      'PROTOCOL',
      `Frame ${this.#sequence} fails its checksum: need ${hex(header.checksum)}, got ${hex(this.#sum)}`,
      { hint: 'Bytes were changed, lost or doubled on the way: connect again.' },
    );
  }

  #take(lengthBytes: number): Uint8Array {
    const part = this.#chunk.subarray(0, lengthBytes);
    this.#chunk = this.#chunk.subarray(lengthBytes);
    return part;
  }
}

const noBytes = new Uint8Array(0);

/** Small messages grow once at most. */
const growBytesMin = 4096;

/**
 * Gives a buffer that begins as `buffer` does with its `filled` bytes and has room for `more`: the
 * same one while it is large enough, else one of twice the size, at most `bytesMax`.
 */
export function growBuffer(
  buffer: Uint8Array,
  filled: number,
  more: number,
  bytesMax: number,
): Uint8Array {
  const needed = filled + more;
  if (needed <= buffer.length) return buffer;
  const larger = Math.min(bytesMax, Math.max(needed, buffer.length * 2, growBytesMin));
  const grown = new Uint8Array(larger);
  grown.set(buffer.subarray(0, filled));
  return grown;
}

function checkHeader(header: FrameHeader, bodyBytesMax: number): void {
  if (header.bodyBytes > bodyBytesMax) {
    throw new FlashError(
      'TOO_LARGE',
      `A frame of ${header.bodyBytes} bytes came, at most ${bodyBytesMax} are taken`,
      { hint: 'Keep to the frameBytesMax that the other side announced.' },
    );
  }
  if (frameTypeName(header.type) === undefined && header.type < optionalTypeMin) {
    refuse(`unknown frame type 0x${header.type.toString(16).padStart(2, '0')}`);
  }
  const known = frameFlags.more | frameFlags.jsonBody;
  if ((header.flags & ~known) !== 0) refuse(`unknown frame flags ${hex(header.flags)}`);
  if ((header.flags & frameFlags.jsonBody) !== 0) {
    if (header.metaBytes !== 0 || (header.flags & frameFlags.more) !== 0) {
      refuse('a JSON body beside a meta part');
    }
  } else if (padTo8(header.metaBytes) > header.bodyBytes) {
    refuse(`a meta part of ${header.metaBytes} bytes in a body of ${header.bodyBytes}`);
  }
}

function hasPayload(header: FrameHeader): boolean {
  const isJsonBody = (header.flags & frameFlags.jsonBody) !== 0;
  return !isJsonBody && header.bodyBytes > padTo8(header.metaBytes);
}

function cutFrame(header: FrameHeader, body: Uint8Array): Frame {
  const isJsonBody = (header.flags & frameFlags.jsonBody) !== 0;
  const metaEnd = isJsonBody ? body.length : header.metaBytes;
  return {
    type: header.type,
    streamId: header.streamId,
    more: (header.flags & frameFlags.more) !== 0,
    meta: body.subarray(0, metaEnd),
    payload: body.subarray(isJsonBody ? body.length : padTo8(header.metaBytes)),
  };
}

function refuse(what: string): never {
  throw new FlashError('PROTOCOL', `A frame header is wrong: ${what}`, {
    hint: 'The other side has a bug, or bytes were changed on the way: connect again.',
  });
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}
