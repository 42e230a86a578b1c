/**
 * The bytes of a log that were read last, kept for those who need them once more: a hash of what lies
 * before a position, or a transaction whose outcome comes later.
 */
export class LogBytes {
  #chunks: { bytes: Uint8Array; offset: number }[] = [];

  /** Adds the bytes that are read next. Owns: keeps them; a gap or another log drops what was kept. */
  add(bytes: Uint8Array, offset: number): void {
    if (this.endOffset !== offset) this.#chunks = [];
    this.#chunks.push({ bytes, offset });
  }

  /** Where the bytes end that were added last. */
  get endOffset(): number | undefined {
    const last = this.#chunks.at(-1);
    return last === undefined ? undefined : last.offset + last.bytes.length;
  }

  /** Drops what lies before an offset, as far as whole chunks go. */
  drop(before: number): void {
    while ((this.#chunks[0]?.offset ?? before) + (this.#chunks[0]?.bytes.length ?? 1) <= before) {
      this.#chunks.shift();
    }
  }

  /** The bytes from `start` to `end`, as far as they are kept. A copy. */
  slice(start: number, end: number): Buffer {
    return Buffer.concat(
      this.#chunks.map(({ bytes, offset }) =>
        bytes.subarray(
          Math.min(bytes.length, Math.max(0, start - offset)),
          Math.max(0, end - offset),
        ),
      ),
    );
  }
}
