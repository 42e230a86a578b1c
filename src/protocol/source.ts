/** The port to where binary logs come from: files, a folder, a pipe, a running server. */
export interface Source {
  /** What it is, for messages: the paths as the user gave them. */
  readonly location: string;
  /**
   * The logs in the order in which the server wrote them. Each must be read to its end before the
   * next one.
   */
  readonly logs: readonly LogInput[];
  /**
   * Gives the log that follows the one of this name, once that was read to its end. Only where the
   * source is followed: undefined, where it gives none, when the following was ended.
   */
  readonly next?: ((name: string) => LogInput | undefined) | undefined;
  /**
   * A source that always has all of its logs says what to do where one is missing. Without it, files
   * that were not given may hold it.
   */
  readonly missingHint?: string;
  /** Of a running server, whose tables can be read, too: its URL for messages, without a password. */
  readonly serverUrl?: string;
  /** Ends connections. */
  close?(): void;
}

/** One log of a source, still unread. */
export interface LogInput {
  /** Base name, as `binlog.000042`; undefined where the bytes come without one (stdin). */
  readonly name: string | undefined;
  /** For messages: the path. */
  readonly location: string;
  /** Size of the file when it was found, or as far as it was read since; undefined where it is not known. */
  readonly sizeBytes: number | undefined;
  /** False for a pipe, whose bytes can be read only once and only forward. */
  readonly canRewind: boolean;
  /** `offset` has to be 0, or where an event begins: servers send events, not bytes. */
  readonly startsAtEvents?: true;
  /**
   * Reads the log from `offset` to its end, which is that of the moment for a log that still grows. A pipe gives what it has not given yet, and drops the
   * bytes before `offset`.
   *
   * Owns: a chunk is the reader's own.
   * Errors: NOT_FOUND and DENIED for the file; INTERNAL for a pipe that is asked to go back; for a server
   * also CONNECTION, AUTH, and SOURCE_MISMATCH where it has no such place.
   */
  chunks(offset: number): AsyncIterable<Uint8Array>;
  /** Read up to a place where its server may be writing an event: half of one there is no error. */
  readonly isGrowing?: true;
  /**
   * As `chunks`, and waits for what comes: it ends when the source has begun the next log. Where a source
   * is followed, its logs have it.
   *
   * `wholeUpTo` gives the offset up to which what was read is whole: after a crash, a server takes
   * the rest of its log back.
   */
  follow?(offset: number, wholeUpTo?: () => number): AsyncIterable<Uint8Array>;
}
