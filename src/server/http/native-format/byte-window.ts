/** Work that stops where the bytes end, and goes on when more have come. */
export type Steps<T = void> = Generator<undefined, T, undefined>;

/**
 * Bytes that are read from the front, and go out as they came, with others put in between.
 *
 * What a reader has passed goes out by `taken`; the rest is held until more comes, which is a few bytes at most.
 */
export class ByteWindow {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  /** What lies before it went out. */
  #out = 0;
  #taken: Buffer[] = [];

  /** `bytes` may be overwritten once `taken` was called. */
  feed(bytes: Buffer): void {
    const rest = this.#bytes.subarray(this.#at);
    this.#bytes = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    this.#at = 0;
    this.#out = 0;
  }

  /** What was passed and put in since the last call: copies. */
  taken(): Buffer {
    this.#flush();
    const all = Buffer.concat(this.#taken);
    this.#taken = [];
    // The rest outlives the caller's buffer.
    this.#bytes = Buffer.from(this.#bytes.subarray(this.#at));
    this.#at = 0;
    this.#out = 0;
    return all;
  }

  get isEmpty(): boolean {
    return this.#at === this.#bytes.length;
  }

  put(bytes: Buffer): void {
    this.#flush();
    this.#taken.push(bytes);
  }

  *skip(count: number): Steps {
    let left = count;
    for (;;) {
      const step = Math.min(left, this.#bytes.length - this.#at);
      this.#at += step;
      left -= step;
      if (left === 0) return;
      yield;
    }
  }

  *readUInt64(): Steps<number> {
    yield* this.#need(8);
    const value = this.#bytes.readBigUInt64LE(this.#at);
    this.#at += 8;
    return Number(value);
  }

  *readVarint(): Steps<number> {
    for (let value = 0, scale = 1; ; scale *= 128) {
      yield* this.#need(1);
      const byte = this.#bytes[this.#at] ?? 0;
      this.#at += 1;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  *readText(): Steps<string> {
    const length = yield* this.readVarint();
    yield* this.#need(length);
    const text = this.#bytes.toString('utf8', this.#at, this.#at + length);
    this.#at += length;
    return text;
  }

  /** Counts a byte's values among the next ones, and passes these. */
  *countBytes(count: number, counts: number[]): Steps {
    for (let left = count; left > 0; left -= 1) {
      if (this.#at === this.#bytes.length) yield* this.#need(1);
      const byte = this.#bytes[this.#at] ?? 0;
      counts[byte] = (counts[byte] ?? 0) + 1;
      this.#at += 1;
    }
  }

  *skipTexts(count: number): Steps {
    for (let left = count; left > 0; left -= 1) {
      const length = this.#bytes[this.#at];
      // Most are short and whole.
      if (length !== undefined && length < 128 && this.#at + length < this.#bytes.length) {
        this.#at += 1 + length;
      } else {
        yield* this.skip(yield* this.readVarint());
      }
    }
  }

  *#need(count: number): Steps {
    while (this.#bytes.length - this.#at < count) yield;
  }

  #flush(): void {
    if (this.#at > this.#out)
      this.#taken.push(Buffer.from(this.#bytes.subarray(this.#out, this.#at)));
    this.#out = this.#at;
  }
}
