import { FlashError } from '../../protocol/index.js';

/** Arrow's 32-bit offsets end here, and so does a column of one batch. */
const sizeMaxBytes = 0x7fff_ffff;
/** Up to here copying by words beats `TypedArray.set`, which costs a view and a call into V8's runtime. */
const wordCopyMaxBytes = 96;
/** The bits of four bytes that ASCII leaves clear, as an int32. */
const highBits = 0x80808080 | 0;

/**
 * A growable run of bytes to which decoders append: the values of a text or binary column.
 *
 * Shape: the content is `bytes[0 .. length)`; `bytes` is replaced when it grows, so read it anew
 * after each write. To write without a call a byte: `reserve(n)`, then set `bytes` and `length`.
 * Errors: `MEMORY` when the content would pass 2 GiB - 1.
 */
export class ByteSink {
  bytes: Uint8Array;
  length = 0;
  private view: DataView;

  constructor(capacityBytes = 0) {
    this.bytes = new Uint8Array(capacityBytes);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    const need = this.length + count;
    if (need > this.bytes.length) this.grow(need);
  }

  writeByte(byte: number): void {
    if (this.length === this.bytes.length) this.grow(this.length + 1);
    this.bytes[this.length++] = byte;
  }

  /** Appends `source[start .. end)`. */
  writeBytes(source: Uint8Array, start: number, end: number): void {
    this.reserve(end - start);
    this.bytes.set(source.subarray(start, end), this.length);
    this.length += end - start;
  }

  /** Appends `[start, end)` of bytes that are also seen through `view`: the fast way for short runs. */
  writeViewed(source: Uint8Array, view: DataView, start: number, end: number): void {
    if (end - start > wordCopyMaxBytes) {
      this.writeBytes(source, start, end);
      return;
    }
    this.reserve(end - start);
    const target = this.view;
    let at = this.length;
    let from = start;
    for (; from <= end - 4; from += 4) {
      target.setInt32(at, view.getInt32(from, true), true);
      at += 4;
    }
    for (; from < end; from++) target.setUint8(at++, view.getUint8(from));
    this.length = at;
  }

  /**
   * Appends the bytes from `start` on that are below 128, four at a time, and gives where it stopped:
   * at `end`, or at most three bytes before the first byte of 128 or more.
   */
  writeAsciiRun(view: DataView, start: number, end: number): number {
    this.reserve(end - start);
    const target = this.view;
    let at = this.length;
    let from = start;
    for (; from <= end - 4; from += 4) {
      const word = view.getInt32(from, true);
      if ((word & highBits) !== 0) break;
      target.setInt32(at, word, true);
      at += 4;
    }
    if (from > end - 4) {
      for (; from < end; from++) {
        const byte = view.getUint8(from);
        if (byte > 127) break;
        target.setUint8(at++, byte);
      }
    }
    this.length = at;
    return from;
  }

  /** Appends a string whose characters are all below 128. */
  writeAscii(text: string): void {
    this.reserve(text.length);
    for (let i = 0; i < text.length; i++) this.bytes[this.length++] = text.charCodeAt(i);
  }

  private grow(need: number): void {
    if (need > sizeMaxBytes) {
      throw new FlashError('MEMORY', 'the values of one column in one batch pass 2 GiB', {
        hint: 'Use a smaller batch size.',
      });
    }
    const capacity = Math.min(sizeMaxBytes, Math.max(need, this.bytes.length * 2, 256));
    const grown = new Uint8Array(capacity);
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }
}
