/** The (M,D) of FLOAT(M,D) and DOUBLE(M,D); undefined where the type has none. */
export function floatDigits(mysqlType: string): { digits: number; scale: number } | undefined {
  const [, digits, scale] = /^(?:float|double)\((\d+),(\d+)\)/.exec(mysqlType) ?? [];
  return digits === undefined ? undefined : { digits: Number(digits), scale: Number(scale) };
}

/** The largest value of FLOAT(M,D). Source: MySQL 5.7 sql/field.cc, Field_real::truncate_double. */
export function floatMax({ digits, scale }: { digits: number; scale: number }): number {
  return 10 ** (digits - scale) - 1 / 10 ** scale;
}

/** Gives what a column of floats stores of a number; undefined where it does not fit. */
export function storedFloat(value: number, bits: 32 | 64, mysqlType: string): number | undefined {
  const limits = floatDigits(mysqlType);
  let stored = value;
  if (limits !== undefined) {
    const unit = 10 ** limits.scale;
    stored = Math.floor(value) + roundToEven((value - Math.floor(value)) * unit) / unit;
    if (Math.abs(stored) > floatMax(limits)) return undefined;
  }
  if (mysqlType.includes('unsigned') && stored < 0) return undefined;
  const narrowed = bits === 32 ? Math.fround(stored) : stored;
  return Number.isFinite(narrowed) ? narrowed : undefined;
}

/** C's rint. */
function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
