import { ByteReader } from '../byte-reader.js';
import { formatError, unsupportedError, type EventPlace } from '../event-error.js';

/** The window of zstd's highest level (22), which is the largest that MySQL can be told to use. */
const windowMaxBytes = 2 ** 27;
const frameMagic = 0xfd2fb528;

/**
 * Checks that a zstd frame can be unpacked in bounded memory, before anything is allocated for it.
 *
 *     +-------+------------------------------------------+-------------------+---------+---------+
 *     | magic | content-size kind 2 bits, single segment | window: exponent  | dict id | content |
 *     | 4     | 1, unused 2, checksum 1, dict kind 2     | 5 bits, mantissa 3| 0 to 4  | size    |
 *     +-------+------------------------------------------+-------------------+---------+---------+
 *
 * A single-segment frame has no window byte: its window is the content size.
 * Errors: `BINLOG_FORMAT` when it is no zstd frame, `UNSUPPORTED` for a window over 128 MiB.
 * Source: RFC 8878, section 3.1.1.
 */
export function checkZstdWindow(place: EventPlace, frame: Uint8Array): void {
  const reader = new ByteReader(frame, place);
  if (reader.u32() !== frameMagic) throw formatError(place, 'the transaction is no zstd stream');
  const descriptor = reader.u8();
  const windowBytes =
    (descriptor & 0x20) === 0 ? readWindow(reader) : readContentSize(reader, descriptor);
  if (windowBytes > windowMaxBytes) {
    throw unsupportedError(
      place,
      `the compressed transaction needs a zstd window of ${windowBytes} bytes`,
      'TheFlash allows 128 MiB, the most that MySQL uses.',
    );
  }
}

function readWindow(reader: ByteReader): number {
  const byte = reader.u8();
  const base = 2 ** (10 + (byte >> 3));
  return base + (base / 8) * (byte & 7);
}

function readContentSize(reader: ByteReader, descriptor: number): number {
  const dictionaryKind = descriptor & 3;
  reader.skip(dictionaryKind === 3 ? 4 : dictionaryKind);
  switch (descriptor >> 6) {
    case 0:
      return reader.u8();
    case 1:
      return reader.u16() + 256;
    case 2:
      return reader.u32();
    default:
      return reader.size64();
  }
}
