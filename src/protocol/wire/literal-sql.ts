import { FlashError } from '../errors.js';
import { isFarDay } from '../far-day.js';
import { quoteString } from '../sql-text.js';
import { type Literal } from './filter.js';

/**
 * Gives ClickHouse's form of a literal that is compared with a column of `engineType`. Nothing of
 * the literal's text reaches the SQL unless it is a checked number, hex, or quoted.
 *
 * Shape: `engineType` without Nullable and LowCardinality, as `bareType` gives it.
 * Errors: INVALID_REQUEST for a text that has no UTF-8 form.
 */
export function literalSql(literal: Literal, engineType: string): string {
  switch (literal.type) {
    case 'null':
      return 'NULL';
    case 'bool':
      return literal.value ? '1' : '0';
    case 'int':
      return integerSql(literal.value, engineType);
    case 'decimal':
      return decimalSql(literal.value, 0);
    case 'float':
      return floatSql(literal.value);
    case 'string':
      return textSql(literal.value);
    case 'binary':
      return `unhex('${literal.value}')`;
    case 'date':
      return engineType.startsWith('DateTime')
        ? timestampSql(BigInt(literal.value) * 86_400_000_000n)
        : `toDate32('${dateText(Number(literal.value))}')`;
    case 'timestamp':
      return timestampSql(BigInt(literal.value));
    case 'time':
      return timeSql(BigInt(literal.value));
  }
}

/** The type inside Nullable and LowCardinality. */
export function bareType(engineType: string): string {
  const inner = /^(?:Nullable|LowCardinality)\((.*)\)$/.exec(engineType)?.[1];
  return inner === undefined ? engineType : bareType(inner);
}

/** Whether a column holds floats. */
export function isFloatType(engineType: string): boolean {
  return /^B?Float/.test(bareType(engineType));
}

/** True for a date that ClickHouse's literals can't say. */
export function isFarDate(literal: Literal): boolean {
  return literal.type === 'date' && isFarDay(Number(literal.value));
}

/** Quotes a text, control characters as `\xHH`. */
export function textSql(text: string): string {
  if (/\p{Surrogate}/u.test(text)) {
    throw new FlashError('INVALID_REQUEST', 'A text holds half a surrogate pair', {
      hint: 'Send it as bytes (type binary).',
    });
  }
  return quoteString(text).replace(
    // eslint-disable-next-line no-control-regex -- the control characters are what is looked for
    /[\u0000-\u001f\u007f]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

const int64Min = -(2n ** 63n);
const uint64Max = 2n ** 64n - 1n;

/** Beyond 64 bits a bare number would become a float, and beside a Decimal it could overflow. */
function integerSql(text: string, engineType: string): string {
  const value = BigInt(text);
  if (engineType.startsWith('Decimal')) {
    const scale = Number(/,\s*(\d+)\)$/.exec(engineType)?.[1] ?? 0);
    return decimalSql(text, scale);
  }
  if (value >= int64Min && value <= uint64Max) return value < 0n ? `(${value})` : String(value);
  return decimalSql(text, 0);
}

function decimalSql(text: string, scaleMin: number): string {
  const digits = /^-?0*(\d*)\.?(\d*)$/.exec(text);
  const scale = Math.max(
    digits?.[2]?.length ?? 0,
    Math.min(scaleMin, 76 - (digits?.[1]?.length ?? 0)),
  );
  return `toDecimal256('${text}', ${scale})`;
}

function floatSql(text: string): string {
  if (text === 'NaN') return 'nan';
  if (text === 'Infinity') return 'inf';
  if (text === '-Infinity') return '(-inf)';
  return `toFloat64('${text}')`;
}

function timestampSql(micros: bigint): string {
  return `fromUnixTimestamp64Micro(toInt64('${micros}'), 'UTC')`;
}

function timeSql(micros: bigint): string {
  const size = micros < 0n ? -micros : micros;
  const two = (value: bigint): string => String(value).padStart(2, '0');
  const seconds = size / 1_000_000n;
  const clock = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n].map(two).join(':');
  const fraction = String(size % 1_000_000n).padStart(6, '0');
  return `toTime64('${micros < 0n ? '-' : ''}${clock}.${fraction}', 6)`;
}

function dateText(days: number): string {
  return new Date(days * 86_400_000).toISOString().slice(0, 10);
}
