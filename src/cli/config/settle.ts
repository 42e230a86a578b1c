import { Parser, type Config, type Interfaces } from '@oclif/core';
import { FlashError } from '../../protocol/index.js';
import { describeError } from '../error-report.js';
import { readConfigFile, type ConfigFile } from './config-file.js';
import {
  readCommandLine,
  withdrawingFlags,
  type CommandLine,
  type Parsed,
} from './command-line.js';
import { checkKeys, commandKeys, isTable, refuse, sharedKeys } from './keys.js';
import { originText, type Origin } from './origin.js';
import {
  isInteger,
  settingValue,
  wordsFor,
  type FlagShape,
  type SettingValue,
} from './setting-value.js';

/** A flag of a command: what it is set to, and by what. */
export interface Setting {
  name: string;
  /** As a config file writes it, its paths resolved; undefined where nothing sets it. */
  value: SettingValue | undefined;
  from: Origin;
  /** What else sets it, and does not count. */
  over: readonly Origin[];
}

/** The settings of one run of a command. */
export interface Settled {
  /** Undefined without a config file. */
  file: ConfigFile | undefined;
  settings: readonly Setting[];
  /** The command's flags, with what the file says as their defaults, and with `--no-NAME` of each. */
  flags: Interfaces.FlagInput;
}

/** A command, and what it is called with. */
export interface Call {
  command: Parsed & { id: string };
  argv: readonly string[];
  config: Config;
}

/**
 * Gives what is in force for a command: its flags over the environment over the config file over defaults.
 *
 * Errors: those of the file; INVALID_REQUEST for a value that the command line would not take either, and for flags of
 * different origins that exclude each other.
 */
export async function settle({ command, argv, config }: Call): Promise<Settled> {
  const line = await readCommandLine(command, argv);
  const file = await openFile(line);
  if (file !== undefined) {
    const own = new Map<string, FlagShape>(Object.entries(command.flags));
    checkKeys(file, new Map([...commandKeys(config), [command.id, own]]));
  }
  const flags: Interfaces.FlagInput = { ...command.flags };
  const settings: Setting[] = [];
  for (const [name, flag] of Object.entries(command.flags)) {
    const set = file === undefined ? undefined : await readKey(file, command.id, name, flag);
    if (set?.parsed !== undefined && !line.withdrawn.has(name)) {
      const byDefault = set.parsed;
      flags[name] =
        flag.type === 'boolean'
          ? { ...flag, default: byDefault === true }
          : { ...flag, default: byDefault };
    }
    settings.push(settingOf(name, flag, line, set));
  }
  if (file === undefined) return { file, settings, flags };
  refuseExclusive(command, settings);
  return { file, settings, flags: { ...flags, ...withdrawingFlags(command) } };
}

/** `theflash config` asks for each command, and a file may be a pipe. */
const opened = new Map<string, Promise<ConfigFile>>();

async function openFile({ config, given }: CommandLine): Promise<ConfigFile | undefined> {
  if (config === undefined) return undefined;
  const known = opened.get(config);
  if (known !== undefined) return await known;
  const opening = readConfigFile(config, given.has('config') ? '--config' : 'THEFLASH_CONFIG');
  opened.set(config, opening);
  return await opening;
}

/** What the file says of a flag, and what the command gets of it. */
interface FileKey {
  value: SettingValue;
  /** Undefined where it is as without the file. */
  parsed: unknown;
  from: Origin;
}

/** A key of the command's table, or else one above the first table. */
async function readKey(
  file: ConfigFile,
  id: string,
  name: string,
  flag: Interfaces.FlagInput[string],
): Promise<FileKey | undefined> {
  const table = file.values[id];
  const isOwn = isTable(table) && Object.hasOwn(table, name);
  const isShared = sharedKeys.includes(name) && Object.hasOwn(file.values, name);
  if (!isOwn && !isShared) return undefined;
  const path = isOwn ? [id, name] : [name];
  const raw = isOwn ? table[name] : file.values[name];
  const shape: FlagShape = flag;
  const value = settingValue(shape, raw, file.folder);
  const from: Origin = { kind: 'file', file: file.file, line: file.lineOf(path) };
  try {
    return { value, parsed: await parseWords(name, flag, wordsFor(name, shape, value)), from };
  } catch (cause) {
    const hint =
      cause instanceof FlashError && cause.hint !== undefined
        ? cause.hint
        : `\`theflash ${id} --help\` has what it takes.`;
    const what = describeError(cause, false)
      .message.replace(/\s+/g, ' ')
      .replace(`Parsing --${name} `, '')
      .replace(' See more help with --help', '');
    throw refuse(file, path, `${path.join('.')}: ${what}`, { hint, cause });
  }
}

/** The value that oclif's parser gives for the same flag on a command line; undefined without any word. */
async function parseWords(
  name: string,
  flag: Interfaces.FlagInput[string],
  words: readonly string[],
): Promise<unknown> {
  if (words.length === 0) return undefined;
  const alone = { ...flag, required: false, exclusive: [], dependsOn: [] };
  const { flags } = await Parser.parse([...words], { flags: { [name]: alone }, args: {} });
  return flags[name];
}

function settingOf(
  name: string,
  flag: Interfaces.FlagInput[string],
  { given, withdrawn }: CommandLine,
  set: FileKey | undefined,
): Setting {
  const candidates: { value: SettingValue; from: Origin }[] = [];
  const words = given.get(name);
  if (words !== undefined) {
    candidates.push({ value: givenValue(name, flag, words), from: { kind: 'flag' } });
  }
  const variable = flag.env;
  const inEnvironment = variable === undefined ? undefined : process.env[variable];
  if (variable !== undefined && inEnvironment !== undefined && inEnvironment !== '') {
    candidates.push({ value: inEnvironment, from: { kind: 'environment', variable } });
  }
  if (set !== undefined && !withdrawn.has(name)) candidates.push(set);
  const [first, ...others] = candidates;
  if (first === undefined) {
    return { name, value: defaultValue(flag), from: { kind: 'default' }, over: [] };
  }
  return { name, value: first.value, from: first.from, over: others.map(({ from }) => from) };
}

function givenValue(
  name: string,
  flag: Interfaces.FlagInput[string],
  words: readonly string[],
): SettingValue {
  const last = words.at(-1) ?? '';
  if (flag.type === 'boolean') return last !== `--no-${name}`;
  if (flag.multiple === true) return words;
  return isInteger(flag) ? Number(last) : last;
}

function defaultValue(flag: Interfaces.FlagInput[string]): SettingValue | undefined {
  const value: unknown = flag.default;
  if (flag.type === 'boolean') return value === true;
  return typeof value === 'string' || typeof value === 'number' ? value : undefined;
}

/** oclif does so for the flags of a command line; what a file says is a default to it. */
function refuseExclusive(command: Call['command'], settings: readonly Setting[]): void {
  const set = new Map(settings.filter(isSet).map((setting) => [setting.name, setting]));
  for (const one of set.values()) {
    const shape: FlagShape | undefined = command.flags[one.name];
    for (const name of shape?.exclusive ?? []) {
      const other = set.get(name);
      if (other === undefined) continue;
      const ofFile = [one, other].find(({ from }) => from.kind === 'file');
      if (ofFile === undefined) continue;
      throw new FlashError(
        'INVALID_REQUEST',
        `--${one.name} (${originText(one.from)}) and --${name} (${originText(other.from)}) exclude each other`,
        {
          hint: `Take one of them away; --no-${ofFile.name} leaves out what the file says, for this run.`,
        },
      );
    }
  }
}

/** False and an empty list say what is so without them. */
function isSet({ from, value }: Setting): boolean {
  const isNothing = value === false || (typeof value === 'object' && value.length === 0);
  return from.kind !== 'default' && !isNothing;
}
