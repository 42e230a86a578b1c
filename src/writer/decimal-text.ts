/** A decimal number as an integer and the digits after its point. */
export interface DecimalValue {
  unscaled: bigint;
  scale: number;
}

/** Bound of the digits that a literal may stand for: 1e99999 is no value of any column. */
const digitsMax = 400;

/** Reads a number as SQL writes it, exponent included; undefined where it is none, or far too long. */
export function parseDecimal(text: string): DecimalValue | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/.exec(text.trim());
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match ?? [];
  if (match === null || whole + fraction === '') return undefined;
  const scale = fraction.length - Number(exponent);
  if (Math.abs(scale) > digitsMax || whole.length > digitsMax) return undefined;
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n);
  return scale >= 0
    ? { unscaled: digits, scale }
    : { unscaled: digits * 10n ** BigInt(-scale), scale: 0 };
}

/** Gives the value with `scale` digits after its point, halves rounded away from zero. */
export function rescale({ unscaled, scale: before }: DecimalValue, scale: number): bigint {
  if (scale >= before) return unscaled * 10n ** BigInt(scale - before);
  const unit = 10n ** BigInt(before - scale);
  const magnitude = unscaled < 0n ? -unscaled : unscaled;
  const rounded = (magnitude + unit / 2n) / unit;
  return unscaled < 0n ? -rounded : rounded;
}

/** `-12.50` of -1250 and scale 2. */
export function decimalText(unscaled: bigint, scale: number): string {
  const negative = unscaled < 0n;
  const digits = (negative ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const text =
    scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(digits.length - scale)}`;
  return negative ? `-${text}` : text;
}
