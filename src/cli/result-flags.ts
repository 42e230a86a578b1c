import { basename, extname } from 'node:path';
import { Flags } from '@oclif/core';
import { FlashError } from '../protocol/index.js';
import { checkCompression, type Compression } from './compression.js';
import {
  formatNames,
  formatOfEnding,
  isBinaryFormat,
  knownEndings,
  type FormatName,
} from './format/index.js';
import type { StdoutKind } from './stdout-kind.js';

/** `--format` and `--output`, for commands that give rows out. */
export const resultFlags = {
  format: Flags.option({ options: formatNames })({
    char: 'f',
    summary: 'Form of the rows.',
    description:
      'Without it: a table on a terminal; for --output by the name (.arrow, .arrows, .parquet, .csv, .jsonl, .json, .txt, and .gz or .zst after one); arrow-file where stdout is a file (> orders.arrow), arrow-stream for a pipe.',
  }),
  output: Flags.string({
    char: 'o',
    summary: 'Write to FILE, which appears whole or not at all, instead of stdout.',
    helpValue: 'FILE',
    isPath: true,
  }),
};

/** How a result leaves the program. `json` is the document that `--json` gives on stdout. */
export interface ResultTarget {
  format: FormatName | 'json';
  output: string | undefined;
  /** Of the file as a whole; undefined for none. */
  compression: Compression | undefined;
  /** The user asked for this form, and gets it even where a statement has no result. */
  isAskedFor: boolean;
}

/**
 * Decides form and place of a result from the flags, before any work is done for it.
 *
 * Errors: INVALID_REQUEST for binary forms on a terminal, for `--json` with a form on stdout, and for a file whose name
 * says nothing of its form; UNSUPPORTED where this Node can't compress so.
 */
export function chooseTarget(
  flags: { format: FormatName | undefined; output: string | undefined; json: boolean },
  stdout: StdoutKind,
): ResultTarget {
  const { format, output, json } = flags;
  if (output !== undefined) return fileTarget(output, format);
  const target = { output, compression: undefined };
  if (json) {
    if (format === undefined) return { ...target, format: 'json', isAskedFor: true };
    throw new FlashError('INVALID_REQUEST', `--json and --format ${format} both claim stdout`, {
      hint: 'Leave one out, or send the rows to a file with --output.',
    });
  }
  const chosen = format ?? stdoutFormats[stdout];
  if (stdout === 'terminal' && isBinaryFormat(chosen)) {
    throw new FlashError('INVALID_REQUEST', `A terminal can't show --format ${chosen}`, {
      hint: 'Redirect stdout (> FILE), pipe it, name a file with --output, or leave --format out for a table.',
    });
  }
  return { ...target, format: chosen, isAskedFor: format !== undefined };
}

// Readers take a file by its name for an Arrow file, which has a footer; a pipe ends when it ends.
const stdoutFormats = { terminal: 'table', file: 'arrow-file', pipe: 'arrow-stream' } as const;

function fileTarget(output: string, format: FormatName | undefined): ResultTarget {
  const last = extname(output).toLowerCase();
  const compression = last === '.gz' ? 'gz' : last === '.zst' ? 'zst' : undefined;
  const ending =
    compression === undefined ? last : extname(basename(output, extname(output))).toLowerCase();
  const chosen = format ?? formatOfEnding(ending);
  if (chosen === undefined) {
    throw new FlashError('INVALID_REQUEST', `${output}: the name does not say what form it is`, {
      hint: `Add --format, or end the name in one of ${knownEndings().join(' ')} (and .gz or .zst after it).`,
      place: { file: output },
    });
  }
  if (compression !== undefined) checkCompression(compression, output);
  return { format: chosen, output, compression, isAskedFor: true };
}
