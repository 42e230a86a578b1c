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

/** The same error with what is known here about where it was met; its own place wins. */
export function withPlace(error: unknown, place: ErrorPlace): unknown {
  if (!(error instanceof FlashError)) return error;
  const where = [
    place.file === undefined ? [] : `${place.file} at offset ${place.offset ?? 0}`,
    place.table === undefined ? [] : `table ${place.table}`,
    place.column === undefined ? [] : `column ${place.column}`,
  ].flat();
  return new FlashError(error.code, `${where.join(', ')}: ${error.message}`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    place: { ...place, ...error.place },
    cause: error,
  });
}
