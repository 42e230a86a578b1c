const daysOf1900 = -25_567;
const daysOf2300 = 120_530;

/**
 * True for a day that ClickHouse's date literals can't say: they end at 1900 and 2299, its columns don't.
 *
 * Units: days since 1970-01-01.
 */
export function isFarDay(days: number): boolean {
  return days < daysOf1900 || days >= daysOf2300;
}
