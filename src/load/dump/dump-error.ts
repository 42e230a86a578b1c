import { FlashError, type ErrorCode } from '../../protocol/index.js';

/** The command that writes a dump as it is wanted. */
export const dumpCommand =
  'mysqldump --single-transaction --source-data=2 --default-character-set=utf8mb4 --databases NAME ' +
  '(--master-data=2 for MariaDB, and MySQL before 8.0.26)';

/** The error for a dump that can't be loaded. Nothing of it is visible. */
export function dumpError(
  file: string,
  problem: string,
  options: {
    hint?: string;
    offset?: number;
    table?: string;
    column?: string;
    code?: ErrorCode;
    cause?: unknown;
  } = {},
): FlashError {
  const { hint, offset, table, column, code = 'INVALID_REQUEST', cause } = options;
  const place = offset === undefined ? '' : ` at offset ${offset}`;
  return new FlashError(code, `${file}${place}: ${problem}`, {
    hint: `${hint ?? `Dump again: ${dumpCommand}.`} Nothing of the dump was loaded.`,
    place: {
      file,
      ...(offset === undefined ? {} : { offset }),
      ...(table === undefined ? {} : { table }),
      ...(column === undefined ? {} : { column }),
    },
    cause,
  });
}
