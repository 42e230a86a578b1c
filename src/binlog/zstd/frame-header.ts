import { ZstdError } from './zstd-error.js';

/** The window of zstd's highest level (22), which is the largest that MySQL can be told to use. */
const windowMaxBytes = 2 ** 27;
const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;

export interface FrameHeader {
  windowBytes: number;
  contentSize: number | undefined;
  hasChecksum: boolean;
  /** Where the first block starts. */
  next: number;
}

/**
 * Reads the header of a frame.
 *
 *     +-------+------------------------------------------+-------------------+---------+---------+
 *     | magic | content-size kind 2 bits, single segment | window: exponent  | dict id | content |
 *     | 4     | 1, unused 1, 0, checksum 1, dict kind 2  | 5 bits, mantissa 3| 0 to 4  | size    |
 *     +-------+------------------------------------------+-------------------+---------+---------+
 *
 * A single-segment frame has no window byte: its window is the content size.
 * Errors: `ZstdError`, also for a window over 128 MiB and for a dictionary.
 * Source: RFC 8878, section 3.1.1.1.
 */
export function readFrameHeader(source: Uint8Array, start: number): FrameHeader {
  if (readNumber(source, start, 4) !== frameMagic) throw new ZstdError('it is no zstd stream');
  const descriptor = source[start + 4] ?? 0;
  if ((descriptor & 0x08) !== 0) throw new ZstdError('reserved bits are set');
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeKind = descriptor >> 6;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeBytes = sizeKind === 0 ? (isSingleSegment ? 1 : 0) : 1 << sizeKind;
  const windowAt = start + 5;
  const dictionaryAt = isSingleSegment ? windowAt : windowAt + 1;
  const sizeAt = dictionaryAt + dictionaryBytes;
  const next = sizeAt + sizeBytes;
  if (next > source.length) throw new ZstdError('it ends early');
  if (readNumber(source, dictionaryAt, dictionaryBytes) !== 0) {
    throw new ZstdError('it needs a dictionary');
  }
  const contentSize =
    sizeBytes === 0
      ? undefined
      : readNumber(source, sizeAt, sizeBytes) + (sizeKind === 1 ? 256 : 0);
  const windowBytes = isSingleSegment ? (contentSize ?? 0) : windowOf(source[windowAt] ?? 0);
  if (windowBytes > windowMaxBytes) {
    throw new ZstdError(`a window of ${windowBytes} bytes, where MySQL uses 128 MiB at most`);
  }
  return { windowBytes, contentSize, hasChecksum: (descriptor & 0x04) !== 0, next };
}

/** Where a frame that holds nothing ends; undefined where another frame starts. */
export function skippableFrameEnd(source: Uint8Array, start: number): number | undefined {
  if (start + 8 > source.length) return undefined;
  const magic = readNumber(source, start, 4);
  if (magic < skippableMagic || magic > skippableMagic + 15) return undefined;
  const end = start + 8 + readNumber(source, start + 4, 4);
  if (end > source.length) throw new ZstdError('it ends early');
  return end;
}

function windowOf(byte: number): number {
  const base = 2 ** (10 + (byte >> 3));
  return base + (base / 8) * (byte & 7);
}

/** A little-endian number; one of 8 bytes is as exact as a size in memory has to be. */
function readNumber(source: Uint8Array, at: number, bytes: number): number {
  let value = 0;
  for (let i = bytes - 1; i >= 0; i--) value = value * 256 + (source[at + i] ?? 0);
  return value;
}
