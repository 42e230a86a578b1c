import { ByteReader } from '../byte-reader.js';
import type { EventHeader, GtidEvent } from '../event.js';
import { uuidText } from './gtid.js';
import { SerializationReader } from './serialization-reader.js';

/** Field numbers of the message, in order; those after the tag say nothing that TheFlash needs. */
const fields = { flags: 0, uuid: 1, transactionNumber: 2, tag: 3 } as const;
/** Longest tag of a GTID, in characters. */
const tagMaxBytes = 32;

/**
 * Decodes GTID_TAGGED (42, MySQL 8.3): as GTID, with a tag between source and number.
 *
 *     +---------+--------------+--------------------+----------+---------+----------+-----
 *     | version | message size | last field that    | field no | value … | field no | …
 *     |         |              | must be understood |          |         |          |
 *     +---------+--------------+--------------------+----------+---------+----------+-----
 *
 * Source: MySQL 9.7 libs/mysql/binlog/event/control_events.h, Gtid_event::define_fields.
 */
export function decodeGtidTagged(header: EventHeader, body: Uint8Array): GtidEvent {
  const reader = new ByteReader(body, header);
  const message = new SerializationReader(reader);
  const version = message.small();
  if (version !== 1) throw reader.damaged(`a GTID message of version ${version}`);
  message.small();
  message.small();
  expectField(message.small(), fields.flags, reader);
  message.byteArray(1);
  expectField(message.small(), fields.uuid, reader);
  const uuid = uuidText(message.byteArray(16));
  expectField(message.small(), fields.transactionNumber, reader);
  const transactionNumber = message.signed();
  expectField(message.small(), fields.tag, reader);
  const tag = message.text();
  if (tag.length > tagMaxBytes) throw reader.damaged(`a GTID tag of ${tag.length} characters`);
  const source = tag === '' ? uuid : `${uuid}:${tag}`;
  return { ...header, kind: 'gtid', gtid: `${source}:${transactionNumber}`, standalone: false };
}

function expectField(found: number, wanted: number, reader: ByteReader): void {
  if (found !== wanted) throw reader.damaged(`GTID field ${found} where ${wanted} must stand`);
}
