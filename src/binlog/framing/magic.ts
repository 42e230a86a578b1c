import { formatError, unsupportedError, type EventPlace } from '../event-error.js';

/** Size of the mark at the start of every binary log file. */
export const magicBytes = 4;

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
    case 'fe62696e':
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
