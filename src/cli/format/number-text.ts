/** Gives a decimal's exact text from its unscaled value: `-12.30`, as many digits as the scale. */
export function decimalText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const sign = unscaled < 0n ? '-' : '';
  if (scale <= 0) return `${sign}${digits}${unscaled === 0n ? '' : '0'.repeat(-scale)}`;
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Reads a two's complement integer of `words` 32-bit words, least significant first. */
export function wideInteger(values: Uint32Array, row: number, words: number): bigint {
  let value = 0n;
  for (let word = words - 1; word >= 0; word -= 1) {
    value = (value << 32n) | BigInt(values[row * words + word] ?? 0);
  }
  return BigInt.asIntN(words * 32, value);
}

/** Gives the shortest text that reads back as the same 64-bit float. */
export function doubleText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Gives the shortest text that reads back as the same 32-bit float: `0.1`, not `0.10000000149`. */
export function floatText(value: number): string {
  if (!Number.isFinite(value) || value === 0) return doubleText(value);
  for (let digits = 1; digits <= 9; digits += 1) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return String(rounded);
  }
  return String(value);
}
