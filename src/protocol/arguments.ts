import { FlashError } from './errors.js';
import { didYouMean } from './nearest.js';

/** What a value given by a program has to be: says what it should be, or undefined where it is so. */
export type ArgumentCheck = (value: unknown) => string | undefined;

/** The options that are known, each with what its value has to be. */
export type OptionShape<Options> = Readonly<Record<keyof Options, ArgumentCheck>>;

/** A text that has something in it. */
export const aText: ArgumentCheck = (value) =>
  typeof value === 'string' && value.trim() !== '' ? undefined : 'a text that is not empty';

export const aFlag: ArgumentCheck = (value) =>
  typeof value === 'boolean' ? undefined : 'true or false';

/** An integer from `min` on. */
export function aCount(min: number): ArgumentCheck {
  return (value) =>
    Number.isSafeInteger(value) && Number(value) >= min ? undefined : `an integer from ${min} on`;
}

export const aFunction: ArgumentCheck = (value) =>
  typeof value === 'function' ? undefined : 'a function';

export const aSignal: ArgumentCheck = (value) =>
  value instanceof AbortSignal ? undefined : 'an AbortSignal';

/** One of some texts. */
export function oneOf(...texts: readonly string[]): ArgumentCheck {
  return (value) =>
    texts.some((text) => text === value) ? undefined : `one of ${texts.join(', ')}`;
}

/** A list whose members are each so. */
export function listOf(member: ArgumentCheck): ArgumentCheck {
  return (value) => {
    if (!Array.isArray(value)) return 'a list';
    const problem = value.map((each) => member(each)).find((each) => each !== undefined);
    return problem === undefined ? undefined : `a list, each of it ${problem}`;
  };
}

/** An object, whatever is in it, as far as it has these members. */
export function anObject(...members: readonly string[]): ArgumentCheck {
  return (value) => {
    const fits =
      typeof value === 'object' && value !== null && members.every((name) => name in value);
    if (fits) return undefined;
    return members.length === 0 ? 'an object' : `an object with ${members.join(' and ')}`;
  };
}

/**
 * Checks an argument of a call of the library.
 *
 * Errors: INVALID_REQUEST with its name, what it has to be, and what it is.
 */
export function checkArgument(call: string, name: string, value: unknown, is: ArgumentCheck): void {
  const wanted = is(value);
  if (wanted === undefined) return;
  throw new FlashError('INVALID_REQUEST', `${call}: ${name} is ${shown(value)}`, {
    hint: `It has to be ${wanted}.`,
  });
}

/**
 * Checks the options of a call: an option that is undefined counts as left out.
 *
 * Errors: INVALID_REQUEST for one that is not known, with those that are, and for a value of another kind.
 */
export function checkOptions<Options>(
  call: string,
  options: unknown,
  shape: OptionShape<Options>,
): void {
  checkArgument(call, 'the options', options, (value) =>
    Array.isArray(value) ? 'an object' : anObject()(value),
  );
  const checks = new Map<string, ArgumentCheck>(Object.entries(shape));
  for (const [name, value] of Object.entries(options ?? {})) {
    const check = checks.get(name);
    if (check === undefined) {
      const known = [...checks.keys()];
      throw new FlashError('INVALID_REQUEST', `${call}: there is no option ${shown(name)}`, {
        hint: `${didYouMean(name, known)}The options are: ${known.join(', ')}.`,
      });
    }
    if (value !== undefined) checkArgument(call, name, value, check);
  }
}

/** An object with these members alone, each of its kind. */
export function objectOf<Options>(call: string, shape: OptionShape<Options>): ArgumentCheck {
  return (value) => {
    const problem = anObject()(value);
    if (problem === undefined) checkOptions(call, value, shape);
    return problem;
  };
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100));
  if (value === null || typeof value !== 'object') return String(value).slice(0, 100);
  return Array.isArray(value) ? 'a list' : 'an object of another kind';
}
