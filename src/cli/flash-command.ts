import { Command, Errors, Flags, type Interfaces } from '@oclif/core';
import { didYouMean, FlashError } from '../protocol/index.js';
import { commandsForSource } from '../writer/index.js';
import { outputError } from './output-sink.js';
import {
  describeError,
  escapeLines,
  exitCodes,
  formatReport,
  reportToJson,
} from './error-report.js';
import { writeWhole } from './whole-writes.js';

/** `--quiet`, for commands that tell of long work. */
export const quietFlag = {
  quiet: Flags.boolean({
    char: 'q',
    summary: 'No progress and no summary on stderr; errors and warnings are told.',
  }),
};

/** `--config`, for each command that has flags which a file may set. */
const configFlag: Interfaces.FlagInput = {
  config: Flags.string({
    summary: 'Take settings from this file; flags win over it.',
    helpGroup: 'GLOBAL',
    helpValue: 'FILE',
    env: 'THEFLASH_CONFIG',
  }),
};

/**
 * The base of every command: `--json`, Ctrl-C and the way from an error to an exit code.
 *
 * A command throws `FlashError` and returns its `--json` document from `run`. It neither prints
 * errors nor sets exit codes.
 */
export abstract class FlashCommand extends Command {
  static override enableJsonFlag = true;

  static override baseFlags = configFlag;

  /** Set once bytes of a result went to stdout: a JSON error there would spoil them. */
  protected dataStarted = false;

  /** Set by `--quiet`, where a command has it. */
  protected quiet = false;

  /** The name of the source that the command is about, where it has one: hints get it too. */
  protected sourceName: string | undefined;

  #interrupt: AbortController | undefined;

  /** Says of an error where the config file sets what it is about. */
  #explain: ((error: unknown) => unknown) | undefined;

  protected override async init(): Promise<void> {
    await super.init();
    writeWhole(process.stdout);
    // oclif's own listener throws, which ends the process with a stack. A reader that leaves is no error.
    process.stdout.removeAllListeners('error');
    process.stdout.on('error', (error) => {
      if (isClosedPipe(error)) return;
      const report = describeError(
        outputError('stdout', error),
        process.env['DEBUG'] !== undefined,
      );
      process.stderr.write(`${formatReport(report)}\n`);
      process.exit(report.exitCode);
    });
  }

  /** As oclif's own; what a config file says comes before the defaults of the flags. */
  protected override async parse<
    F extends Record<string, unknown>,
    B extends Record<string, unknown>,
    A extends Record<string, unknown>,
  >(
    options: Interfaces.Input<F, B, A>,
    argv = this.argv,
  ): Promise<Interfaces.ParserOutput<F, B, A>> {
    const { ctor: command } = this;
    if (!namesConfig(argv) || command.baseFlags['config'] === undefined) {
      return await super.parse(options, argv);
    }
    // Loaded late: who has no config file waits for no parser of it.
    const { settle, withOrigins } = await import('./config/index.js');
    const { flags, settings } = await settle({ command, argv, config: this.config });
    this.#explain = (error) => withOrigins(error, settings);
    const inherited = { baseFlags: command.baseFlags, enableJsonFlag: command.enableJsonFlag };
    return await super.parse({ ...inherited, ...options, flags }, argv);
  }

  /**
   * Gives a signal that Ctrl-C (SIGINT) or SIGTERM aborts, for commands that stop cleanly. A second
   * one ends the process at once. Commands that never ask for it die by the signal, as usual.
   */
  protected interruptSignal(): AbortSignal {
    if (this.#interrupt === undefined) {
      const controller = new AbortController();
      this.#interrupt = controller;
      const onSignal = (): void => {
        if (controller.signal.aborted) process.exit(exitCodes.interrupted);
        controller.abort();
      };
      process.on('SIGINT', onSignal);
      process.on('SIGTERM', onSignal);
    }
    return this.#interrupt.signal;
  }

  /** Tells people, without what names of tables and files could do to a terminal. */
  override logToStderr(message = ''): void {
    super.logToStderr(escapeLines(message));
  }

  /** Writes the `--json` document. oclif's own way takes it apart with patterns that long values break. */
  override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json, undefined, 2)}\n`);
  }

  // Rejects always: oclif's own handler then ends the process with the code of the ExitError.
  protected override catch(error: unknown): Promise<never> {
    if (error instanceof Errors.ExitError) throw error;
    if (isClosedPipe(error)) this.exit(exitCodes.done);
    if (this.#interrupt?.signal.aborted === true) {
      process.stderr.write('Interrupted.\n');
      this.exit(exitCodes.interrupted);
    }
    const explained = this.#explain?.(error) ?? error;
    const told = withSourceName(withNearestFlag(explained, flagNames(this.ctor)), this.sourceName);
    const report = describeError(told, process.env['DEBUG'] !== undefined);
    if (this.jsonEnabled()) {
      const text = `${JSON.stringify(reportToJson(report))}\n`;
      (this.dataStarted ? process.stderr : process.stdout).write(text);
    } else {
      process.stderr.write(`${formatReport(report)}\n`);
    }
    this.exit(report.exitCode);
  }
}

/** A command without flags has none at all, whatever its type says. */
function flagNames(command: { flags?: object; baseFlags?: object }): string[] {
  return Object.keys({ ...command.flags, ...command.baseFlags });
}

function namesConfig(argv: readonly string[]): boolean {
  const isNamed = argv.some((word) => word === '--config' || word.startsWith('--config='));
  return isNamed || (process.env['THEFLASH_CONFIG'] ?? '') !== '';
}

/** A flag that there is none of, with the nearest that there is. */
function withNearestFlag(error: unknown, names: readonly string[]): unknown {
  if (!(error instanceof Errors.CLIError)) return error;
  const [, flag] = /^Nonexistent flags?: (--[^\s,]+)/.exec(error.message) ?? [];
  if (flag === undefined) return error;
  const known = names.map((name) => `--${name}`);
  return new FlashError('INVALID_REQUEST', error.message.split('\n')[0] ?? '', {
    hint: `${didYouMean(flag, known)}Run the command with --help for its flags and examples.`,
    cause: error,
  });
}

function withSourceName(error: unknown, name: string | undefined): unknown {
  if (!(error instanceof FlashError) || error.hint === undefined) return error;
  const { code, message, place, hint, cause } = error;
  return new FlashError(code, message, { place, cause, hint: commandsForSource(hint, name) });
}

/** True when the reader of our stdout went away, as `head` does: it has what it wanted. */
export function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}
