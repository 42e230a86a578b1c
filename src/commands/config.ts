import path from 'node:path';
import { Args } from '@oclif/core';
import {
  changedTable,
  commandKeys,
  configJson,
  readSettings,
  settingsTable,
  type ConfigJson,
} from '../cli/config/index.js';
import { FlashCommand, terminalWidth, unknownCommand } from '../cli/index.js';

export default class Config extends FlashCommand {
  static override summary = 'Show what settings are in force, and what set them.';

  static override description =
    'A flag wins over the environment, that over the config file (--config FILE, or THEFLASH_CONFIG), that over the default. ' +
    'The file is TOML: a table a command, as [serve], with the long names of its flags as keys; above the first table, ' +
    'flags of the engine and of the login to a source, for all commands. It is checked as a whole: exit code 2 where ' +
    'something in it is wrong. After COMMAND all words are as they would be for the command itself, which is not run. ' +
    'Passwords in URLs are not shown.';

  static override flags = {};

  static override usage = 'config [COMMAND [FLAGS OF THE COMMAND]] [--config FILE] [--json]';

  static override examples = [
    '<%= config.bin %> <%= command.id %> --config theflash.toml',
    '<%= config.bin %> <%= command.id %> serve --config theflash.toml',
    '<%= config.bin %> <%= command.id %> serve --config theflash.toml --listen 0.0.0.0:9330',
    'THEFLASH_CONFIG=theflash.toml <%= config.bin %> serve',
  ];

  static override args = {
    command: Args.string({
      description: 'Command whose settings are shown, with defaults. Without it: all that is set.',
      ignoreStdin: true,
    }),
  };

  async run(): Promise<ConfigJson> {
    const [first] = this.argv;
    const commands = [...commandKeys(this.config).keys()];
    if (first !== undefined && commands.includes(first)) {
      this.parsed = true;
      return await this.#showCommand(first, this.argv.slice(1));
    }
    const { args, flags } = await this.parse(Config);
    const { command } = args;
    const file: unknown = flags['config'];
    const isOfEnvironment = file === process.env['THEFLASH_CONFIG'];
    const words = typeof file === 'string' && !isOfEnvironment ? [`--config=${file}`] : [];
    if (command !== undefined && commands.includes(command)) {
      return await this.#showCommand(command, words);
    }
    if (command !== undefined) {
      throw unknownCommand({ commands: commands.map((id) => ({ id })) }, command);
    }
    return await this.#showAll(commands, words);
  }

  async #showCommand(id: string, words: readonly string[]): Promise<ConfigJson> {
    const settings = await readSettings(this.config, id, words);
    this.#tellFile(settings.file);
    this.log(settingsTable(settings, terminalWidth()));
    return configJson(settings.file, [settings]);
  }

  async #showAll(commands: readonly string[], words: readonly string[]): Promise<ConfigJson> {
    // The rest of what a command needs may be on its command line.
    const read = commands.map((id) => readSettings(this.config, id, words, false));
    const all = await Promise.all(read);
    const file = all[0]?.file;
    this.#tellFile(file);
    const table = changedTable(all, terminalWidth());
    this.log(table === '' ? 'Nothing is set: all is by default.' : table);
    return configJson(file, all);
  }

  #tellFile(file: string | undefined): void {
    this.log(
      file === undefined
        ? 'No config file: neither --config nor THEFLASH_CONFIG names one.'
        : `Config file: ${path.resolve(file)}`,
    );
  }
}
