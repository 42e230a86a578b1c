import { ByteReader } from '../byte-reader.js';
import type { EventHeader, RotateEvent } from '../event.js';

/**
 * Decodes ROTATE (4): the log goes on in another file.
 *
 *     +-------------+------------------+
 *     | next offset | next file name … |
 *     | 8           | to the end       |
 *     +-------------+------------------+
 *
 * Source: MySQL 9.7 libs/mysql/binlog/event/control_events.cpp, Rotate_event.
 */
export function decodeRotate(header: EventHeader, body: Uint8Array): RotateEvent {
  const reader = new ByteReader(body, header);
  const nextOffset = reader.size64();
  return { kind: 'rotate', nextFile: reader.text(reader.remaining), nextOffset, ...header };
}
