import type { EventHeader, QueryEvent } from '../binlog/index.js';
import { FlashError } from '../protocol/index.js';
import { dialectOfServer, parseStatement, SqlSyntaxError, type Statement } from './ddl/index.js';
import { statementError } from './statement-error.js';

/** Bits of sql_mode that change how text is read. Source: MySQL 9.7 sql/system_variables.h, MODE_*. */
const realAsFloatMode = 1;
const ansiQuotesMode = 4;
const noBackslashEscapesMode = 0x100000;
/** Source: MariaDB 10.11 sql/sql_class.h, MODE_ORACLE. MySQL takes it for a few other bits alone. */
const oracleMode = 0x200;

/**
 * Reads the statement of a QUERY event as the server that logged it did.
 *
 * Errors: UNSUPPORTED where its beginning is not understood.
 */
export function readStatement(
  event: QueryEvent,
  flavor: 'mysql' | 'mariadb',
  serverVersion: string,
  lowerCaseTableNames: boolean,
): Statement {
  const sqlMode = event.sqlMode ?? 0;
  const dialect = dialectOfServer(flavor, serverVersion, {
    ansiQuotes: (sqlMode & ansiQuotesMode) !== 0,
    noBackslashEscapes: (sqlMode & noBackslashEscapesMode) !== 0,
    realAsFloat: (sqlMode & realAsFloatMode) !== 0,
    lowerCaseTableNames,
    oracle: flavor === 'mariadb' && (sqlMode & oracleMode) !== 0,
  });
  try {
    return parseStatement(event.sql, event.database, dialect);
  } catch (error) {
    if (!(error instanceof SqlSyntaxError)) throw error;
    throw statementError(event, `a statement is not understood (${error.message})`, {
      cause: error,
    });
  }
}

/** What begins, ends and divides transactions. */
const controlKinds: ReadonlySet<Statement['kind']> = new Set([
  'begin',
  'commit',
  'rollback',
  'savepoint',
  'rollback-to',
  'release-savepoint',
  'xa-start',
  'xa-end',
  'xa-commit',
  'xa-rollback',
]);

/** Reads a statement of a transaction that the copy holds already: only what bounds it counts. */
export function readHeldStatement(
  event: QueryEvent,
  flavor: 'mysql' | 'mariadb',
  serverVersion: string,
  lowerCaseTableNames: boolean,
): Statement {
  try {
    const statement = readStatement(event, flavor, serverVersion, lowerCaseTableNames);
    if (controlKinds.has(statement.kind)) return statement;
  } catch (error) {
    if (!(error instanceof FlashError)) throw error;
  }
  return { kind: 'no-effect' };
}

/** The error for an XA COMMIT whose XA PREPARE was never read. */
export function unpreparedError(event: QueryEvent): FlashError {
  return statementError(
    event,
    'the XA transaction that is committed here was prepared before where the copy begins',
    {
      hint: 'Its rows are not known: take an empty engine folder, and begin with a log before its XA PREPARE.',
    },
  );
}

/** The error for a transaction that begins before the one before it has ended. */
export function nestedError(event: EventHeader): FlashError {
  return new FlashError(
    'BINLOG_FORMAT',
    `${event.file} at offset ${event.offset}: a transaction begins inside another one`,
    {
      hint: 'Events are missing before it: fetch the log again from the source.',
      place: { file: event.file, offset: event.offset },
    },
  );
}
