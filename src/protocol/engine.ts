import type { Answer, AnswerRequest } from './answer.js';
import type { SqlParameters } from './sql-parameters.js';
import type { RowKernel } from './row-kernel.js';
import type { TableSchema } from './table.js';

/**
 * The port to an engine, whatever runs it: ch.so in this process, or a server over TCP. The suite
 * in test/engine/ runs against every implementation.
 *
 * Errors: every method rejects with `FlashError`.
 */
export interface Engine {
  /** Where it is, for messages: a folder, or `tcp://host:port`. */
  readonly location: string;

  /** Decodes rows of binary logs faster than JavaScript; only where the engine runs in this process. */
  readonly rowKernel?: RowKernel;

  /** Which of several sources is written through it; missing for the one without a name. */
  readonly sourceName?: string;

  /**
   * Runs SQL that gives no rows: DDL, INSERT and TheFlash's verbs, one or several statements.
   * On an error in statement n, the statements before it have taken effect.
   */
  execute(sql: string, options?: StatementOptions): Promise<void>;

  /**
   * Runs any SQL and streams its result. The rows are those of the moment when the promise
   * resolves, whatever is written later.
   */
  query(sql: string, options?: QueryOptions): Promise<ArrowScan>;

  /**
   * Runs one statement whose result leaves as bytes of a format. A query is planned when the promise
   * resolves; what is none is done. Only where the engine runs in this process.
   */
  answer?(request: AnswerRequest): Promise<Answer>;

  /**
   * Inserts a whole Arrow IPC stream into a plain (not mutable) table and gives the count of rows.
   * Durable when it resolves; takes no turn among writers.
   *
   * Errors: INVALID_REQUEST where the table is mutable or the columns do not fit; NOT_FOUND. After
   * one, some of the rows may have been inserted.
   */
  insertRows(table: { database: string; table: string }, stream: Uint8Array): Promise<number>;

  /** Opens a write batch; waits while another one is open. */
  openBatch(): Promise<WriteBatch>;

  /** The last committed checkpoint text of `source`, or undefined where there is none. */
  readCheckpoint(source: string): Promise<string | undefined>;

  /** Versions of the engine and its patches. */
  info(): Promise<EngineInfo>;

  /** Ends open scans and batches and frees the engine. May be called twice. */
  close(): Promise<void>;
}

/** How a statement runs. */
export interface StatementOptions {
  /** Ends it. */
  signal?: AbortSignal;
  /** Values for `{name:Type}` in the SQL, as `bindParameters` puts them in. */
  parameters?: SqlParameters;
  /** With whose rights it runs, of those that the engine was opened with; missing for all. */
  role?: string;
  /** Memory that it may take, where that is less than the engine allows. Units: bytes; 0 as missing. */
  memoryBytesMax?: number;
}

/** How a query gives its result. */
export interface QueryOptions extends StatementOptions {
  /**
   * Where its messages may be put. One that lies there is the reader's, who gives its buffer back;
   * an engine that does not know of this goes on as without.
   */
  buffers?: MessageBuffers;
  /** Whether messages are to come with their checksum, if the engine can do that beside its work. */
  checksum?: boolean;
}

/** A source of buffers for messages. */
export interface MessageBuffers {
  /** Gives `lengthBytes` bytes at the start of a buffer, which is the taker's until it gives it back. */
  take(lengthBytes: number): Uint8Array<ArrayBuffer>;
  give(buffer: ArrayBuffer): void;
}

export interface EngineInfo {
  /** `SELECT version()`. */
  engineVersion: string;
  /** Names of the applied patches, in order of the series. */
  patches: readonly string[];
  /** What the kernel keeps the engine in its folder by, as `landlock (ABI 7)`; `none`; or `unknown`. */
  sandbox: string;
}

/**
 * The result of a query as Arrow IPC messages, pulled one by one. Iterating gives the schema message
 * first and then record batch messages, uncompressed; followed by `arrowEndOfStream` they are an
 * Arrow IPC stream.
 *
 * Owns: a message is valid until the next one is asked for (the bytes may be the engine's own);
 * copy what must live longer. Leaving the loop early, or `close`, stops the query.
 */
export interface ArrowScan extends AsyncIterable<ArrowMessage> {
  close(): Promise<void>;
}

export interface ArrowMessage {
  bytes: Uint8Array;
  /** Row count of a record batch, 0 for the schema. */
  rows: number;
  /** CRC-32 of the bytes, where the engine has summed them up. */
  crc32?: number;
}

/** The end-of-stream marker of the Arrow IPC streaming format (Arrow columnar format, "IPC Streaming Format"). */
export const arrowEndOfStream: Uint8Array = Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0);

/**
 * Row changes of many tables and one checkpoint that readers see all at once or not at all.
 * After any rejection only `close` is of use, and nothing of the batch is applied.
 */
export interface WriteBatch {
  /** Reserves `count` versions and gives the first; they rise strictly, over restarts too. */
  reserveVersions(count: number): Promise<bigint>;

  /**
   * Stages rows: durable, seen by nobody before `commit`. `stream` is a whole Arrow IPC stream of
   * the table's columns by name plus the hidden columns (`hiddenColumns`), and must not be changed
   * until the promise settles. Appends to different tables need not wait for each other.
   */
  append(table: { database: string; table: string }, stream: Uint8Array): Promise<void>;

  /** Applies the batch and sets the checkpoint of `source`. Durable and visible when it resolves. */
  commit(source: string, checkpoint: string): Promise<void>;

  /** Drops what was not committed. May be called twice. */
  close(): Promise<void>;
}

/** Names of the hidden columns of a mutable table, which a batch must carry. */
export const hiddenColumns = {
  /** uint64: of two rows with one key the higher version is the row. */
  version: '_INTERNAL_VERSION',
  /** uint8: 1 marks a deleted key. */
  delmark: '_INTERNAL_DELMARK',
} as const;

/** A table as the engine holds it. */
export interface EngineTable extends TableSchema {
  rows: number;
  /** Compressed size on disk. */
  bytes: number;
}
