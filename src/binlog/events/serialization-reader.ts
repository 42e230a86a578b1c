import type { ByteReader } from '../byte-reader.js';

/**
 * Reads fields of the mysql::serialization format, in which tagged GTIDs are written.
 *
 * An integer has as many one-bits at the low end of its first byte as bytes follow that byte; a
 * zero-bit ends them (not for 8 bytes, where the first byte is all ones); the value is what is above,
 * little-endian. A signed one has its sign as the value's lowest bit, and for negatives the
 * complement above it.
 * Source: MySQL 9.7 libs/mysql/serialization/variable_length_integers.h, byte_count_helpers.h.
 */
export class SerializationReader {
  private readonly reader: ByteReader;

  constructor(reader: ByteReader) {
    this.reader = reader;
  }

  get remaining(): number {
    return this.reader.remaining;
  }

  unsigned(): bigint {
    const first = this.reader.u8();
    const count = trailingOnes(first);
    let value = count >= 7 ? 0n : BigInt(first >> (count + 1));
    const firstBits = Math.max(0, 7 - count);
    for (let i = 0; i < count; i++) value |= BigInt(this.reader.u8()) << BigInt(firstBits + 8 * i);
    return value;
  }

  signed(): bigint {
    const coded = this.unsigned();
    const magnitude = coded >> 1n;
    return (coded & 1n) === 0n ? magnitude : -magnitude - 1n;
  }

  /** An integer that must be a small count or id. */
  small(): number {
    const value = this.unsigned();
    if (value > 0xffff_ffffn) throw this.reader.damaged(`a field number or length of ${value}`);
    return Number(value);
  }

  /** Bytes of an array, each coded as an integer of its own. */
  byteArray(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let i = 0; i < count; i++) bytes[i] = this.small();
    return bytes;
  }

  text(): string {
    return this.reader.text(this.small());
  }
}

/** Number of one-bits below the lowest zero-bit of a byte, 0 to 8. */
function trailingOnes(byte: number): number {
  const lowestZero = ~byte & (byte + 1);
  return 31 - Math.clz32(lowestZero);
}
