import { ByteReader } from '../byte-reader.js';
import { decodeName } from '../charset-text.js';
import type { EventHeader, QueryEvent } from '../event.js';
import { inflateEventPart } from './mariadb-compressed.js';
import { readStatusVariables } from './query-status.js';

/**
 * Decodes QUERY (2): a statement as text. In row format these are BEGIN, COMMIT, SAVEPOINT, XA and DDL.
 *
 *     +-----------+---------+-----------+-------+---------------+-----------+--------------+-------+
 *     | thread id | seconds | db length | error | status length | status …  | db, zero-    | SQL … |
 *     | 4         | 4       | 1         | 2     | 2             |           | ended        |       |
 *     +-----------+---------+-----------+-------+---------------+-----------+--------------+-------+
 *
 * Source: MySQL 9.7 libs/mysql/binlog/event/statement_events.cpp, Query_event.
 */
export function decodeQuery(header: EventHeader, body: Uint8Array): QueryEvent {
  return readQuery(header, body, (statement) => statement);
}

/**
 * Decodes MariaDB's QUERY_COMPRESSED (165): a QUERY whose statement is compressed.
 *
 * Source: MariaDB 10.11 sql/log_event.cc, Query_compressed_log_event.
 */
export function decodeCompressedQuery(header: EventHeader, body: Uint8Array): QueryEvent {
  return readQuery(header, body, (statement) => inflateEventPart(header, statement));
}

function readQuery(
  header: EventHeader,
  body: Uint8Array,
  unpack: (statement: Uint8Array) => Uint8Array,
): QueryEvent {
  const reader = new ByteReader(body, header);
  reader.skip(8);
  const databaseBytes = reader.u8();
  const errorCode = reader.u16();
  const statusBytes = reader.u16();
  const status = readStatusVariables(new ByteReader(reader.take(statusBytes), header));
  const database = reader.text(databaseBytes);
  reader.skip(1);
  const sql = decodeName(unpack(reader.rest()), status.clientCollation);
  return { kind: 'query', database, sql, errorCode, ...status, ...header };
}
