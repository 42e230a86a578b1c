import { ByteReader } from '../byte-reader.js';
import type { EventHeader, FormatDescriptionEvent } from '../event.js';
import { formatError, unsupportedError, type EventPlace } from '../event-error.js';

/** The log was not closed: its server is still writing it, or crashed. */
export const inUseFlag = 0x1;

/** The log is a replica's relay log, and this event its own; events of its source follow, with their own description. */
export const relayLogFlag = 0x40;

const serverVersionBytes = 50;
/** After the binlog version. */
const serverVersionStart = 2;

/**
 * Decodes FORMAT_DESCRIPTION (15), the first event of each log, which says how to read the others.
 *
 *     +---------+----------------+---------+-------------+--------------------+-----------+
 *     | version | server version | created | header size | post-header sizes  | checksum  |
 *     | 2       | 50, zero-ended | 4       | 1           | one byte per type  | algorithm |
 *     +---------+----------------+---------+-------------+--------------------+-----------+
 *
 * The last byte is there from MySQL 5.6.1 and MariaDB 5.3; a CRC32 follows it in any case, which
 * `body` must not hold.
 * Errors: `UNSUPPORTED` for formats before v4 (MySQL 5.0); `BINLOG_FORMAT`.
 * Source: MySQL 9.7 libs/mysql/binlog/event/control_events.cpp, Format_description_event.
 */
export function decodeFormatDescription(
  header: EventHeader,
  body: Uint8Array,
): FormatDescriptionEvent {
  const reader = new ByteReader(body, header);
  const binlogVersion = reader.u16();
  if (binlogVersion !== 4) {
    throw unsupportedError(
      header,
      `the binary log has format version ${binlogVersion}, of a server before MySQL 5.0`,
      'TheFlash reads version 4.',
    );
  }
  const serverVersion = readServerVersion(body, header);
  reader.skip(serverVersionBytes + 4);
  const headerSize = reader.u8();
  if (headerSize !== 19) throw reader.damaged(`an event header size of ${headerSize}, not 19`);
  const hasChecksum = carriesChecksum(serverVersion);
  const typeCount = reader.remaining - (hasChecksum ? 1 : 0);
  const postHeaderBytes = reader.take(Math.max(0, typeCount)).slice();
  return {
    kind: 'format-description',
    serverVersion,
    // MariaDB's own event numbers start at 160; a distributor may have cut the name out of the version.
    flavor: /mariadb/i.test(serverVersion) || typeCount >= 160 ? 'mariadb' : 'mysql',
    checksum: hasChecksum ? checksumName(reader.u8(), header) : 'none',
    postHeaderBytes,
    ...header,
  };
}

/** The server version text of a FORMAT_DESCRIPTION body. */
export function readServerVersion(body: Uint8Array, place: EventPlace): string {
  const reader = new ByteReader(body, place);
  reader.skip(serverVersionStart);
  const text = reader.text(serverVersionBytes);
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

/**
 * Whether a server of this version ends its FORMAT_DESCRIPTION with a checksum algorithm and a CRC32.
 * Source: MySQL 9.7 libs/mysql/binlog/event/binlog_event.h, checksum_version_split.
 */
export function carriesChecksum(serverVersion: string): boolean {
  const [major = 0, minor = 0, patch = 0] = /^(\d+)\.(\d+)\.(\d+)/
    .exec(serverVersion)
    ?.slice(1)
    .map(Number) ?? [0, 0, 0];
  const version = major * 10_000 + minor * 100 + patch;
  return version >= (/mariadb/i.test(serverVersion) ? 50_300 : 50_601);
}

function checksumName(algorithm: number, place: EventPlace): 'none' | 'crc32' {
  if (algorithm === 0) return 'none';
  if (algorithm === 1) return 'crc32';
  throw formatError(place, `checksum algorithm ${algorithm} is unknown`);
}
