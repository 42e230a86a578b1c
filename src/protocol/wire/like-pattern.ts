import { FlashError } from '../errors.js';

/**
 * Gives ClickHouse's form of a LIKE pattern, whose escape character is always the backslash.
 *
 * Errors: INVALID_REQUEST when the escape character is not one character, stands last, or stands in
 * front of something that needs no escape: the SQL standard leaves no meaning for those.
 */
export function likePattern(pattern: string, escape: string): string {
  if (Array.from(escape).length !== 1) {
    throw new FlashError('INVALID_REQUEST', `Not one character to escape with: "${escape}"`);
  }
  let result = '';
  let isEscaped = false;
  for (const character of pattern) {
    if (isEscaped) {
      if (character !== '%' && character !== '_' && character !== escape) break;
      result += quote(character);
      isEscaped = false;
    } else if (character === escape) {
      isEscaped = true;
    } else {
      result += character === '%' || character === '_' ? character : quote(character);
    }
  }
  if (!isEscaped) return result;
  throw new FlashError('INVALID_REQUEST', `The pattern "${pattern}" ends an escape early`, {
    hint: `"${escape}" may stand only before %, _ and itself.`,
  });
}

function quote(character: string): string {
  return /[%_\\]/.test(character) ? `\\${character}` : character;
}
