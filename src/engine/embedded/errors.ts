import { FlashError, type ErrorCode, type ErrorPlace } from '../../protocol/index.js';
import { readText, status, type Bindings, type NativeError } from './bindings.js';

/** Error code of each tf_status that is a failure. */
const codeOfStatus: Readonly<Record<number, ErrorCode>> = {
  [status.invalid]: 'INVALID_REQUEST',
  [status.notFound]: 'NOT_FOUND',
  [status.inUse]: 'IN_USE',
  [status.denied]: 'DENIED',
  [status.diskFull]: 'DISK_FULL',
  [status.memory]: 'MEMORY',
  [status.cancelled]: 'CANCELLED',
  [status.brokenData]: 'BROKEN_DATA',
  [status.engine]: 'ENGINE',
  [status.internal]: 'INTERNAL',
};

/** Makes a FlashError of a tf_error, and frees what the tf_error owns. */
export function takeError(
  bindings: Bindings,
  error: NativeError,
  place: ErrorPlace = {},
): FlashError {
  const message = error.message ? readText(error.message) : 'the engine gave no reason';
  const hint = error.hint ? readText(error.hint) : undefined;
  const engineCode = error.engine_code ?? 0;
  const code = codeOfStatus[error.status ?? status.internal] ?? 'INTERNAL';
  bindings.call('errorClear', error);
  // Closed while the call waited for its turn.
  if (message === closedHandle) return closedError('engine');
  return new FlashError(code, message, {
    ...(hint === undefined ? {} : { hint }),
    place: { ...place, ...(engineCode === 0 ? {} : { engineCode }) },
  });
}

/** As `native/src/api.cc` says it. */
const closedHandle = 'the handle is NULL or was closed';

/** The error of a call on a handle that was closed. */
export function closedError(what: string): FlashError {
  return new FlashError('CANCELLED', `The ${what} was closed.`);
}
