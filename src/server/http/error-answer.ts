import { type ErrorCode, type FlashError } from '../../protocol/index.js';

/** An error as ClickHouse's HTTP interface tells it. */
export interface ErrorAnswer {
  /** ClickHouse's number (system.errors). */
  code: number;
  status: number;
  /** "Code: 62. DB::Exception: …", without a line feed at its end. */
  text: string;
}

/** Gives an error in ClickHouse's form. `version` is the engine's. */
export function toErrorAnswer(error: FlashError, version: string): ErrorAnswer {
  const code = error.place.engineCode ?? own[error.code].code;
  // The engine's own texts end with the name of their code; clients look for one.
  const isNamed = /\([A-Z\d_]{3,}\)$/.test(error.message);
  const name = isNamed ? '' : ` (${namesOfCodes.get(code) ?? own[error.code].name})`;
  const message = `${error.message}${/[.)]$/.test(error.message) ? '' : '.'}`;
  const known = error.hint ?? hintsOfCodes.get(code);
  const hint = known === undefined ? '' : ` ${known}`;
  return {
    code,
    status: statusOf(code),
    text: `Code: ${code}. DB::Exception: ${message}${hint}${name} (version ${version})`,
  };
}

/** What errors that are not the engine's are called in ClickHouse. */
const own: Record<ErrorCode, { code: number; name: string }> = {
  INVALID_REQUEST: { code: 36, name: 'BAD_ARGUMENTS' },
  NOT_FOUND: { code: 60, name: 'UNKNOWN_TABLE' },
  UNSUPPORTED: { code: 48, name: 'NOT_IMPLEMENTED' },
  IN_USE: { code: 242, name: 'TABLE_IS_READ_ONLY' },
  DENIED: { code: 497, name: 'ACCESS_DENIED' },
  DISK_FULL: { code: 243, name: 'NOT_ENOUGH_SPACE' },
  MEMORY: { code: 241, name: 'MEMORY_LIMIT_EXCEEDED' },
  CANCELLED: { code: 394, name: 'QUERY_WAS_CANCELLED' },
  BROKEN_DATA: { code: 246, name: 'CORRUPTED_DATA' },
  CONNECTION: { code: 210, name: 'NETWORK_ERROR' },
  PROTOCOL: { code: 36, name: 'BAD_ARGUMENTS' },
  VERSION: { code: 36, name: 'BAD_ARGUMENTS' },
  AUTH: { code: 516, name: 'AUTHENTICATION_FAILED' },
  TICKET: { code: 36, name: 'BAD_ARGUMENTS' },
  EXPIRED: { code: 36, name: 'BAD_ARGUMENTS' },
  SCHEMA_CHANGED: { code: 36, name: 'BAD_ARGUMENTS' },
  BINLOG_FORMAT: { code: 36, name: 'BAD_ARGUMENTS' },
  SOURCE_MISMATCH: { code: 36, name: 'BAD_ARGUMENTS' },
  BUSY: { code: 202, name: 'TOO_MANY_SIMULTANEOUS_QUERIES' },
  TIMEOUT: { code: 159, name: 'TIMEOUT_EXCEEDED' },
  TOO_LARGE: { code: 307, name: 'TOO_MANY_BYTES' },
  ENGINE: { code: 1002, name: 'UNKNOWN_EXCEPTION' },
  TOOL: { code: 1002, name: 'UNKNOWN_EXCEPTION' },
  INTERNAL: { code: 49, name: 'LOGICAL_ERROR' },
};

/** Codes that texts of ch.so and of the server come with. */
const namesOfCodes: ReadonlyMap<number, string> = new Map([
  [40, 'CHECKSUM_DOESNT_MATCH'],
  [62, 'SYNTAX_ERROR'],
  [73, 'UNKNOWN_FORMAT'],
  [164, 'READONLY'],
  [194, 'REQUIRED_PASSWORD'],
  [216, 'QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING'],
  [271, 'CANNOT_DECOMPRESS'],
  [372, 'SESSION_NOT_FOUND'],
  [373, 'SESSION_IS_LOCKED'],
  [452, 'SETTING_CONSTRAINT_VIOLATION'],
]);

/** What the engine's own text leaves open. */
const hintsOfCodes: ReadonlyMap<number, string> = new Map([
  [
    434,
    'The schema is made of the columns, as no format_schema may be set here: give columns and values of ' +
      'Enums names of letters, digits and _, or take another format.',
  ],
]);

function statusOf(code: number): number {
  for (const [status, codes] of statuses) if (codes.has(code)) return status;
  return 500;
}

/** Source: ClickHouse src/Server/HTTP/exceptionCodeToHTTPStatus.cpp; 202, 307, 164 and 434 are 500 there. */
const statuses: readonly (readonly [status: number, codes: ReadonlySet<number>])[] = [
  [401, new Set([194])],
  [403, new Set([192, 193, 497, 512, 516])],
  [
    400,
    new Set([
      6, 8, 15, 25, 26, 27, 36, 38, 41, 44, 53, 62, 72, 117, 167, 168, 254, 321, 427, 435, 676, 677,
      675, 434,
    ]),
  ],
  [404, new Set([46, 47, 50, 56, 60, 63, 73, 77, 78, 81, 115, 336, 511])],
  [408, new Set([159])],
  [413, new Set([223])],
  [501, new Set([48])],
  [503, new Set([76, 209, 439, 202])],
];
