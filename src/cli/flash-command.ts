import { Command, Errors } from '@oclif/core';
import { describeError, exitCodes, formatReport, reportToJson } from './error-report.js';

/**
 * The base of every command: `--json`, Ctrl-C and the way from an error to an exit code.
 *
 * A command throws `FlashError` and returns its `--json` document from `run`. It neither prints
 * errors nor sets exit codes.
 */
export abstract class FlashCommand extends Command {
  static override enableJsonFlag = true;

  /** Set once bytes of a result went to stdout: a JSON error there would spoil them. */
  protected dataStarted = false;

  #interrupt: AbortController | undefined;

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
    const report = describeError(error, process.env['DEBUG'] !== undefined);
    if (this.jsonEnabled()) {
      const text = `${JSON.stringify(reportToJson(report))}\n`;
      (this.dataStarted ? process.stderr : process.stdout).write(text);
    } else {
      process.stderr.write(`${formatReport(report)}\n`);
    }
    this.exit(report.exitCode);
  }
}

/** True when the reader of our stdout went away, as `head` does: it has what it wanted. */
export function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}
