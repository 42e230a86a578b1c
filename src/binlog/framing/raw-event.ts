import type { EventHeader } from '../event.js';

/** An event as it stands in the log, cut out and checked, not yet understood. */
export interface RawEvent {
  header: EventHeader;
  /**
   * What follows the common header, without the checksum. A view: valid until the reader goes on.
   */
  body: Uint8Array;
}

/** Size of the common header of binary log format v4. */
export const headerBytes = 19;
/** Size of the CRC32 after each event. */
export const checksumBytes = 4;

/**
 * Reads the common header at `start`.
 *
 *     0        4      5           9            13          17      19
 *     +--------+------+-----------+------------+-----------+-------+----
 *     | time   | type | server id | event size | next pos  | flags | body …
 *     +--------+------+-----------+------------+-----------+-------+----
 *
 * `next pos` is read by `readNextPosition`.
 * Source: MySQL 9.7 libs/mysql/binlog/event/binlog_event.cpp, Log_event_header.
 */
export function readHeader(
  view: DataView,
  start: number,
  file: string,
  offset: number,
): EventHeader {
  return {
    timeSeconds: view.getUint32(start, true),
    type: view.getUint8(start + 4),
    serverId: view.getUint32(start + 5, true),
    flags: view.getUint16(start + 17, true),
    file,
    offset,
    endOffset: offset + readEventSize(view, start),
  };
}

/** The event size of the common header at `start`: header, body and checksum. */
export function readEventSize(view: DataView, start: number): number {
  return view.getUint32(start + 9, true);
}

/**
 * Where the next event begins, as the server says: an offset in the log modulo 4 GiB, or 0 where it does not say.
 *
 * It says so of every event of a binary log (MySQL 5.6 to 9.7 with GTIDs and without, compressed transactions and Group
 * Replication; MariaDB 10.11), but MariaDB from 11.4, which leaves it out inside of transactions. In relay logs it is an
 * offset in the log of the replica's source.
 */
export function readNextPosition(view: DataView, start: number): number {
  return view.getUint32(start + 13, true);
}
