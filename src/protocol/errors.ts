/** When the same call may succeed: never, after waiting, or after someone has repaired the cause. */
export type Retry = 'never' | 'after-backoff' | 'after-repair';

/** Who has to act: `usage` is a wrong command line or request (exit 2), `failure` all else (exit 1). */
export type Blame = 'usage' | 'failure';

/**
 * Every stable error code. Sorted by what the caller does about it, not by the module that throws.
 * A code, once released, keeps its meaning.
 */
export const errorCodes = {
  /** The command line or a request is wrong: an option, a name, a filter. */
  INVALID_REQUEST: { retry: 'never', blame: 'usage' },
  /** A table, column, file or snapshot that was named does not exist. */
  NOT_FOUND: { retry: 'after-repair', blame: 'failure' },
  /** The bytes are not a binary log, end early, or fail their checksum. */
  BINLOG_FORMAT: { retry: 'after-repair', blame: 'failure' },
  /** The log holds something that TheFlash can't carry over, and so stops at. */
  UNSUPPORTED: { retry: 'after-repair', blame: 'failure' },
  /** The log does not fit what the engine holds: a gap, another source, another schema. */
  SOURCE_MISMATCH: { retry: 'after-repair', blame: 'failure' },
  /** Another process has the engine folder open. */
  IN_USE: { retry: 'after-repair', blame: 'failure' },
  /** A folder or file can't be read or written. */
  DENIED: { retry: 'after-repair', blame: 'failure' },
  /** No space left on the device. */
  DISK_FULL: { retry: 'after-repair', blame: 'failure' },
  /** A memory cap was met. */
  MEMORY: { retry: 'after-repair', blame: 'failure' },
  /** The caller or the user ended the work. */
  CANCELLED: { retry: 'never', blame: 'failure' },
  /** Data of the engine folder was lost or is of another patch level. */
  BROKEN_DATA: { retry: 'after-repair', blame: 'failure' },
  /** A server can't be reached, or the connection to it broke or fell silent. */
  CONNECTION: { retry: 'after-backoff', blame: 'failure' },
  /** Bytes on a connection break the wire protocol or fail their checksum. */
  PROTOCOL: { retry: 'after-backoff', blame: 'failure' },
  /** Client and server have no version of the wire protocol in common. */
  VERSION: { retry: 'after-repair', blame: 'failure' },
  /** The server asks for a token, or for another one. */
  AUTH: { retry: 'after-repair', blame: 'failure' },
  /** A scan ticket was forged, or issued by another server or before its restart. */
  TICKET: { retry: 'after-repair', blame: 'failure' },
  /** A ticket or snapshot is past its time: plan again. */
  EXPIRED: { retry: 'after-repair', blame: 'failure' },
  /** The table is not what it was when the scan was planned: plan again. */
  SCHEMA_CHANGED: { retry: 'after-repair', blame: 'failure' },
  /** The server is at one of its limits, or is about to stop. */
  BUSY: { retry: 'after-backoff', blame: 'failure' },
  /** A statement ran longer than it was allowed to. */
  TIMEOUT: { retry: 'never', blame: 'failure' },
  /** A frame, message or batch is larger than its receiver takes. */
  TOO_LARGE: { retry: 'after-repair', blame: 'failure' },
  /** ClickHouse refused; `engineCode` says why. */
  ENGINE: { retry: 'never', blame: 'failure' },
  /** A program that the work needs is missing or failed: a compiler, cmake, mvn. */
  TOOL: { retry: 'after-repair', blame: 'failure' },
  /** A bug in TheFlash. */
  INTERNAL: { retry: 'never', blame: 'failure' },
} as const satisfies Record<string, { retry: Retry; blame: Blame }>;

export type ErrorCode = keyof typeof errorCodes;

/** Where an error was met. Each part is there when it is known. */
export interface ErrorPlace {
  /** Binary log or other file. */
  file?: string;
  /** Byte offset of the event in `file`. */
  offset?: number;
  /** `database.table`. */
  table?: string;
  column?: string;
  /** ClickHouse error code. */
  engineCode?: number;
}

/**
 * The one error that TheFlash throws on purpose. Anything else that surfaces is a bug.
 *
 * Shape: `message` says what and where in one sentence; `hint` says what to do, for people.
 */
export class FlashError extends Error {
  readonly code: ErrorCode;
  readonly retry: Retry;
  readonly blame: Blame;
  readonly hint: string | undefined;
  readonly place: ErrorPlace;

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string; place?: ErrorPlace; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'FlashError';
    this.code = code;
    this.retry = errorCodes[code].retry;
    this.blame = errorCodes[code].blame;
    this.hint = options.hint;
    this.place = options.place ?? {};
  }
}
