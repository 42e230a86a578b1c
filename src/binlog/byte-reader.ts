import { formatError, type EventPlace } from './event-error.js';

/**
 * Reads an event's body from front to back. Not for row values: those have a faster way.
 *
 * Units: integers are little-endian, as everywhere in an event but inside some values.
 * Errors: `BINLOG_FORMAT` when a field passes the end of the body.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly place: EventPlace;
  position = 0;
  private readonly view: DataView;

  constructor(bytes: Uint8Array, place: EventPlace) {
    this.bytes = bytes;
    this.place = place;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.bytes.length - this.position;
  }

  u8(): number {
    return this.view.getUint8(this.advance(1));
  }

  u16(): number {
    return this.view.getUint16(this.advance(2), true);
  }

  u24(): number {
    const at = this.advance(3);
    return this.view.getUint16(at, true) | (this.view.getUint8(at + 2) << 16);
  }

  u32(): number {
    return this.view.getUint32(this.advance(4), true);
  }

  i32(): number {
    return this.view.getInt32(this.advance(4), true);
  }

  u48(): number {
    const at = this.advance(6);
    return this.view.getUint32(at, true) + this.view.getUint16(at + 4, true) * 2 ** 32;
  }

  u64(): bigint {
    return this.view.getBigUint64(this.advance(8), true);
  }

  i64(): bigint {
    return this.view.getBigInt64(this.advance(8), true);
  }

  /** A u64 that is a size or an offset, so that it must be a safe integer. */
  size64(): number {
    const value = this.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.damaged(`a size of ${value} bytes`);
    return Number(value);
  }

  /**
   * A length-encoded integer: one byte up to 250, or 252, 253, 254 and then 2, 3, 8 bytes.
   * Source: MySQL mysys/pack.cc, net_field_length_ll.
   */
  packedInt(): number {
    const first = this.u8();
    if (first <= 250) return first;
    if (first === 252) return this.u16();
    if (first === 253) return this.u24();
    if (first === 254) return this.size64();
    throw this.damaged(`a length that starts with byte ${first}`);
  }

  /** A view of the next `count` bytes. */
  take(count: number): Uint8Array {
    const start = this.advance(count);
    return this.bytes.subarray(start, start + count);
  }

  /** A view of all that is left. */
  rest(): Uint8Array {
    return this.take(this.remaining);
  }

  skip(count: number): void {
    this.advance(count);
  }

  /** The next `count` bytes as UTF-8 text. */
  text(count: number): string {
    return decodeUtf8(this.take(count));
  }

  /** Text up to a zero byte, which is read too. */
  zeroEndedText(): string {
    const end = this.bytes.indexOf(0, this.position);
    if (end < 0) throw this.damaged('a text without its end');
    const text = decodeUtf8(this.bytes.subarray(this.position, end));
    this.position = end + 1;
    return text;
  }

  damaged(problem: string): Error {
    return formatError(this.place, `the event holds ${problem}`);
  }

  private advance(count: number): number {
    const start = this.position;
    if (count > this.bytes.length - start) {
      throw formatError(
        this.place,
        `the event ends early: a field needs ${count} bytes, ${this.bytes.length - start} are left`,
      );
    }
    this.position = start + count;
    return start;
  }
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Bytes as UTF-8 text; what is no UTF-8 becomes U+FFFD. For names and statements, not for values. */
export function decodeUtf8(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}
