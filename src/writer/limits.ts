/** How much a batch may grow before it is applied. */
export interface BatchLimits {
  /** Decoded changes held, in bytes of Arrow buffers. Peak memory is about four times this. */
  bytesMax: number;
  rowsMax: number;
  /**
   * From the first change of a batch to its commit, once the transaction that is under way has ended; longer where the
   * batch before took longer.
   */
  ageMaxMs: number;
}

/**
 * A transaction whose rows have to be completed from each other may become as large before it stops
 * the writer: it is held as a whole.
 */
export const wholeTransactionMaxBytes = 1024 * 1024 * 1024;

export const defaultLimits: BatchLimits = {
  bytesMax: 32 * 1024 * 1024,
  rowsMax: 1_000_000,
  ageMaxMs: 200,
};
