import { extname } from 'node:path';
import { writeArrowFile, writeArrowStream } from './arrow.js';
import { writeCsv } from './csv.js';
import { writeJsonLines } from './json.js';
import { writeParquet } from './parquet.js';
import type { Result } from './result.js';
import { writeTable } from './table.js';

/** The values of `--format`. */
export const formatNames = [
  'arrow-stream',
  'arrow-file',
  'parquet',
  'csv',
  'jsonl',
  'table',
] as const;

export type FormatName = (typeof formatNames)[number];

/** Turns a result into the chunks of a file or a stream, each to be written before the next is asked for. */
export function encodeResult(
  format: FormatName,
  result: Result,
  options: { widthMax: number },
): AsyncGenerator<Uint8Array | string> {
  switch (format) {
    case 'arrow-stream':
      return writeArrowStream(result);
    case 'arrow-file':
      return writeArrowFile(result);
    case 'parquet':
      return writeParquet(result);
    case 'csv':
      return writeCsv(result);
    case 'jsonl':
      return writeJsonLines(result);
    case 'table':
      return writeTable(result, options);
  }
}

/** True for the formats that a terminal can't show. */
export function isBinaryFormat(format: FormatName): boolean {
  return format === 'arrow-stream' || format === 'arrow-file' || format === 'parquet';
}

/**
 * Gives the format where the user named none: by the name's end for a file, a table for a
 * terminal, an Arrow stream for all else.
 */
export function defaultFormat(output: string | undefined, isTerminal: boolean): FormatName {
  if (output === undefined) return isTerminal ? 'table' : 'arrow-stream';
  return formatsByExtension.get(extname(output).toLowerCase()) ?? 'arrow-stream';
}

const formatsByExtension: ReadonlyMap<string, FormatName> = new Map([
  ['.csv', 'csv'],
  ['.jsonl', 'jsonl'],
  ['.ndjson', 'jsonl'],
  ['.parquet', 'parquet'],
  ['.feather', 'arrow-file'],
  ['.txt', 'table'],
]);
