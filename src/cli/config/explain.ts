import { Errors } from '@oclif/core';
import { FlashError } from '../../protocol/index.js';
import { describeError } from '../error-report.js';
import { originText } from './origin.js';
import type { Setting } from './settle.js';

/**
 * Gives an error that also says where the config file sets what the error is about: who reads it did not type the flag.
 *
 * A setting is what it is about where the message has the flag's name, or the path or URL that it is set to.
 */
export function withOrigins(error: unknown, settings: readonly Setting[]): unknown {
  const isOfUser = error instanceof FlashError || error instanceof Errors.CLIError;
  if (!isOfUser || error instanceof Errors.ExitError) return error;
  const { code, message, place, hint } = describeError(error, false);
  const origins = settings
    .filter(({ from }) => from.kind === 'file')
    .filter((setting) => isAbout(message, setting))
    .map(({ name, from }) => ({ name, place: originText(from) }))
    .filter((origin) => !message.includes(origin.place));
  if (origins.length === 0) return error;
  const told = origins.map(({ name, place: at }) => `--${name} is set in ${at}.`);
  return new FlashError(code, message, {
    hint: [hint ?? [], told].flat().join(' '),
    place,
    cause: error,
  });
}

function isAbout(message: string, { name, value }: Setting): boolean {
  if (new RegExp(`--${name}(?![\\w-])`).test(message)) return true;
  const texts = typeof value === 'object' ? value : [value];
  return texts.some(
    (text) => typeof text === 'string' && text.includes('/') && message.includes(text),
  );
}
