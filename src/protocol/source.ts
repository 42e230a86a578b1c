/** The port to where binary logs come from: files, a folder, a pipe, later a live server. */
export interface Source {
  /** What it is, for messages: the paths as the user gave them. */
  readonly location: string;
  /**
   * The logs in the order in which the server wrote them. Each must be read to its end before the
   * next one.
   */
  readonly logs: readonly LogInput[];
}

/** One log of a source, still unread. */
export interface LogInput {
  /** Base name, as `binlog.000042`; undefined where the bytes come without one (stdin). */
  readonly name: string | undefined;
  /** For messages: the path. */
  readonly location: string;
  /** Size of the file when it was found; undefined where it is not known. */
  readonly sizeBytes: number | undefined;
  /** False for a pipe, whose bytes can be read only once and only forward. */
  readonly canRewind: boolean;
  /**
   * Reads the log from `offset` to its end. A pipe gives what it has not given yet, and drops the
   * bytes in front of `offset`.
   *
   * Owns: a chunk is the reader's own.
   * Errors: NOT_FOUND and DENIED for the file; INTERNAL for a pipe that is asked to go back.
   */
  chunks(offset: number): AsyncIterable<Uint8Array>;
}
