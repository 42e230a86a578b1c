import { FlashError } from '../../protocol/index.js';
import type { ColumnBuffer } from '../columns/column-buffer.js';

/** What becomes of zero and impossible dates: NULL and counted, or an error that stops the work. */
export type ZeroDatePolicy = 'null' | 'error';

/** Takes a zero date of one column. */
export type ZeroDateSink = (
  target: ColumnBuffer,
  row: number,
  year: number,
  month: number,
  day: number,
) => void;

/** How one column takes zero dates. `nullable`: the engine's column can hold NULL. */
export function zeroDateSink(policy: ZeroDatePolicy, nullable: boolean): ZeroDateSink {
  if (policy === 'null' && nullable) {
    return (target, row) => {
      target.appendNull(row);
      target.zeroDates++;
    };
  }
  return (_target, _row, year, month, day) => {
    const date = [pad(year, 4), pad(month, 2), pad(day, 2)].join('-');
    throw new FlashError('UNSUPPORTED', `the date ${date} does not exist in the calendar`, {
      hint: nullable
        ? 'Correct the row on the source, or let such dates become NULL: --zero-date null.'
        : 'The column is part of the primary key and can’t become NULL: correct the row on the source.',
    });
  };
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}
