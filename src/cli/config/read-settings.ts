import { Parser, type Config } from '@oclif/core';
import { withOrigins } from './explain.js';
import { settle } from './settle.js';
import type { CommandSettings } from './show.js';

/**
 * Gives what would be in force for a command that is called with these words, which it need not be able to run with: a flag
 * that it must have may be missing. Without `isWhole` so may those that flags of the file need beside them.
 *
 * Errors: as of the command.
 */
export async function readSettings(
  config: Config,
  id: string,
  argv: readonly string[],
  isWhole = true,
): Promise<CommandSettings & { file: string | undefined }> {
  const command = await config.findCommand(id, { must: true }).load();
  const { file, settings, flags } = await settle({ command, argv, config });
  const optional = Object.fromEntries(
    Object.entries({ ...command.baseFlags, ...flags }).map(([name, flag]) => [
      name,
      { ...flag, required: false, ...(isWhole ? {} : { dependsOn: [] }) },
    ]),
  );
  try {
    // The flags of the command line are read as the command reads them, and held against those of the file.
    const words = argv.filter((word) => word !== '--json');
    await Parser.parse(words, { args: {}, flags: optional, strict: false });
  } catch (error) {
    throw withOrigins(error, settings);
  }
  return { command: id, settings, file: file?.file };
}
