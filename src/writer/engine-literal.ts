import { engineValueType, quoteString, type ColumnType } from '../protocol/index.js';
import { decimalText } from './decimal-text.js';

/**
 * SQL of the engine for one stored value. Dates are numbers of days: as literals, the engine's dates
 * end in 2299.
 */
export const engineLiteral = {
  text: quoteString,
  integer: (value: bigint | number): string => String(value),
  decimal: (unscaled: bigint, type: Extract<ColumnType, { kind: 'decimal' }>): string =>
    `CAST(${quoteString(decimalText(unscaled, type.scale))} AS ${engineValueType(type)})`,
  float: (value: number, bits: 32 | 64): string => `toFloat${bits}(${value})`,
  date: (days: number): string => `(toDate32('1970-01-01') + toInt32(${days}))`,
  /** `micros`: since 1970, UTC. */
  dateTime: (days: number, microsOfDay: number, fsp: number): string => {
    const micros = BigInt(days) * 86_400_000_000n + BigInt(microsOfDay);
    return `CAST(fromUnixTimestamp64Micro(toInt64(${micros}), 'UTC') AS DateTime64(${fsp}, 'UTC'))`;
  },
  time: (micros: number, fsp: number): string => {
    const sign = micros < 0 ? '-' : '';
    const whole = Math.floor(Math.abs(micros) / 1_000_000);
    const parts = [whole / 3600, (whole / 60) % 60, whole % 60].map((part) =>
      String(Math.floor(part)).padStart(2, '0'),
    );
    const fraction = String(Math.abs(micros) % 1_000_000).padStart(6, '0');
    return `CAST('${sign}${parts.join(':')}.${fraction}' AS ${engineValueType({ kind: 'time', fsp })})`;
  },
  bytes: (hex: string): string => (hex === '' ? "''" : `unhex('${hex}')`),
};
