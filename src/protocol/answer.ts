/**
 * A statement whose result leaves as bytes of a ClickHouse format, as over ClickHouse's HTTP
 * interface.
 */
export interface AnswerRequest {
  /** One statement in UTF-8; after an INSERT … FORMAT its data, of any bytes. */
  sql: Uint8Array;
  /** Of names without a database. */
  database: string;
  /** Of the rows, where the statement has no FORMAT clause. */
  format: string;
  /** ClickHouse's settings, as text. */
  settings: ReadonlyMap<string, string>;
  /** Refuses what changes anything. */
  isReadOnly: boolean;
  /** With whose rights it runs; missing for all. */
  role?: string;
  /** As of `StatementOptions`. */
  memoryBytesMax?: number;
  signal: AbortSignal;
}

/** What an answer came to. Units: rows and bytes; 0 before its end. */
export interface AnswerSummary {
  /** Of the rows. */
  format: string;
  readRows: number;
  readBytes: number;
  writtenRows: number;
  writtenBytes: number;
}

/** The result of a statement, pulled piece by piece. */
export interface Answer {
  /**
   * Fills a buffer as far as there are bytes, waiting for the first; 0 at the end.
   *
   * Errors: the query's, after what it had given until then; CANCELLED.
   */
  read(buffer: Uint8Array): Promise<number>;
  summary(): Promise<AnswerSummary>;
  /** Stops what still runs. May be called twice. */
  close(): Promise<void>;
}
