import { ByteReader } from '../byte-reader.js';
import type { EventHeader } from '../event.js';
import { formatError, unsupportedError } from '../event-error.js';
import { eventSizeMaxBytes } from '../framing/event-size.js';
import { PendingBytes } from '../framing/pending-bytes.js';
import { headerBytes, readEventSize, readHeader, type RawEvent } from '../framing/raw-event.js';
import { unpackZstd } from '../zstd/index.js';

const fields = { end: 0, payloadSize: 1, compression: 2, uncompressedSize: 3 } as const;
const compressions = { zstd: 0, none: 255 } as const;

/**
 * Unpacks TRANSACTION_PAYLOAD (40): the events of one transaction, compressed together.
 *
 *     +--------------------------------------------+---------+------------------------+
 *     | fields: type packed, length packed, value  | 0       | payload: events,       |
 *     | 1 payload size, 2 compression, 3 size of   | the end | each with its header,  |
 *     | the uncompressed payload                   |         | none with a checksum   |
 *     +--------------------------------------------+---------+------------------------+
 *
 * Shape: the inner events in order, with file and offsets of the outer one: reading can only go on
 * after all of them.
 * Owns: an inner event is valid until the next one is asked for. The payload is decompressed while
 * it is read; what is held is one and a half zstd windows (at most 192 MiB) and the event at hand.
 * Errors: `BINLOG_FORMAT` for a broken payload, `UNSUPPORTED` for another compression.
 * Source: MySQL 9.7 libs/mysql/binlog/event/codecs/binary.cpp, Transaction_payload.
 */
export function* unpackTransaction(
  header: EventHeader,
  body: Uint8Array,
): Generator<RawEvent, void, undefined> {
  const { compression, uncompressedSize, payload } = readPayload(header, body);
  if (compression !== compressions.zstd && compression !== compressions.none) {
    throw unsupportedError(
      header,
      `TRANSACTION_PAYLOAD has compression ${compression}`,
      'TheFlash reads zstd and uncompressed payloads.',
    );
  }
  const cutter = new InnerCutter(header);
  let size = 0;
  for (const part of compression === compressions.none ? [payload] : inflate(header, payload)) {
    size += part.length;
    if (uncompressedSize !== undefined && size > uncompressedSize) break;
    yield* cutter.push(part);
  }
  if (uncompressedSize !== undefined && size !== uncompressedSize) {
    throw formatError(header, `the transaction unpacks to another size than ${uncompressedSize}`);
  }
  cutter.finish();
}

function readPayload(
  header: EventHeader,
  body: Uint8Array,
): { compression: number; uncompressedSize: number | undefined; payload: Uint8Array } {
  const reader = new ByteReader(body, header);
  let compression: number = compressions.none;
  let uncompressedSize: number | undefined;
  let payloadSize: number | undefined;
  for (let type = reader.packedInt(); type !== fields.end; type = reader.packedInt()) {
    const value = new ByteReader(reader.take(reader.packedInt()), header);
    if (type === fields.payloadSize) payloadSize = value.packedInt();
    else if (type === fields.compression) compression = value.packedInt();
    else if (type === fields.uncompressedSize) uncompressedSize = value.packedInt();
  }
  const payload = reader.take(payloadSize ?? reader.remaining);
  return { compression, uncompressedSize, payload };
}

function* inflate(header: EventHeader, payload: Uint8Array): Generator<Uint8Array> {
  try {
    yield* unpackZstd(payload);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw formatError(header, `the zstd stream of the transaction is broken (${reason})`);
  }
}

/** Cuts the unpacked bytes into events. */
class InnerCutter {
  private readonly outer: EventHeader;
  private readonly pending = new PendingBytes();
  private wanted = headerBytes;

  constructor(outer: EventHeader) {
    this.outer = outer;
  }

  *push(part: Uint8Array): Generator<RawEvent, void, undefined> {
    let at = 0;
    while (at < part.length) {
      at += this.pending.fillTo(this.wanted, part, at);
      if (this.pending.length < this.wanted) return;
      if (this.wanted === headerBytes) this.wanted = this.checkSize();
      if (this.pending.length < this.wanted) continue;
      const header = readHeader(this.pending.view, 0, this.outer.file, this.outer.offset);
      header.endOffset = this.outer.endOffset;
      yield { header, body: this.pending.bytes.subarray(headerBytes, this.wanted) };
      this.pending.clear();
      this.wanted = headerBytes;
    }
  }

  finish(): void {
    if (this.pending.length > 0)
      throw formatError(this.outer, 'the transaction ends inside an event');
  }

  private checkSize(): number {
    const size = readEventSize(this.pending.view, 0);
    if (size < headerBytes || size > eventSizeMaxBytes) {
      throw formatError(this.outer, `the transaction holds an event of ${size} bytes`);
    }
    return size;
  }
}
