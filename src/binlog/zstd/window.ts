import { ZstdError } from './zstd-error.js';

const firstBytes = 256 * 1024;

/**
 * What was unpacked last: the block at hand, and as much before it as matches may reach back to.
 *
 * Memory: grows with what is unpacked, to one and a half windows and a block.
 * Time: each byte that is unpacked is moved at most twice later on.
 */
export class Window {
  private bytes = new Uint8Array(0);
  private length = 0;
  private blockStart = 0;
  private blockEnd = 0;
  private readonly windowBytes: number;
  private readonly sizeMax: number;
  /** The last offsets, newest first. */
  private offset1 = 1;
  private offset2 = 4;
  private offset3 = 8;

  constructor(windowBytes: number, blockMax: number) {
    this.windowBytes = windowBytes;
    this.sizeMax = windowBytes + Math.max(windowBytes >> 1, blockMax) + blockMax;
  }

  /** Begins a block of at most `sizeMax` bytes. */
  beginBlock(sizeMax: number): void {
    if (this.length + sizeMax > this.bytes.length) this.makeRoom(sizeMax);
    this.blockStart = this.length;
    this.blockEnd = this.length + sizeMax;
  }

  /** The block at hand as far as it is unpacked. Owns: a view, valid until the next one begins. */
  get block(): Uint8Array {
    return this.bytes.subarray(this.blockStart, this.length);
  }

  write(source: Uint8Array, start: number, end: number): void {
    this.checkRoom(end - start);
    if (end - start > 32) this.bytes.set(source.subarray(start, end), this.length);
    else {
      let at = this.length;
      for (let from = start; from < end; from++) this.bytes[at++] = source[from] ?? 0;
    }
    this.length += end - start;
  }

  fill(byte: number, count: number): void {
    this.checkRoom(count);
    this.bytes.fill(byte, this.length, this.length + count);
    this.length += count;
  }

  /** Copies `count` bytes from as far back as a sequence's offset value says. */
  copyMatch(offsetValue: number, hasLiterals: boolean, count: number): void {
    const offset = this.resolveOffset(offsetValue, hasLiterals);
    if (offset > this.length || offset > this.windowBytes + this.length - this.blockStart) {
      throw new ZstdError('a match that reaches too far back');
    }
    this.checkRoom(count);
    const { bytes } = this;
    const from = this.length - offset;
    if (offset >= count && count > 32) bytes.copyWithin(this.length, from, from + count);
    else {
      const to = this.length;
      for (let i = 0; i < count; i++) bytes[to + i] = bytes[from + i] ?? 0;
    }
    this.length += count;
  }

  /** Source: RFC 8878, section 3.1.1.5. */
  private resolveOffset(value: number, hasLiterals: boolean): number {
    if (value > 3) {
      this.offset3 = this.offset2;
      this.offset2 = this.offset1;
      this.offset1 = value - 3;
      return this.offset1;
    }
    const which = hasLiterals ? value - 1 : value;
    if (which === 0) return this.offset1;
    const offset = which === 1 ? this.offset2 : which === 2 ? this.offset3 : this.offset1 - 1;
    if (offset < 1) throw new ZstdError('a match of its own place');
    if (which > 1) this.offset3 = this.offset2;
    this.offset2 = this.offset1;
    this.offset1 = offset;
    return offset;
  }

  private checkRoom(count: number): void {
    if (this.length + count > this.blockEnd) throw new ZstdError('a block that is too large');
  }

  private makeRoom(count: number): void {
    const need = this.length + count;
    if (need > this.sizeMax) {
      const from = this.length - this.windowBytes;
      this.bytes.copyWithin(0, from, this.length);
      this.length = this.windowBytes;
      return;
    }
    const size = Math.min(this.sizeMax, Math.max(need, this.bytes.length * 2, firstBytes));
    const grown = new Uint8Array(size);
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }
}
