import { eventTypes } from '../event-types.js';
import { formatError, unsupportedError, type EventPlace } from '../event-error.js';

/** Size of the mark at the start of every binary log file. */
export const magicBytes = 4;

const binlogMagic = 'fe62696e';

/**
 * Whether a log begins where the header of an event should: a magic, and a FORMAT_DESCRIPTION that ends where its size says.
 * The magic alone is also a time, in September 2028.
 */
export function isLogStart(bytes: Uint8Array, view: DataView, start: number): boolean {
  if (bytes[start] !== 0xfe || bytes[start + 8] !== eventTypes.formatDescription) return false;
  if (Buffer.from(bytes.subarray(start, start + magicBytes)).toString('hex') !== binlogMagic)
    return false;
  const eventBytes = view.getUint32(start + 13, true);
  // Of the place after it, 16 bits are in what is as long as an event's header.
  return view.getUint16(start + 17, true) === (eventBytes + magicBytes) % 2 ** 16;
}

/**
 * Checks the first four bytes of a file.
 *
 * Errors: `UNSUPPORTED` for encrypted logs and MariaDB's InnoDB-format logs, `BINLOG_FORMAT` for
 * all that is no binary log.
 * Source: MySQL 9.7 sql/log_event.h, BINLOG_MAGIC; sql/rpl_log_encryption.cc, ENCRYPTION_MAGIC;
 * MariaDB 12.3 storage/innobase/include/innodb_binlog.h, IBB_MAGIC.
 */
export function checkMagic(magic: Uint8Array, file: string): void {
  const place: EventPlace = { file, offset: 0 };
  switch (Buffer.from(magic).toString('hex')) {
    case binlogMagic:
      return;
    case 'fd62696e':
      throw unsupportedError(
        place,
        'the binary log is encrypted',
        'Read it through its server, which decrypts it: mysqlbinlog --read-from-remote-server --raw.',
      );
    case 'fefe0d01':
      throw unsupportedError(
        place,
        'the file is of MariaDB’s InnoDB binary log format (binlog_storage_engine=innodb)',
        'Read it through its server: mariadb-binlog --read-from-remote-server --raw.',
      );
    default:
      throw formatError(
        place,
        'this is not a binary log: it does not start with fe 62 69 6e',
        'Name the binary log files themselves, not their index file, a dump or a compressed copy.',
      );
  }
}
