import { FlashError } from '../protocol/index.js';

const units: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['KIB', 2 ** 10],
  ['MIB', 2 ** 20],
  ['GIB', 2 ** 30],
  ['KB', 1e3],
  ['MB', 1e6],
  ['GB', 1e9],
]);

/**
 * Parses a size as a user writes it: `512MiB`, `4 GB`, `1000000`.
 *
 * Units: bytes.
 * Errors: INVALID_REQUEST for anything else, 0 included.
 */
export function parseSize(text: string): number {
  const match = /^(\d+) ?([a-z]*)$/i.exec(text.trim());
  const unit = units.get(match?.[2]?.toUpperCase() ?? '?');
  const bytes = Number(match?.[1]) * (unit ?? Number.NaN);
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new FlashError('INVALID_REQUEST', `Not a size: ${text}`, {
    hint: 'Write a whole number with KiB, MiB, GiB, KB, MB or GB, as 512MiB.',
  });
}
