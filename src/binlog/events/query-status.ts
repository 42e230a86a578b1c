import type { ByteReader } from '../byte-reader.js';

/** What TheFlash takes from a QUERY event's status variables. */
export interface QueryStatus {
  /** Low 32 bits of sql_mode; MariaDB's upper ones say nothing about syntax. */
  sqlMode: number | undefined;
  /** Collation number of character_set_client: the charset of the statement's text. */
  clientCollation: number | undefined;
  /** Collation number of collation_server: what a database that is made without one gets. */
  serverCollation: number | undefined;
}

/**
 * Reads the status variables: a code byte and a value each, the value's size known by the code.
 * An unknown code ends the reading, as on a replica: newer servers append only what older ones may miss.
 *
 * Source: MySQL 9.7 libs/mysql/binlog/event/statement_events.h, Query_event::Query_event_post_header
 * and enum Query_event_post_header_…; MariaDB 10.11 sql/log_event.h, Q_* codes.
 */
export function readStatusVariables(reader: ByteReader): QueryStatus {
  const status: QueryStatus = {
    sqlMode: undefined,
    clientCollation: undefined,
    serverCollation: undefined,
  };
  while (reader.remaining > 0) {
    const code = reader.u8();
    const size = fixedSizes.get(code);
    if (code === 1) {
      status.sqlMode = reader.u32();
      reader.skip(4);
    } else if (code === 4) {
      status.clientCollation = reader.u16();
      reader.skip(2);
      status.serverCollation = reader.u16();
    } else if (size !== undefined) {
      reader.skip(size);
    } else if (!skipVariable(code, reader)) {
      break;
    }
  }
  return status;
}

/** Code → bytes of the value. */
const fixedSizes = new Map<number, number>([
  [0, 4], // Q_FLAGS2_CODE
  [3, 4], // Q_AUTO_INCREMENT
  [7, 2], // Q_LC_TIME_NAMES_CODE
  [8, 2], // Q_CHARSET_DATABASE_CODE
  [9, 8], // Q_TABLE_MAP_FOR_UPDATE_CODE
  [10, 4], // Q_MASTER_DATA_WRITTEN_CODE
  [13, 3], // Q_MICROSECONDS
  [16, 1], // Q_EXPLICIT_DEFAULTS_FOR_TIMESTAMP
  [17, 8], // Q_DDL_LOGGED_WITH_XID
  [18, 2], // Q_DEFAULT_COLLATION_FOR_UTF8MB4
  [19, 1], // Q_SQL_REQUIRE_PRIMARY_KEY
  [20, 1], // Q_DEFAULT_TABLE_ENCRYPTION
  [128, 3], // Q_HRNOW (MariaDB)
  [129, 8], // Q_XID (MariaDB)
  [130, 2], // Q_GTID_FLAGS3 (MariaDB)
]);

/** MAX_DBS_IN_EVENT_MTS + 1: the statement touched too many databases to name them. */
const overMaxDatabases = 254;

/** Skips a value whose size stands in it; false for a code that is not known. */
function skipVariable(code: number, reader: ByteReader): boolean {
  switch (code) {
    case 2: // Q_CATALOG_CODE, which ends with a zero
      reader.skip(reader.u8() + 1);
      return true;
    case 5: // Q_TIME_ZONE_CODE
    case 6: // Q_CATALOG_NZ_CODE
      reader.skip(reader.u8());
      return true;
    case 11: // Q_INVOKER: user and host
      reader.skip(reader.u8());
      reader.skip(reader.u8());
      return true;
    case 12: {
      // Q_UPDATED_DB_NAMES
      const count = reader.u8();
      for (let i = 0; count !== overMaxDatabases && i < count; i++) reader.zeroEndedText();
      return true;
    }
    case 131: // Q_CHARACTER_SET_COLLATIONS (MariaDB): pairs of collation numbers
      reader.skip(reader.u8() * 4);
      return true;
    default:
      return false;
  }
}
