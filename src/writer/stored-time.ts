import { daysFromDate, isRealDate } from '../binlog/index.js';
import type { StatementSession } from './statement-session.js';

/** A date, or a date and time: `zero` is one that no calendar has. */
export type StoredDate = { kind: 'zero' } | { kind: 'date'; days: number; micros: number };

const secondMicros = 1_000_000;
const dayMicros = 86_400 * secondMicros;

/**
 * Reads a literal as a column of dates does; undefined where it is not certain what the server reads.
 *
 * Shape: the fraction has `fsp` digits, rounded or cut as the session does.
 * Source: MySQL 8.4 manual, "Date and Time Literals".
 */
export function readDateTime(
  text: string,
  fsp: number,
  session: StatementSession,
): StoredDate | undefined {
  const match =
    /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?)?$/.exec(
      text,
    ) ?? /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9}))?)?$/.exec(text);
  if (match === null) return /^0+$/.test(text) ? { kind: 'zero' } : undefined;
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = match
    .slice(1, 7)
    .map((part) => Number(part || 0));
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  if (!isRealDate(year, month, day)) return { kind: 'zero' };
  const micros = (hours * 3600 + minutes * 60 + seconds) * secondMicros;
  const fraction = fractionMicros(match[7], fsp, session);
  const days = daysFromDate(year, month, day);
  const total = micros + fraction;
  return { kind: 'date', days: days + Math.floor(total / dayMicros), micros: total % dayMicros };
}

/** Reads `-838:59:59.5`, `10:11` or the digits of `101112` as microseconds; undefined where it is none. */
export function readTime(text: string, fsp: number, session: StatementSession): number | undefined {
  const match =
    /^(-?)(\d{1,3}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?$/.exec(text) ??
    /^(-?)(\d{1,3}?)(\d\d)(\d\d)(?:\.(\d{1,9}))?$/.exec(/^-?\d+/.test(text) ? padded(text) : '');
  if (match === null) return undefined;
  const [hours = 0, minutes = 0, seconds = 0] = match.slice(2, 5).map((part) => Number(part || 0));
  if (hours > 838 || minutes > 59 || seconds > 59) return undefined;
  const micros = (hours * 3600 + minutes * 60 + seconds) * secondMicros;
  const total = micros + fractionMicros(match[5], fsp, session);
  return total > maxTimeMicros ? undefined : match[1] === '-' ? -total : total;
}

const maxTimeMicros = (838 * 3600 + 59 * 60 + 59) * secondMicros;

/** Digits without colons are HHMMSS, zeros at their front left out. */
function padded(text: string): string {
  const [, sign = '', digits = '', rest = ''] = /^(-?)(\d+)(.*)$/.exec(text) ?? [];
  return `${sign}${digits.padStart(5, '0')}${rest}`;
}

function fractionMicros(
  digits: string | undefined,
  fsp: number,
  { roundsFractions }: StatementSession,
): number {
  if (digits === undefined) return 0;
  const unit = 10 ** (6 - fsp);
  const exact = Number(digits.padEnd(9, '0')) / 1000 / unit;
  return (roundsFractions ? Math.floor(exact + 0.5) : Math.floor(exact)) * unit;
}
