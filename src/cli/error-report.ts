import { Errors } from '@oclif/core';
import { escapeControls } from './format/display-width.js';
import { FlashError, type ErrorCode, type ErrorPlace } from '../protocol/index.js';

/** Exit codes of `theflash`. */
export const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/**
 * What a command that failed tells its caller.
 *
 * Shape: `code` is stable (docs/operations.md lists the codes); `detail` is a stack, for bugs and
 * for `DEBUG=theflash` only.
 */
export interface ErrorReport {
  exitCode: number;
  code: ErrorCode;
  message: string;
  hint: string | undefined;
  place: ErrorPlace;
  detail: string | undefined;
}

/** Maps whatever a command threw to its exit code and report: the only place that does. */
export function describeError(error: unknown, debug: boolean): ErrorReport {
  if (error instanceof FlashError) {
    return {
      exitCode: error.blame === 'usage' ? exitCodes.usage : exitCodes.failed,
      code: error.code,
      message: error.message,
      hint: error.code === 'INTERNAL' ? reportHint : error.hint,
      place: error.place,
      detail: debug || error.code === 'INTERNAL' ? stackWithCauses(error) : undefined,
    };
  }
  if (error instanceof Errors.CLIError) {
    // oclif appends its own advice to the message, on a line of its own.
    const [message = '', ...advice] = error.message.trim().split('\n');
    const details = advice.map((line) => line.trim()).filter((line) => line !== helpAdvice);
    return {
      exitCode: exitCodes.usage,
      code: 'INVALID_REQUEST',
      message: [message, ...details].filter((line) => line !== '').join(' '),
      hint: 'Run the command with --help for its flags and examples.',
      place: {},
      detail: debug ? stackWithCauses(error) : undefined,
    };
  }
  return {
    exitCode: exitCodes.failed,
    code: 'INTERNAL',
    message: error instanceof Error ? error.message : String(error),
    hint: reportHint,
    place: {},
    detail: error instanceof Error ? stackWithCauses(error) : undefined,
  };
}

/**
 * The report as people read it: `Error: what and where. What to do.`, one paragraph. Names and texts of servers and files
 * are in it: what would move a terminal's cursor is escaped.
 */
export function formatReport(report: ErrorReport): string {
  const sentence = endSentence(`Error: ${oneParagraph(report.message)}${formatPlace(report)}`);
  const paragraph = report.hint === undefined ? sentence : `${sentence} ${report.hint}`;
  const lines = report.detail === undefined ? paragraph : `${paragraph}\n${report.detail}`;
  return escapeLines(lines);
}

/** Lines for a terminal, each without what would move its cursor. */
export function escapeLines(text: string): string {
  return text.split('\n').map(escapeControls).join('\n');
}

/** The report as programs read it, for `--json`. */
export function reportToJson(report: ErrorReport): { error: Record<string, unknown> } {
  const { code, message, hint, place, detail } = report;
  return {
    error: {
      code,
      message,
      hint: hint ?? null,
      place,
      ...(detail === undefined ? {} : { detail }),
    },
  };
}

const helpAdvice = 'See more help with --help';

const reportHint =
  'This is a bug in TheFlash: please report it with the command, the version (theflash --version) and this output.';

/** Names the parts of the place that the message does not name itself. */
function formatPlace({ message, place }: ErrorReport): string {
  const parts: string[] = [];
  if (place.file !== undefined && !message.includes(baseName(place.file))) parts.push(place.file);
  if (place.offset !== undefined && !message.includes(String(place.offset))) {
    parts.push(`offset ${place.offset}`);
  }
  if (place.table !== undefined && !message.includes(place.table)) {
    parts.push(`table ${place.table}`);
  }
  if (place.column !== undefined && !message.includes(place.column)) {
    parts.push(`column ${place.column}`);
  }
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

function baseName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}

function oneParagraph(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}

function endSentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function stackWithCauses(error: Error): string {
  const own = error.stack ?? String(error);
  if (error.cause === undefined) return own;
  const cause =
    error.cause instanceof Error ? stackWithCauses(error.cause) : JSON.stringify(error.cause);
  return `${own}\nCaused by: ${cause}`;
}
