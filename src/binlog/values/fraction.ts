import { readBigEndian } from './int64.js';

/** Arrow's units of a second for a timestamp with this many fraction digits. */
export function unitsPerSecond(fsp: number): 1 | 1000 | 1_000_000 {
  if (fsp === 0) return 1;
  return fsp <= 3 ? 1000 : 1_000_000;
}

/** Bytes of the fraction in TIME2, DATETIME2 and TIMESTAMP2: one for two digits. */
export function fractionBytes(fsp: number): number {
  return (fsp + 1) >> 1;
}

/** What the stored fraction is multiplied with to get microseconds, by its bytes. */
export function fractionMicros(bytes: number): number {
  return 100 ** (3 - bytes);
}

/** Reads the fraction `[start, end)` of a value of `fsp` digits in Arrow's units. */
export function readFraction(view: DataView, start: number, end: number, units: number): number {
  if (start === end) return 0;
  const micros = readBigEndian(view, start, end) * fractionMicros(end - start);
  return units === 1000 ? Math.floor(micros / 1000) : micros;
}
