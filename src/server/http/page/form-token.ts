import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * What a form of the page carries to show that its page was read by who sends it. Pages of other places can't read it, and
 * without the server's key nobody can make it. It is of one login, and of one run of the server.
 */
export function formToken(key: Uint8Array, authorization: string | undefined): string {
  return createHmac('sha256', key)
    .update(`page form\0${authorization ?? ''}`)
    .digest('hex');
}

/** Whether a token is the one of this key and login. */
export function isFormToken(
  given: string,
  key: Uint8Array,
  authorization: string | undefined,
): boolean {
  const right = Buffer.from(formToken(key, authorization));
  const bytes = Buffer.from(given);
  return bytes.length === right.length && timingSafeEqual(bytes, right);
}
