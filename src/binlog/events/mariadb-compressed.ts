import { inflateSync } from 'node:zlib';
import { ByteReader } from '../byte-reader.js';
import type { EventHeader } from '../event.js';
import { eventSizeMaxBytes } from '../framing/event-size.js';
import { formatError } from '../event-error.js';

/**
 * Takes apart the compressed part of MariaDB's compressed QUERY and rows events (165 to 171).
 *
 *     +----------------------------+----------------------+-----------------+
 *     | 1 algorithm .  size bytes  | uncompressed size    | zlib stream …   |
 *     | 1 bit, 3    1  3 bits      | 1 to 4, big-endian   |                 |
 *     +----------------------------+----------------------+-----------------+
 *
 * Errors: `BINLOG_FORMAT` when it is no zlib stream of the stated size.
 * Source: MariaDB 10.11 sql/log_event.cc, binlog_buf_uncompress.
 */
export function inflateEventPart(header: EventHeader, part: Uint8Array): Uint8Array {
  const reader = new ByteReader(part, header);
  const first = reader.u8();
  const algorithm = (first & 0x70) >> 4;
  const sizeBytes = first & 0x07;
  if (algorithm !== 0 || sizeBytes === 0 || sizeBytes > 4) {
    throw reader.damaged(`a compression header of ${first}`);
  }
  let size = 0;
  for (let i = 0; i < sizeBytes; i++) size = size * 256 + reader.u8();
  if (size > eventSizeMaxBytes) throw reader.damaged(`a compressed part of ${size} bytes`);
  const inflated = inflateAtMost(header, reader.rest(), size);
  if (inflated.length !== size) {
    throw reader.damaged(`a compressed part of ${inflated.length} bytes that should be ${size}`);
  }
  return inflated;
}

function inflateAtMost(header: EventHeader, stream: Uint8Array, size: number): Uint8Array {
  try {
    return inflateSync(stream, { maxOutputLength: Math.max(1, size) });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw formatError(header, `the compressed part of the event can't be read (${reason})`);
  }
}
