import { ZstdError } from './zstd-error.js';

/** Bits that one step reads at most: with the bits of a started byte they fit into an int32. */
const stepBitsMax = 24;

/**
 * Reads a bit stream from its end to its start: its last set bit marks where it begins.
 *
 * Source: RFC 8878, section 4.1 and 4.2.
 */
export class BackwardBits {
  /** Bits that are left; below zero once more were taken than there are. */
  left: number;
  private readonly source: Uint8Array;
  private readonly start: number;

  constructor(source: Uint8Array, start: number, end: number) {
    const last = start < end ? (source[end - 1] ?? 0) : 0;
    if (last === 0) throw new ZstdError('a bit stream without its end mark');
    this.source = source;
    this.start = start;
    this.left = (end - start) * 8 - Math.clz32(last) + 23;
  }

  /** Takes `count` bits, up to 31. Errors: when there are not as many. */
  read(count: number): number {
    if (count > stepBitsMax) {
      const high = this.read(count - stepBitsMax);
      return high * 2 ** stepBitsMax + this.read(stepBitsMax);
    }
    this.left -= count;
    if (this.left < 0) throw new ZstdError('a bit stream that ends early');
    return this.bitsAt(this.left) & ((1 << count) - 1);
  }

  /** Takes up to 24 bits; those after the end are zero. */
  readPadded(count: number): number {
    const have = Math.max(0, Math.min(count, this.left));
    const bits = have === 0 ? 0 : this.read(have);
    this.left -= count - have;
    return bits << (count - have);
  }

  /** The bits from bit `at` on, counted from the stream's start; at least 25 are right. */
  bitsAt(at: number): number {
    const { source } = this;
    const byte = this.start + (at >> 3);
    const word =
      (source[byte] ?? 0) |
      ((source[byte + 1] ?? 0) << 8) |
      ((source[byte + 2] ?? 0) << 16) |
      ((source[byte + 3] ?? 0) << 24);
    return word >>> (at & 7);
  }
}
