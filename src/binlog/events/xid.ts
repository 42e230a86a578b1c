import { ByteReader } from '../byte-reader.js';
import type { EventHeader, XidEvent } from '../event.js';

/**
 * Decodes XID (16): a transaction is committed. The body is the server's 8-byte number for it.
 *
 * Source: MySQL 9.7 libs/mysql/binlog/event/control_events.cpp, Xid_event.
 */
export function decodeXid(header: EventHeader, body: Uint8Array): XidEvent {
  return { kind: 'xid', xid: new ByteReader(body, header).u64(), ...header };
}
