import { ByteReader } from '../byte-reader.js';
import type { EventHeader, GtidEvent } from '../event.js';
import { eventTypes } from '../event-types.js';

/**
 * Decodes GTID (33) and ANONYMOUS_GTID (34), which open a transaction.
 *
 *     +-------+-----------+----------------+---------------------------------+
 *     | flags | source id | transaction no | logical clock, times, sizes …   |
 *     | 1     | 16        | 8              | not read                        |
 *     +-------+-----------+----------------+---------------------------------+
 *
 * Source: MySQL 9.7 libs/mysql/binlog/event/control_events.cpp, Gtid_event.
 */
export function decodeGtid(header: EventHeader, body: Uint8Array): GtidEvent {
  const reader = new ByteReader(body, header);
  reader.skip(1);
  const uuid = uuidText(reader.take(16));
  const transactionNumber = reader.i64();
  const anonymous = header.type === eventTypes.anonymousGtid;
  return {
    kind: 'gtid',
    gtid: anonymous ? undefined : `${uuid}:${transactionNumber}`,
    standalone: false,
    ...header,
  };
}

/** 16 bytes in the usual text form of a UUID. */
export function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}
