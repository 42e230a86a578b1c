import type { AppendValue } from './append-value.js';
import { writeDatetime } from './datetime.js';
import { readFraction, unitsPerSecond } from './fraction.js';
import type { ZeroDateSink } from './zero-date.js';

/**
 * Appends TIMESTAMP as seconds, milli- or microseconds since 1970, UTC. 0 is the zero date: the
 * first instant that MySQL takes is one second later.
 *
 *     +--------------------+------------------------+
 *     | seconds since 1970 | fraction, big-endian   |
 *     | 4                  | 0 to 3                 |
 *     +--------------------+------------------------+
 *
 * `littleEndian` for the form before MySQL 5.6, which has no fraction. The seconds are unsigned:
 * MariaDB 11.5 goes to 2106.
 * Source: MySQL 9.7 mysys/my_time.cc, my_timestamp_from_binary; sql/field.cc, Field_timestamp.
 */
export function timestampAppender(
  fsp: number,
  littleEndian: boolean,
  onZeroDate: ZeroDateSink,
): AppendValue {
  const units = unitsPerSecond(fsp);
  return (target, row, source, start, end) => {
    const seconds = source.view.getUint32(start, littleEndian);
    if (seconds === 0) onZeroDate(target, row, 0, 0, 0);
    else {
      const fraction = readFraction(source.view, start + 4, end, units);
      writeDatetime(target, row, seconds, units, fraction);
    }
  };
}
