import { errorCodes, FlashError, type ErrorCode, type ErrorPlace, type Retry } from '../errors.js';
import { wireLimits } from './constants.js';
import { type JsonFields } from './json-fields.js';

/**
 * An error on the wire. `fatal` says that the sender closes the connection after it; otherwise the
 * request is over and the connection is ready for the next one.
 */
export interface ErrorMessage {
  type: 'ERROR';
  code: string;
  message: string;
  hint?: string;
  retry: Retry;
  fatal: boolean;
  /** BUSY only: when to try again. */
  retryAfterMs?: number;
  place: ErrorPlace;
}

/** Gives the message for an error. What is no FlashError is a bug, and only its message crosses. */
export function toErrorMessage(
  error: unknown,
  options: { fatal: boolean; retryAfterMs?: number },
): ErrorMessage {
  const known =
    error instanceof FlashError
      ? error
      : new FlashError('INTERNAL', error instanceof Error ? error.message : String(error));
  return {
    type: 'ERROR',
    code: known.code,
    message: known.message,
    ...(known.hint === undefined ? {} : { hint: known.hint }),
    retry: known.retry,
    place: known.place,
    ...options,
  };
}

/**
 * Gives the error that a message tells of. A code of a newer side, unknown here, becomes ENGINE or
 * CONNECTION by whether a repeat may help; its name stays in the message.
 */
export function fromErrorMessage(message: ErrorMessage): FlashError {
  const known = isErrorCode(message.code) ? message.code : undefined;
  const fallback = message.retry === 'after-backoff' ? 'CONNECTION' : 'ENGINE';
  const text = known === undefined ? `${message.code}: ${message.message}` : message.message;
  return new FlashError(known ?? fallback, text, {
    ...(message.hint === undefined ? {} : { hint: message.hint }),
    place: message.place,
  });
}

/** Parses the fields of an ERROR message. */
export function parseErrorMessage(fields: JsonFields): ErrorMessage {
  const hint = fields.optionalText('hint', wireLimits.jsonBytesMax);
  const retryAfterMs = fields.optionalInteger('retryAfterMs', 0);
  return {
    type: 'ERROR',
    code: fields.text('code'),
    message: fields.longText('message'),
    ...(hint === undefined ? {} : { hint }),
    retry: fields.choice('retry', ['never', 'after-backoff', 'after-repair']),
    fatal: fields.flag('fatal'),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    place: fields.has('place') ? parsePlace(fields.object('place')) : {},
  };
}

function parsePlace(fields: JsonFields): ErrorPlace {
  const place: ErrorPlace = {};
  for (const name of ['file', 'table', 'column'] as const) {
    const value = fields.optionalText(name, wireLimits.jsonBytesMax);
    if (value !== undefined) place[name] = value;
  }
  for (const name of ['offset', 'engineCode'] as const) {
    const value = fields.optionalInteger(name, Number.MIN_SAFE_INTEGER);
    if (value !== undefined) place[name] = value;
  }
  return place;
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}
