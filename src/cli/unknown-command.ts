import { Errors, type Hook } from '@oclif/core';
import { didYouMean, FlashError } from '../protocol/index.js';
import { describeError, formatReport, reportToJson } from './error-report.js';

/** The error for a command that there is none of, with the nearest that there is. */
export function unknownCommand(
  config: { readonly commands: readonly { id: string }[] },
  name: string,
): FlashError {
  const names = config.commands.map(({ id }) => id);
  return new FlashError('INVALID_REQUEST', `Command ${name} not found`, {
    hint: `${didYouMean(name, names)}\`theflash help\` lists the commands.`,
  });
}

/** oclif's hook for command lines whose first word is no command. It takes all words for one name. */
export const commandNotFound: Hook.CommandNotFound = ({ config, id, argv }) => {
  const [name = id] = id.split(':');
  const report = describeError(unknownCommand(config, name), false);
  if (argv?.includes('--json') === true) {
    process.stdout.write(`${JSON.stringify(reportToJson(report))}\n`);
  } else {
    process.stderr.write(`${formatReport(report)}\n`);
  }
  throw new Errors.ExitError(report.exitCode);
};
