import { ByteReader } from '../byte-reader.js';
import type { EventHeader, GtidEvent, GtidListEvent } from '../event.js';

/** FL_STANDALONE: one statement, without a COMMIT after it. */
const standaloneFlag = 0x1;
/** FL_PREPARED_XA: the transaction ends with an XA PREPARE. */
const preparedXaFlag = 0x40;
/** The upper four bits of GTID_LIST's count are flags. */
const countMask = 0x0fff_ffff;

/**
 * Decodes MariaDB's GTID (162), which opens a transaction in place of BEGIN.
 *
 *     +-------------+-----------+-------+-----------------------------+
 *     | sequence no | domain id | flags | group commit id, XA id, …   |
 *     | 8           | 4         | 1     | not read                    |
 *     +-------------+-----------+-------+-----------------------------+
 *
 * Source: MariaDB 10.11 sql/log_event.cc, Gtid_log_event::Gtid_log_event.
 */
export function decodeMariadbGtid(header: EventHeader, body: Uint8Array): GtidEvent {
  const reader = new ByteReader(body, header);
  const sequenceNumber = reader.u64();
  const domain = reader.u32();
  const flags = reader.u8();
  return {
    kind: 'gtid',
    gtid: `${domain}-${header.serverId}-${sequenceNumber}`,
    standalone: (flags & standaloneFlag) !== 0,
    ...((flags & preparedXaFlag) === 0 ? {} : { preparesXa: true }),
    ...header,
  };
}

/**
 * Decodes MariaDB's GTID_LIST (163): the last GTID of each domain and server in earlier logs.
 *
 *     +--------------+-----------------------------------------------------+
 *     | count, flags | for each: domain id 4, server id 4, sequence no 8   |
 *     | 4            |                                                     |
 *     +--------------+-----------------------------------------------------+
 *
 * Source: MariaDB 10.11 sql/log_event.cc, Gtid_list_log_event::Gtid_list_log_event.
 */
export function decodeMariadbGtidList(header: EventHeader, body: Uint8Array): GtidListEvent {
  const reader = new ByteReader(body, header);
  const count = reader.u32() & countMask;
  const gtids: string[] = [];
  for (let i = 0; i < count; i++) {
    const domain = reader.u32();
    const server = reader.u32();
    gtids.push(`${domain}-${server}-${reader.u64()}`);
  }
  return { kind: 'gtid-list', gtidSet: gtids.join(','), ...header };
}
