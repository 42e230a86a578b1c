import type { ByteReader } from '../byte-reader.js';

/** What TheFlash takes from a QUERY event's status variables. Undefined: the event does not tell. */
export interface QueryStatus {
  /** Low 32 bits of sql_mode. */
  sqlMode: number | undefined;
  /** High 32 bits of sql_mode: they say how fractions of a second are cut. */
  sqlModeHigh: number | undefined;
  /** Bits of the session's options, of which MariaDB tells explicit_defaults_for_timestamp. */
  flags2: number | undefined;
  /** Collation number of character_set_client: the charset of the statement's text. */
  clientCollation: number | undefined;
  /** Collation number of collation_server: what a database that is made without one gets. */
  serverCollation: number | undefined;
  /** Collation number of the default database. */
  databaseCollation: number | undefined;
  /** The session's time_zone, where the statement used it. */
  timeZone: string | undefined;
  /** The part of the statement's time below a second, where the statement used it. */
  microseconds: number | undefined;
  explicitDefaultsForTimestamp: boolean | undefined;
  /** MariaDB's binlog_alter_two_phase: an ALTER that begins, ends or is given up. Undefined: a whole one. */
  alterPhase: 'start' | 'commit' | 'rollback' | undefined;
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
    sqlModeHigh: undefined,
    flags2: undefined,
    clientCollation: undefined,
    serverCollation: undefined,
    databaseCollation: undefined,
    timeZone: undefined,
    microseconds: undefined,
    explicitDefaultsForTimestamp: undefined,
    alterPhase: undefined,
  };
  while (reader.remaining > 0) {
    const code = reader.u8();
    if (takeVariable(code, reader, status)) continue;
    const size = fixedSizes.get(code);
    if (size !== undefined) reader.skip(size);
    else if (!skipVariable(code, reader)) break;
  }
  return status;
}

/** Takes a value that matters; false for one that does not. */
function takeVariable(code: number, reader: ByteReader, status: QueryStatus): boolean {
  switch (code) {
    case 0: // Q_FLAGS2_CODE
      status.flags2 = reader.u32();
      return true;
    case 1: // Q_SQL_MODE_CODE
      status.sqlMode = reader.u32();
      status.sqlModeHigh = reader.u32();
      return true;
    case 4: // Q_CHARSET_CODE
      status.clientCollation = reader.u16();
      reader.skip(2);
      status.serverCollation = reader.u16();
      return true;
    case 5: // Q_TIME_ZONE_CODE
      status.timeZone = reader.text(reader.u8());
      return true;
    case 8: // Q_CHARSET_DATABASE_CODE
      status.databaseCollation = reader.u16();
      return true;
    case 13: // Q_MICROSECONDS
    case 128: // Q_HRNOW (MariaDB)
      status.microseconds = reader.u24();
      return true;
    case 130: // Q_GTID_FLAGS3 (MariaDB)
      status.alterPhase = readAlterPhase(reader);
      return true;
    case 16: // Q_EXPLICIT_DEFAULTS_FOR_TIMESTAMP
      status.explicitDefaultsForTimestamp = reader.u8() !== 0;
      return true;
    default:
      return false;
  }
}

/** FL_START_ALTER_E1, FL_COMMIT_ALTER_E1, FL_ROLLBACK_ALTER_E1; with an end stands which ALTER's. */
function readAlterPhase(reader: ByteReader): QueryStatus['alterPhase'] {
  const flags = reader.u8();
  if ((flags & 12) !== 0) reader.skip(8);
  if ((flags & 2) !== 0) return 'start';
  if ((flags & 4) !== 0) return 'commit';
  return (flags & 8) === 0 ? undefined : 'rollback';
}

/** Code → bytes of the value. */
const fixedSizes = new Map<number, number>([
  [3, 4], // Q_AUTO_INCREMENT
  [7, 2], // Q_LC_TIME_NAMES_CODE
  [9, 8], // Q_TABLE_MAP_FOR_UPDATE_CODE
  [10, 4], // Q_MASTER_DATA_WRITTEN_CODE
  [17, 8], // Q_DDL_LOGGED_WITH_XID
  [18, 2], // Q_DEFAULT_COLLATION_FOR_UTF8MB4
  [19, 1], // Q_SQL_REQUIRE_PRIMARY_KEY
  [20, 1], // Q_DEFAULT_TABLE_ENCRYPTION
  [129, 8], // Q_XID (MariaDB)
]);

/** MAX_DBS_IN_EVENT_MTS + 1: the statement touched too many databases to name them. */
const overMaxDatabases = 254;

/** Skips a value whose size stands in it; false for a code that is not known. */
function skipVariable(code: number, reader: ByteReader): boolean {
  switch (code) {
    case 2: // Q_CATALOG_CODE, which ends with a zero
      reader.skip(reader.u8() + 1);
      return true;
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
