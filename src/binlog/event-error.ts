import { FlashError, type ErrorPlace } from '../protocol/index.js';

/** Where an event lies. Every `EventHeader` is one. */
export interface EventPlace {
  file: string;
  offset: number;
}

const damagedHint =
  'The file may be damaged or cut short: fetch it again from the source and compare its size.';

/** The error for bytes that no server writes: an event that ends early, a bad checksum, a bad length. */
export function formatError(place: EventPlace, problem: string, hint = damagedHint): FlashError {
  return new FlashError('BINLOG_FORMAT', `${place.file} at offset ${place.offset}: ${problem}`, {
    hint,
    place: { file: place.file, offset: place.offset },
  });
}

/** The error for an event that is read well but can't be carried over. */
export function unsupportedError(place: EventPlace, problem: string, hint: string): FlashError {
  return new FlashError('UNSUPPORTED', `${place.file} at offset ${place.offset}: ${problem}`, {
    hint,
    place: { file: place.file, offset: place.offset },
  });
}

/**
 * The same error with what is known here about where it was met; its own place wins. May be called
 * again further out, where more is known.
 */
export function withPlace(error: unknown, place: ErrorPlace): unknown {
  if (!(error instanceof FlashError)) return error;
  const whole: ErrorPlace = { ...place, ...error.place };
  const { message, place: told } = innermost(error);
  const where = [
    whole.file === undefined || told.file !== undefined
      ? []
      : `${whole.file} at offset ${whole.offset ?? 0}`,
    whole.table === undefined || told.table !== undefined ? [] : `table ${whole.table}`,
    whole.column === undefined || told.column !== undefined ? [] : `column ${whole.column}`,
  ].flat();
  return new FlashError(
    error.code,
    where.length === 0 ? message : `${where.join(', ')}: ${message}`,
    {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      place: whole,
      cause: error,
    },
  );
}

/** The error as it was before places were put before its message. */
function innermost(error: FlashError): FlashError {
  const { cause } = error;
  return cause instanceof FlashError && error.message.endsWith(cause.message)
    ? innermost(cause)
    : error;
}
