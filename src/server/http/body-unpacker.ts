/** Unpacks the body of a request, as it comes. */
export interface BodyUnpacker {
  /** What it holds of bytes that came, and has not given yet. */
  readonly heldBytes: number;
  /** Gives what can be unpacked with one more piece. Owns: what it gives is the caller's. */
  feed(piece: Buffer): Iterable<Buffer>;
  /** Gives the rest. Errors: where the body ends early. */
  end(): Iterable<Buffer>;
}
