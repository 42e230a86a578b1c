import { FlashError, type ErrorCode } from '../protocol/index.js';

/**
 * What the log tells of an error: its code, ClickHouse's number, and the text where the server wrote
 * it itself. The engine's text, and what quotes a request, may hold values of tables: the client
 * alone gets it. Of a bug the log has the line that failed.
 */
export function errorFields(error: FlashError): Record<string, string | number> {
  const { code, message, place, cause } = error;
  const frame = code === 'INTERNAL' && cause instanceof Error ? firstFrame(cause) : undefined;
  return {
    code,
    ...(place.engineCode === undefined ? {} : { engineCode: place.engineCode }),
    ...(ownTexts.has(code) ? { message } : {}),
    ...(frame === undefined ? {} : { at: frame }),
  };
}

/** Codes that no engine gives, and whose texts quote nothing of a request. */
const ownTexts: ReadonlySet<ErrorCode> = new Set([
  'AUTH',
  'BUSY',
  'PROTOCOL',
  'TIMEOUT',
  'TOO_LARGE',
  'VERSION',
]);

function firstFrame({ stack = '' }: Error): string | undefined {
  return /^ {4}at (.*)$/m.exec(stack)?.[1];
}

/** What was thrown, as an error for clients: a bug where it is none of ours. */
export function toFlashError(error: unknown): FlashError {
  if (error instanceof FlashError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new FlashError('INTERNAL', message, { cause: error });
}
