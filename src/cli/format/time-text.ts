/** Gives a day count since 1970-01-01 as `YYYY-MM-DD`, in the proleptic Gregorian calendar. */
export function dateText(days: number): string {
  // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
  const shifted = days + 719468;
  const era = Math.floor(shifted / 146097);
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36524) -
      Math.floor(dayOfEra / 146096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const yearText = year < 0 ? `-${pad(-year, 4)}` : pad(year, 4);
  return `${yearText}-${pad(month, 2)}-${pad(day, 2)}`;
}

/**
 * Gives an instant as `YYYY-MM-DD hh:mm:ss.ffffff` in UTC.
 *
 * Units: `value` in 1/`perSecond` seconds since 1970; `digits` of the fraction are shown.
 */
export function dateTimeText(value: bigint, perSecond: bigint, digits: number): string {
  const perDay = perSecond * 86400n;
  const inDay = ((value % perDay) + perDay) % perDay;
  return `${dateText(Number((value - inDay) / perDay))} ${clockText(inDay, perSecond, digits)}`;
}

/** Gives a signed span as MySQL writes TIME: `-838:59:59.000000`. */
export function timeText(value: bigint, perSecond: bigint, digits: number): string {
  const sign = value < 0n ? '-' : '';
  return `${sign}${clockText(value < 0n ? -value : value, perSecond, digits)}`;
}

/** Fraction digits that 1/`perSecond` of a second needs. */
export function unitDigits(perSecond: bigint): number {
  return perSecond.toString().length - 1;
}

function clockText(value: bigint, perSecond: bigint, digits: number): string {
  const seconds = Number(value / perSecond);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
    .map((part) => pad(part, 2))
    .join(':');
  if (digits === 0) return clock;
  const fraction = (value % perSecond).toString().padStart(unitDigits(perSecond), '0');
  const shown = perSecond === 1n ? '' : fraction;
  return `${clock}.${shown.padEnd(digits, '0').slice(0, digits)}`;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
