/** Memory kept from one long event to the next. */
const keptMaxBytes = 1 << 24;

/**
 * Collects an event whose bytes come in several chunks. Grows with the bytes that come, not with
 * the size that the event claims.
 */
export class PendingBytes {
  bytes = new Uint8Array(4096);
  view = new DataView(this.bytes.buffer);
  length = 0;

  /** Appends from `chunk` until `length` is `wanted` or the chunk ends; gives how much it took. */
  fillTo(wanted: number, chunk: Uint8Array, start: number): number {
    const count = Math.min(wanted - this.length, chunk.length - start);
    if (count <= 0) return 0;
    this.reserve(this.length + count);
    this.bytes.set(chunk.subarray(start, start + count), this.length);
    this.length += count;
    return count;
  }

  clear(): void {
    this.length = 0;
    if (this.bytes.length > keptMaxBytes) this.replace(new Uint8Array(4096));
  }

  private reserve(need: number): void {
    if (need <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(need, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.replace(grown);
  }

  private replace(bytes: Uint8Array<ArrayBuffer>): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }
}
