import { Args, loadHelpClass } from '@oclif/core';
import { FlashCommand, unknownCommand } from '../cli/index.js';

export default class Help extends FlashCommand {
  static override summary = 'Tell how theflash is used, or one command of it.';

  static override enableJsonFlag = false;

  static override baseFlags = {};

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> scan',
  ];

  static override args = {
    command: Args.string({ description: 'Command whose flags and examples are shown.' }),
  };

  async run(): Promise<void> {
    const { args } = await this.parse(Help);
    const { command } = args;
    if (command !== undefined && this.config.findCommand(command) === undefined) {
      throw unknownCommand(this.config, command);
    }
    const HelpClass = await loadHelpClass(this.config);
    await new HelpClass(this.config).showHelp(command === undefined ? [] : [command]);
  }
}
