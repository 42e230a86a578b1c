import { FlashError, type Position, type Source } from '../protocol/index.js';
import { parseLogName } from '../source/index.js';

/** True where a place in the logs is the wanted one, or after it. */
export function hasReached(position: Position | undefined, wanted: Position): boolean {
  if (position === undefined) return false;
  if (position.file === wanted.file) return position.offset >= wanted.offset;
  return isLaterLog(position.file, wanted.file);
}

/** Whether a log comes after another one of its series. */
export function isLaterLog(file: string, other: string): boolean {
  const [one, two] = [parseLogName(file), parseLogName(other)];
  if (one === undefined || two === undefined) return false;
  return one.base === two.base && one.number > two.number;
}

/**
 * Refuses a place that a followed source never comes to: one in a log of another name.
 *
 * Errors: INVALID_REQUEST.
 */
export function checkComes(source: Source, { file }: Position): void {
  if (source.next === undefined) return;
  const names = source.logs.flatMap(({ name }) => (name === undefined ? [] : [name]));
  const base = parseLogName(file)?.base;
  if (names.some((name) => base !== undefined && parseLogName(name)?.base === base)) return;
  throw new FlashError('INVALID_REQUEST', `${file} of --until is no log of ${source.location}`, {
    hint: `The logs are: ${names.join(', ')}.`,
  });
}
