import { Args, Flags, Parser, type Command, type Interfaces } from '@oclif/core';
import { FlashError } from '../../protocol/index.js';

/** What a command line says, before any value is looked at. */
export interface CommandLine {
  /** The file of `--config` or THEFLASH_CONFIG. */
  config: string | undefined;
  /** The words of each flag of the command that is on it. */
  given: ReadonlyMap<string, readonly string[]>;
  /** The flags that `--no-NAME` takes out of the file. */
  withdrawn: ReadonlySet<string>;
}

/** As much of a command as its parser needs. */
export type Parsed = Pick<Command.Class, 'args' | 'flags' | 'baseFlags'>;

/**
 * Reads which flags are on a command line, by oclif's own parser, so that both understand the same.
 *
 * Errors: those of oclif for flags that there are none of; INVALID_REQUEST for a flag and its `--no-NAME` together.
 */
export async function readCommandLine(
  command: Parsed,
  argv: readonly string[],
): Promise<CommandLine> {
  const { flags, raw } = await Parser.parse([...argv], {
    args: mapValues(command.args, () => Args.string({ ignoreStdin: true })),
    flags: mapValues(
      {
        json: Flags.boolean(),
        ...command.baseFlags,
        ...command.flags,
        ...withdrawingFlags(command),
      },
      asWritten,
    ),
    strict: false,
  });
  const words = raw.flatMap((token) => (token.type === 'flag' ? [token] : []));
  const given = new Map<string, readonly string[]>();
  for (const { flag, input } of words) given.set(flag, [...(given.get(flag) ?? []), input]);
  const withdrawn = new Set<string>();
  for (const name of Object.keys(command.flags)) {
    if (!isWithdrawable(command, name) || !given.has(`no-${name}`)) continue;
    if (given.has(name)) {
      throw new FlashError('INVALID_REQUEST', `--${name} and --no-${name} are both given`, {
        hint: `--no-${name} leaves out what the config file says of it, and takes no other flag back.`,
      });
    }
    withdrawn.add(name);
  }
  const config: unknown = flags['config'];
  return { config: typeof config === 'string' ? config : undefined, given, withdrawn };
}

/** `--no-NAME` for each flag that a config file may set: it leaves out what the file says, for one run. */
export function withdrawingFlags(command: Parsed): Interfaces.FlagInput {
  const names = Object.keys(command.flags).filter((name) => isWithdrawable(command, name));
  return Object.fromEntries(names.map((name) => [`no-${name}`, Flags.boolean({ hidden: true })]));
}

function isWithdrawable(command: Parsed, name: string): boolean {
  const flag = command.flags[name];
  const hasOwn = flag?.type === 'boolean' && flag.allowNo;
  return !hasOwn && command.flags[`no-${name}`] === undefined;
}

/** What decides how words are taken for flags and values. */
const kept: ReadonlySet<string> = new Set([
  ...['char', 'aliases', 'charAliases', 'env'],
  ...['multiple', 'multipleNonGreedy', 'allowNo'],
]);

/** The flag without its default, its checks and its way of reading a value. */
function asWritten(flag: Interfaces.FlagInput[string]): Interfaces.FlagInput[string] {
  const names = Object.fromEntries(Object.entries(flag).filter(([key]) => kept.has(key)));
  return flag.type === 'boolean' ? Flags.boolean(names) : Flags.string(names);
}

function mapValues<V, W>(
  values: Readonly<Record<string, V>>,
  map: (value: V) => W,
): Record<string, W> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));
}
