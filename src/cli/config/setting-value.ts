import path from 'node:path';
import { Flags } from '@oclif/core';

/**
 * What is known of a flag, from its definition or from oclif's list of commands, which lacks `parse` and what is our own.
 */
export interface FlagShape {
  type: 'boolean' | 'option';
  multiple?: boolean | undefined;
  allowNo?: boolean | undefined;
  options?: readonly string[] | undefined;
  aliases?: readonly string[] | undefined;
  helpValue?: string | readonly string[] | undefined;
  env?: string | undefined;
  default?: unknown;
  parse?: unknown;
  exclusive?: readonly string[] | undefined;
  /** A relative path in a config file is below the folder of that file. */
  isPath?: boolean | undefined;
}

/** A setting as a config file writes it. */
export type SettingValue = string | number | boolean | readonly string[];

const parseInteger: unknown = Flags.integer().parse;

/** Says what is wrong with the type of a value of a file; undefined where nothing is. It shows no value: it may be a secret. */
export function wrongType(shape: FlagShape, value: unknown): string | undefined {
  const wanted = wantedType(shape);
  const wrong = wanted.test(value) ? undefined : `takes ${wanted.name}, not ${kindOf(value)}`;
  if (wrong !== undefined || shape.multiple !== true || !Array.isArray(value)) return wrong;
  const odd: unknown = value.find((each) => typeof each !== 'string');
  return odd === undefined ? undefined : `takes an array of strings, not ${kindOf(odd)} in it`;
}

function wantedType(shape: FlagShape): { name: string; test: (value: unknown) => boolean } {
  if (shape.type === 'boolean') {
    return { name: 'true or false', test: (value) => typeof value === 'boolean' };
  }
  if (shape.multiple === true) return { name: 'an array of strings', test: Array.isArray };
  const isString = (value: unknown): boolean => typeof value === 'string';
  const isInt = (value: unknown): boolean => typeof value === 'bigint';
  if (shape.parse === undefined) {
    return { name: 'a string or an integer', test: (value) => isString(value) || isInt(value) };
  }
  return isInteger(shape)
    ? { name: 'an integer', test: isInt }
    : { name: 'a string', test: isString };
}

/** True for a flag that takes a whole number; never of oclif's list, which does not tell. */
export function isInteger({ parse }: FlagShape): boolean {
  return parse === parseInteger;
}

function kindOf(value: unknown): string {
  if (typeof value === 'string') return 'a string';
  if (typeof value === 'bigint') return 'an integer';
  if (typeof value === 'number') return 'a float';
  if (typeof value === 'boolean') return 'a boolean';
  if (Array.isArray(value)) return 'an array';
  return value instanceof Date ? 'a date or time without quotes' : 'a table';
}

/** A line that sets a flag, to copy. */
export function exampleOf(name: string, shape: FlagShape): string {
  if (shape.type === 'boolean') return `${name} = true`;
  if (isInteger(shape)) return `${name} = 1`;
  const [text = 'TEXT'] = [shape.options?.[0] ?? shape.helpValue].flat();
  return shape.multiple === true ? `${name} = ["${text}"]` : `${name} = "${text}"`;
}

/**
 * Gives the words of a command line that set a flag to what a file has, which is of the flag's type.
 *
 * Shape: none where the file says what is so without it.
 */
export function wordsFor(name: string, shape: FlagShape, value: SettingValue): string[] {
  if (value === true) return [`--${name}`];
  if (value === false) return shape.allowNo === true ? [`--no-${name}`] : [];
  return [value].flat().map((each) => `--${name}=${each}`);
}

/** Gives what a file says of a flag, its paths those that the command is to open. */
export function settingValue(shape: FlagShape, value: unknown, folder: string): SettingValue {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return Number(value);
  const texts = (Array.isArray(value) ? value : [value]).map(String);
  const paths = shape.isPath === true ? texts.map((text) => pathBelow(folder, text)) : texts;
  return shape.multiple === true ? paths : (paths[0] ?? '');
}

/** URLs stay as they are but for the files that they name, and so does `-`, stdin. */
function pathBelow(folder: string, text: string): string {
  if (/^(?:mysql|mariadb):/i.test(text)) {
    return text.replace(
      /([?&]ssl-(?:ca|cert|key)=)([^&#]*)/g,
      (_, name: string, file: string) => name + filePart(folder, file),
    );
  }
  const isPath = text !== '' && text !== '-' && !/^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  return isPath && !path.isAbsolute(text) ? path.resolve(folder, text) : text;
}

/** The file that a parameter of a URL names, as such a parameter. */
function filePart(folder: string, part: string): string {
  try {
    const file = path.resolve(folder, decodeURIComponent(part.replaceAll('+', ' ')));
    return part === '' ? part : encodeURIComponent(file).replaceAll('%2F', '/');
  } catch {
    // What is no text of a URL is refused where the URL is read.
    return part;
  }
}

/** The value as a config file writes it; nothing for undefined. */
export function valueText(value: SettingValue | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'object') return `[${value.map((each) => JSON.stringify(each)).join(', ')}]`;
  return JSON.stringify(value);
}
