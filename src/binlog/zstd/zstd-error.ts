/** Bytes that are no zstd stream. The caller turns it into an error with a place. */
export class ZstdError extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = 'ZstdError';
  }
}
