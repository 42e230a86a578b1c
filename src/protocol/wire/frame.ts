import { crc32 } from 'node:zlib';
import { FlashError } from '../errors.js';
import { combineCrc32 } from './crc32-combine.js';
import { frameFlags, headerBytes, metaBytesMax, wireLimits } from './constants.js';

/**
 * A frame as it came, its JSON still text.
 *
 * Owns: `meta` and `payload` are views, into the frame's own buffer or a chunk that was pushed; the
 * decoder never writes to them again. The payload begins at a multiple of 8 bytes, as Arrow wants.
 */
export interface Frame {
  type: number;
  streamId: number;
  /** True when the payload goes on in the next frame. */
  more: boolean;
  meta: Uint8Array;
  payload: Uint8Array;
}

/** The fields of a frame header. Units: lengths in bytes. */
export interface FrameHeader {
  bodyBytes: number;
  type: number;
  flags: number;
  metaBytes: number;
  streamId: number;
  checksum: number;
}

/** What a frame is made of. `meta` is JSON text in UTF-8, empty for none. */
export interface FrameParts {
  type: number;
  streamId: number;
  more?: boolean;
  meta: Uint8Array;
  payload?: Uint8Array;
  /** CRC-32 of the payload, where it is known. */
  payloadSum?: number | undefined;
}

/**
 * Turns frames into bytes for one direction of one connection. It counts them, because each
 * frame's checksum covers its number: a lost, doubled or moved frame is found by that.
 */
export class FrameEncoder {
  /** False leaves checksums out, as HELLO may agree. */
  checksum = true;
  #sequence = 0;

  /**
   * Gives the bytes of a frame in pieces to be sent one after the other. The payload is the last
   * piece, uncopied.
   *
   * ```
   * +--------------+----------+-----------+--------------+---------------+--------------+
   * | body (u32)   | type (1) | flags (1) | meta (u16)   | stream (u32)  | crc (u32)    |
   * +--------------+----------+-----------+--------------+---------------+--------------+
   * | meta, padded with zeros to 8 | payload                                             |
   * +------------------------------+----------------------------------------------------+
   * ```
   * Units: little-endian; lengths in bytes, `body` without the header.
   * Errors: TOO_LARGE for JSON beside a payload that is longer than the meta length can say.
   */
  encode(parts: FrameParts): readonly Uint8Array[] {
    const payload = parts.payload ?? empty;
    const jsonBody = parts.meta.length > metaBytesMax;
    if (parts.meta.length > wireLimits.jsonBytesMax || (jsonBody && payload.length > 0)) {
      throw new FlashError('TOO_LARGE', `A message's JSON part has ${parts.meta.length} bytes`, {
        hint: `At most ${wireLimits.jsonBytesMax} bytes are allowed, beside a payload ${metaBytesMax}.`,
      });
    }
    const metaPadded = jsonBody ? parts.meta.length : padTo8(parts.meta.length);
    const head = new Uint8Array(headerBytes + metaPadded);
    const view = new DataView(head.buffer);
    const flags =
      (parts.more === true ? frameFlags.more : 0) | (jsonBody ? frameFlags.jsonBody : 0);
    view.setUint32(0, metaPadded + payload.length, true);
    view.setUint8(4, parts.type);
    view.setUint8(5, flags);
    view.setUint16(6, jsonBody ? 0 : parts.meta.length, true);
    view.setUint32(8, parts.streamId, true);
    head.set(parts.meta, headerBytes);
    if (this.checksum) {
      const sum = crc32(head.subarray(headerBytes), headerChecksum(this.#sequence, head));
      const whole =
        parts.payloadSum === undefined
          ? crc32(payload, sum)
          : combineCrc32(sum, parts.payloadSum, payload.length);
      view.setUint32(12, whole, true);
    }
    this.#sequence = nextSequence(this.#sequence);
    return payload.length === 0 ? [head] : [head, payload];
  }
}

/**
 * Gives the CRC-32 that a frame's begins with: over its number in its direction (u32, the first
 * frame 0, not sent) and the first 12 bytes of its header. The body follows.
 */
export function headerChecksum(sequence: number, header: Uint8Array): number {
  const number = new Uint8Array(4);
  new DataView(number.buffer).setUint32(0, sequence, true);
  return crc32(header.subarray(0, 12), crc32(number));
}

/** The number after `sequence`; the numbers wrap at 2^32. */
export function nextSequence(sequence: number): number {
  return (sequence + 1) >>> 0;
}

/** Decodes the 16 bytes of a frame header; whether they make sense is the decoder's to check. */
export function decodeHeader(bytes: Uint8Array): FrameHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  return {
    bodyBytes: view.getUint32(0, true),
    type: view.getUint8(4),
    flags: view.getUint8(5),
    metaBytes: view.getUint16(6, true),
    streamId: view.getUint32(8, true),
    checksum: view.getUint32(12, true),
  };
}

/** Rounds a length up to a multiple of 8. */
export function padTo8(lengthBytes: number): number {
  return (lengthBytes + 7) & ~7;
}

const empty = new Uint8Array(0);
