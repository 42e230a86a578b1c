import { ByteReader } from '../byte-reader.js';
import type { EventHeader, XaPrepareEvent } from '../event.js';

/** XIDDATASIZE of the XA specification: both parts of an XID together. */
const xidMaxBytes = 128;

/**
 * Decodes XA_PREPARE (38): the transaction's rows wait for an XA COMMIT or XA ROLLBACK of this XID.
 *
 *     +-----------+-----------+--------------+--------------+---------+---------+
 *     | one phase | format id | gtrid length | bqual length | gtrid … | bqual … |
 *     | 1         | 4         | 4            | 4            |         |         |
 *     +-----------+-----------+--------------+--------------+---------+---------+
 *
 * Source: MySQL 9.7 libs/mysql/binlog/event/control_events.cpp, XA_prepare_event;
 * sql/xa.h, serialize_xid, for the text.
 */
export function decodeXaPrepare(header: EventHeader, body: Uint8Array): XaPrepareEvent {
  const reader = new ByteReader(body, header);
  const onePhase = reader.u8() !== 0;
  const formatId = reader.i32();
  const gtridBytes = reader.u32();
  const bqualBytes = reader.u32();
  if (gtridBytes + bqualBytes > xidMaxBytes) {
    throw reader.damaged(`an XID of ${gtridBytes + bqualBytes} bytes`);
  }
  const gtrid = Buffer.from(reader.take(gtridBytes)).toString('hex');
  const bqual = Buffer.from(reader.take(bqualBytes)).toString('hex');
  return { ...header, kind: 'xa-prepare', xid: `X'${gtrid}',X'${bqual}',${formatId}`, onePhase };
}
