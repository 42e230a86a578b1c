import type { Config } from '@oclif/core';
import { didYouMean, FlashError } from '../../protocol/index.js';
import { engineFlags } from '../engine-flag.js';
import { sourceFlags } from '../source-flags.js';
import type { ConfigFile } from './config-file.js';
import { exampleOf, wrongType, type FlagShape } from './setting-value.js';

/** The keys of each table, by the command that the table is named after. */
export type CommandKeys = ReadonlyMap<string, ReadonlyMap<string, FlagShape>>;

const sharedFlags: ReadonlyMap<string, FlagShape> = new Map(
  Object.entries<FlagShape>({ ...engineFlags, ...sourceFlags }),
);

/** Keys that stand above the first table, for all commands that have the flag. */
export const sharedKeys: readonly string[] = [...sharedFlags.keys()];

/** They are of one run: how it answers, and which file is read. */
const commandLineOnly: ReadonlySet<string> = new Set(['config', 'json', 'help']);

/** Gives what a config file may set: each flag of each command of ours. */
export function commandKeys(config: Config): CommandKeys {
  const own = config.commands.filter(({ pluginName }) => pluginName === config.pjson.name);
  const tables = own.map(({ id, flags }) => {
    const settable = Object.entries(flags).filter(([name]) => !commandLineOnly.has(name));
    return [id, new Map<string, FlagShape>(settable)] as const;
  });
  return new Map(
    tables.filter(([, keys]) => keys.size > 0).sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}

/**
 * Checks each table, key and type of a file, whatever command is run: a typo in [serve] is found by `theflash scan` too.
 *
 * Errors: INVALID_REQUEST, with file, line and the nearest name.
 */
export function checkKeys(file: ConfigFile, tables: CommandKeys): void {
  for (const [name, value] of Object.entries(file.values)) {
    const keys = tables.get(name);
    if (keys !== undefined) checkTable(file, name, value, keys);
    else checkShared(file, name, value, tables);
  }
}

function checkTable(
  file: ConfigFile,
  table: string,
  value: unknown,
  keys: ReadonlyMap<string, FlagShape>,
): void {
  if (!isTable(value)) {
    throw refuse(file, [table], `${table} is a command, and its settings stand in a table`, {
      hint: `Write [${table}], and below it a line for each setting.`,
    });
  }
  for (const [name, setting] of Object.entries(value)) {
    const shape = keys.get(name);
    if (shape === undefined) {
      throw refuse(file, [table, name], `${table} has no setting ${name}`, {
        hint: `${otherName(name, keys)}\`theflash ${table} --help\` lists its flags: the keys are their long names.`,
      });
    }
    checkType(file, [table, name], shape, setting);
  }
}

function checkShared(file: ConfigFile, name: string, value: unknown, tables: CommandKeys): void {
  const shape = sharedFlags.get(name);
  if (shape !== undefined) {
    checkType(file, [name], shape, value);
    return;
  }
  const having = [...tables].filter(([, keys]) => keys.has(name)).map(([table]) => `[${table}]`);
  throw refuse(file, [name], unknownWhat(name, value, having), {
    hint: unknownHint(name, value, having, tables),
  });
}

function unknownWhat(name: string, value: unknown, having: readonly string[]): string {
  if (isTable(value)) return `There is no command ${name} that has settings`;
  if (having.length > 0) return `${name} is a setting of single commands, and stands in no table`;
  return `There is no setting ${name}`;
}

function unknownHint(
  name: string,
  value: unknown,
  having: readonly string[],
  tables: CommandKeys,
): string {
  if (isTable(value)) {
    const commands = [...tables.keys()];
    return `${didYouMean(name, commands)}The tables are ${commands.map((each) => `[${each}]`).join(' ')}.`;
  }
  if (having.length > 0) return `Put it below ${having.join(' or ')}.`;
  if (commandLineOnly.has(name)) return 'It is a flag of the command line alone.';
  return `${didYouMean(name, [...sharedKeys, ...tables.keys()])}Above the first table stand ${sharedKeys.join(', ')}.`;
}

function otherName(name: string, keys: ReadonlyMap<string, FlagShape>): string {
  if (commandLineOnly.has(name)) return 'It is a flag of the command line alone. ';
  const [ofAlias] = [...keys].find(([, { aliases }]) => aliases?.includes(name) === true) ?? [];
  return ofAlias === undefined ? didYouMean(name, keys.keys()) : `Here it is ${ofAlias}. `;
}

function checkType(
  file: ConfigFile,
  path: readonly string[],
  shape: FlagShape,
  value: unknown,
): void {
  const wrong = wrongType(shape, value);
  if (wrong === undefined) return;
  throw refuse(file, path, `${path.join('.')} ${wrong}`, {
    hint: `Write it as ${exampleOf(path.at(-1) ?? '', shape)}`,
  });
}

/** An error of one place in a config file. */
export function refuse(
  { file, lineOf }: ConfigFile,
  path: readonly string[],
  what: string,
  { hint, cause }: { hint: string; cause?: unknown },
): FlashError {
  const place = { file };
  const message = `${file}:${lineOf(path)}: ${what}`;
  return new FlashError('INVALID_REQUEST', message, { hint, place, cause });
}

/** True for what `[name]` and `{ … }` give. */
export function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  const isObject = typeof value === 'object' && value !== null;
  return isObject && !Array.isArray(value) && !(value instanceof Date);
}
