import { charsetOfCollationNumber, type QueryEvent } from '../binlog/index.js';
import { dialectOfServer, type SqlDialect } from './ddl/index.js';

/** What of the session that ran a statement decides which values it gave to rows. */
export interface StatementSession {
  flavor: 'mysql' | 'mariadb';
  /** Seconds of the statement's CURRENT_TIMESTAMP since 1970, UTC. */
  timeSeconds: number;
  /** The part below a second; undefined where the log does not tell. */
  microseconds: number | undefined;
  /** Offset of the session's time zone in seconds east of UTC; undefined where the log does not tell. */
  zoneSeconds: number | undefined;
  /** A fraction of a second that does not fit is rounded, not cut off. */
  roundsFractions: boolean;
  /** '' is NULL (MariaDB's EMPTY_STRING_IS_NULL). */
  emptyIsNull: boolean;
  /** CHAR values are read with their trailing spaces (PAD_CHAR_TO_FULL_LENGTH). */
  padsChars: boolean;
  /** 0 is no order to make a number, in a column that becomes AUTO_INCREMENT. */
  keepsAutoZero: boolean;
  /** TIMESTAMP without NULL may be NULL and gets no time by itself; undefined: the log does not tell. */
  explicitTimestamps: boolean | undefined;
  /** Charset of the statement's text. */
  clientCharset: string | undefined;
  /** Charset of the default database. */
  databaseCharset: string | undefined;
  /** Charset of the session's collation_server: what a database without its own gets. */
  serverCharset: string | undefined;
}

/** Bits of sql_mode. Source: MySQL 9.7 sql/system_variables.h; MariaDB 10.11 sql/sql_class.h. */
const noAutoValueOnZero = 0x80000;
const padCharToFullLength = 0x80000000;
/** In the upper half: MySQL cuts with this bit and rounds without it, MariaDB the other way round. */
const mysqlTruncatesFractions = 1;
const mariadbRoundsFractions = 4;
const mariadbEmptyIsNull = 1;

/** Reads the session of a statement from its event. */
export function sessionOf(
  event: QueryEvent,
  flavor: 'mysql' | 'mariadb',
  serverVersion: string,
): StatementSession {
  const { sqlMode = 0, sqlModeHigh = 0 } = event;
  return {
    flavor,
    timeSeconds: event.timeSeconds,
    microseconds: event.microseconds,
    zoneSeconds: event.timeZone === undefined ? undefined : zoneSeconds(event.timeZone),
    roundsFractions:
      flavor === 'mysql'
        ? (sqlModeHigh & mysqlTruncatesFractions) === 0
        : (sqlModeHigh & mariadbRoundsFractions) !== 0,
    emptyIsNull: flavor === 'mariadb' && (sqlModeHigh & mariadbEmptyIsNull) !== 0,
    padsChars: (sqlMode & padCharToFullLength) !== 0,
    keepsAutoZero: (sqlMode & noAutoValueOnZero) !== 0,
    explicitTimestamps:
      event.explicitDefaultsForTimestamp ?? mariadbExplicit(event, flavor, serverVersion),
    clientCharset: charsetOf(event.clientCollation),
    databaseCharset: charsetOf(event.databaseCollation),
    serverCharset: charsetOf(event.serverCollation),
  };
}

/** OPTION_EXPLICIT_DEF_TIMESTAMP, in the log from MariaDB 10.10 on. Source: 10.11 sql/sql_priv.h. */
const explicitTimestampsOption = 0x1000000;

function mariadbExplicit(
  { flags2 }: QueryEvent,
  flavor: 'mysql' | 'mariadb',
  serverVersion: string,
): boolean | undefined {
  if (flavor !== 'mariadb' || flags2 === undefined) return undefined;
  if ((flags2 & explicitTimestampsOption) !== 0) return true;
  const { version } = dialectOfServer(flavor, serverVersion);
  return version >= 101_000 ? false : undefined;
}

function charsetOf(collation: number | undefined): string | undefined {
  return collation === undefined ? undefined : charsetOfCollationNumber(collation);
}

/** Named zones are tables of the server's: only those without a table are known. */
function zoneSeconds(zone: string): number | undefined {
  if (/^(?:UTC|GMT|Etc\/UTC|Etc\/GMT)$/i.test(zone)) return 0;
  const [, sign, hours, minutes] = /^([+-])(\d{1,2}):(\d\d)$/.exec(zone) ?? [];
  if (sign === undefined) return undefined;
  return (sign === '-' ? -60 : 60) * (Number(hours) * 60 + Number(minutes));
}

/** The session that the statements of a dump are meant for; `isUtc`: its times are in UTC. */
export function sessionOfDump(isUtc: boolean, { flavor }: SqlDialect): StatementSession {
  return {
    flavor,
    timeSeconds: 0,
    microseconds: undefined,
    zoneSeconds: isUtc ? 0 : undefined,
    roundsFractions: flavor === 'mysql',
    emptyIsNull: false,
    padsChars: false,
    keepsAutoZero: false,
    // SHOW CREATE TABLE says of each TIMESTAMP whether it may be NULL.
    explicitTimestamps: true,
    clientCharset: 'utf8mb4',
    databaseCharset: undefined,
    serverCharset: undefined,
  };
}
