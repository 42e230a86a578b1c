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

/** The form that the end of a file's name stands for, in lower case and with its dot; undefined for others. */
export function formatOfEnding(ending: string): FormatName | 'json' | undefined {
  return formatsByEnding.get(ending);
}

/** The ends of names that stand for a form, for messages. */
export function knownEndings(): string[] {
  return [...formatsByEnding.keys()];
}

// .arrow and .feather are files to pyarrow, pandas, polars and DuckDB, .arrows is a stream:
// https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format
const formatsByEnding: ReadonlyMap<string, FormatName | 'json'> = new Map([
  ['.arrow', 'arrow-file'],
  ['.feather', 'arrow-file'],
  ['.arrows', 'arrow-stream'],
  ['.parquet', 'parquet'],
  ['.csv', 'csv'],
  ['.jsonl', 'jsonl'],
  ['.ndjson', 'jsonl'],
  ['.json', 'json'],
  ['.txt', 'table'],
]);
