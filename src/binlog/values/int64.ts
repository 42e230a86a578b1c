const wordSize = 2 ** 32;

/** Writes a safe integer as a 64-bit little-endian one, without a bigint. */
export function writeInt64(view: DataView, at: number, value: number): void {
  const high = Math.floor(value / wordSize);
  view.setInt32(at, value - high * wordSize, true);
  view.setInt32(at + 4, high, true);
}

const lowUnit = 2 ** 20;
const highUnit = 2 ** 12;

/**
 * Writes `count * unit + rest` as a 64-bit little-endian integer, exact also where the sum is no
 * safe integer: the microseconds of the years after 2255.
 *
 * Units: |count| below 2^33 * 2^5, unit up to 10^6, rest from 0 below unit.
 */
export function writeProduct(
  view: DataView,
  at: number,
  count: number,
  unit: number,
  rest: number,
): void {
  const countHigh = Math.floor(count / lowUnit);
  const low = (count - countHigh * lowUnit) * unit + rest;
  const carry = Math.floor(low / lowUnit);
  // From here the number is upper * 2^20 + (low mod 2^20).
  const upper = countHigh * unit + carry;
  const high = Math.floor(upper / highUnit);
  view.setInt32(at, (upper - high * highUnit) * lowUnit + (low - carry * lowUnit), true);
  view.setInt32(at + 4, high, true);
}

/** Reads a big-endian unsigned integer of 1 to 6 bytes. */
export function readBigEndian(view: DataView, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) value = value * 256 + view.getUint8(at);
  return value;
}
