/**
 * Gives the CRC-32 of some bytes and those after them, from the CRC-32 of each: whoever made the
 * second ones may have summed them up already.
 *
 * The first sum is moved on by as many zero bytes as the second ones have: multiplied by
 * x^(8 * length) modulo the polynomial, in GF(2).
 *
 * Units: unsigned 32-bit numbers, bit 31 the coefficient of x^0; `lengthBytes` of the second bytes.
 * Source: zlib's crc32_combine.
 */
export function combineCrc32(first: number, second: number, lengthBytes: number): number {
  let shifted = first;
  // Lengths beyond 2^32 bytes are no frame's.
  for (let bit = 0, rest = lengthBytes; rest > 0; bit += 1, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) shifted = multiply(byteShifts[bit] ?? 0, shifted);
  }
  return (shifted ^ second) >>> 0;
}

/** The reflected polynomial of zlib's CRC-32. */
const polynomial = 0xedb88320;
const one = 0x80000000;

/** x^(8 * 2^i) modulo the polynomial. */
const byteShifts = makeByteShifts();

function makeByteShifts(): Uint32Array {
  const shifts = new Uint32Array(32);
  let power = one >>> 8;
  for (let bit = 0; bit < shifts.length; bit += 1) {
    shifts[bit] = power;
    power = multiply(power, power);
  }
  return shifts;
}

function multiply(a: number, b: number): number {
  let product = 0;
  let factor = b;
  for (let bit = 31; bit >= 0; bit -= 1) {
    if ((a >>> bit) & 1) product ^= factor;
    factor = factor & 1 ? (factor >>> 1) ^ polynomial : factor >>> 1;
  }
  return product >>> 0;
}
