const daysOfMonth = Uint8Array.of(31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31);

/** Whether the date exists: MySQL keeps zero parts, and with ALLOW_INVALID_DATES the 31st of any month. */
export function isRealDate(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1 || year > 9999) return false;
  return day <= (daysOfMonth[month - 1] ?? 0) || (month === 2 && day === 29 && isLeapYear(year));
}

/** Days from 1970-01-01 to a date of the proleptic Gregorian calendar, year 0 included. */
export function daysFromDate(year: number, month: number, day: number): number {
  // Years that start in March put the leap day at their end.
  const shifted = month <= 2 ? year + 399 : year + 400;
  const era = (shifted / 400) | 0;
  const yearOfEra = shifted - era * 400;
  const dayOfYear = (((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) | 0) + day - 1;
  const dayOfEra = yearOfEra * 365 + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0) + dayOfYear;
  return (era - 1) * 146097 + dayOfEra - 719468;
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}
