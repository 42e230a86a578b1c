/** Digits that one full group of a packed DECIMAL holds, in four bytes. */
const groupDigits = 9;
/** Bytes that hold 0 to 9 digits. */
const bytesOfDigits = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4] as const;

/** One group of a packed DECIMAL: `bytes` big-endian bytes that hold a number below `scale`. */
export interface DecimalGroup {
  bytes: number;
  /** 10 to the number of digits. */
  scale: number;
}

/**
 * The groups of a packed DECIMAL(precision, scale), first to last: digits before the point are
 * grouped from the point to the left, those after it to the right, so that the first and the last
 * group may be short.
 *
 * Source: MySQL 9.7 strings/decimal.cc, decimal2bin.
 */
export function decimalGroups(precision: number, scale: number): DecimalGroup[] {
  const whole = precision - scale;
  const digits = [
    whole % groupDigits,
    ...fullGroups(whole),
    ...fullGroups(scale),
    scale % groupDigits,
  ];
  return digits
    .filter((count) => count > 0)
    .map((count) => ({ bytes: bytesOfDigits[count] ?? 4, scale: 10 ** count }));
}

/** Bytes of a packed DECIMAL(precision, scale). */
export function decimalBytes(precision: number, scale: number): number {
  return decimalGroups(precision, scale).reduce((sum, group) => sum + group.bytes, 0);
}

function fullGroups(digits: number): number[] {
  return Array.from({ length: Math.floor(digits / groupDigits) }, () => groupDigits);
}
