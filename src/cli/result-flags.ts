import { Flags } from '@oclif/core';
import { FlashError } from '../protocol/index.js';
import { defaultFormat, formatNames, isBinaryFormat, type FormatName } from './format/index.js';

/** `--format` and `--output`, for commands that give rows out. */
export const resultFlags = {
  format: Flags.option({ options: formatNames })({
    char: 'f',
    summary: 'Form of the rows.',
    description:
      'Without it: a table on a terminal; for --output by the name (.csv, .jsonl, .parquet, .feather); else arrow-stream.',
  }),
  output: Flags.string({
    char: 'o',
    summary: 'Write to FILE, which appears whole or not at all, instead of stdout.',
    helpValue: 'FILE',
  }),
};

/** How a result leaves the program. `json` is the document that `--json` gives on stdout. */
export interface ResultTarget {
  format: FormatName | 'json';
  output: string | undefined;
  /** The user asked for this form, and gets it even where a statement has no result. */
  isAskedFor: boolean;
}

/**
 * Decides form and place of a result from the flags, before any work is done for it.
 *
 * Errors: INVALID_REQUEST for binary forms on a terminal, and for `--json` with a form on stdout.
 */
export function chooseTarget(
  flags: { format: FormatName | undefined; output: string | undefined; json: boolean },
  isTerminal: boolean,
): ResultTarget {
  const { format, output, json } = flags;
  if (json && output === undefined) {
    if (format === undefined) return { format: 'json', output, isAskedFor: true };
    throw new FlashError('INVALID_REQUEST', `--json and --format ${format} both claim stdout`, {
      hint: 'Leave one out, or send the rows to a file with --output.',
    });
  }
  const chosen = format ?? defaultFormat(output, isTerminal);
  if (output === undefined && isTerminal && isBinaryFormat(chosen)) {
    throw new FlashError('INVALID_REQUEST', `A terminal can't show --format ${chosen}`, {
      hint: 'Redirect stdout (> FILE), pipe it, name a file with --output, or leave --format out for a table.',
    });
  }
  return { format: chosen, output, isAskedFor: format !== undefined || output !== undefined };
}
