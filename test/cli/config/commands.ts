import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Config, Plugin, type Command, type Interfaces } from '@oclif/core';
import { commandKeys } from '../../../src/cli/config/index.js';
import { describeError, formatReport } from '../../../src/cli/index.js';
import { FlashError } from '../../../src/protocol/index.js';

const root = path.resolve(import.meta.dirname, '../../..');

/** oclif's view of the commands: those of src/ as they stand, without the list that a build writes. */
export async function loadConfig(): Promise<Config> {
  const text = readFileSync(path.join(root, 'package.json'), 'utf8');
  const pjson = JSON.parse(text) as Interfaces.PJSON;
  const oclif = { ...pjson.oclif, commands: './src/commands', hooks: {}, plugins: [] };
  const of = { root, type: 'core', isRoot: true, ignoreManifest: true };
  const plugin = new Plugin({ ...of, pjson: { ...pjson, oclif } });
  await plugin.load();
  return await Config.load({ root, plugins: new Map([[plugin.name, plugin]]) });
}

/** A command whose flags a config file may set. */
export interface TestCommand {
  id: string;
  command: Command.Class;
  /** Words of arguments that it must have. */
  args: readonly string[];
}

export async function loadCommands(config: Config): Promise<readonly TestCommand[]> {
  return await Promise.all(
    [...commandKeys(config).keys()].map(async (id) => {
      const command = await config.findCommand(id, { must: true }).load();
      const args = Object.values(command.args).flatMap(({ required }) =>
        required === true ? ['word'] : [],
      );
      return { id, command, args };
    }),
  );
}

/** What `this.parse` of the command gives for these words: the way of each command to its flags. */
export async function parseFlags(
  config: Config,
  { command, args }: TestCommand,
  words: readonly string[],
): Promise<Readonly<Record<string, unknown>>> {
  const argv = [...args, ...words];
  const Concrete = command as unknown as new (argv: string[], config: Config) => object;
  const instance = new Concrete(argv, config);
  const parse = Reflect.get(instance, 'parse') as (
    options: Command.Class,
  ) => Promise<{ flags: Record<string, unknown> }>;
  const { flags } = await parse.call(instance, command);
  return Object.fromEntries(Object.entries(flags).filter(([name]) => name !== 'config'));
}

/** The one paragraph that a command tells of it; fails for what is none of our errors. */
export async function errorOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    const report = describeError(error, false);
    if (report.code === 'INTERNAL') throw error;
    return formatReport(report);
  }
  throw new FlashError('INTERNAL', 'No error came');
}

/** Writes files of ever new names, as a process reads a config file once. */
export class ConfigFiles {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'theflash-config-'));
  #count = 0;

  write(toml: string, mode = 0o600): string {
    this.#count += 1;
    const file = path.join(this.folder, `${this.#count}.toml`);
    writeFileSync(file, toml);
    chmodSync(file, mode);
    return file;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
