import { FlashError, type LogInput, type Position, type Source } from '../protocol/index.js';
import { parseLogName } from '../source/index.js';
import type { WriterCheckpoint } from './checkpoint.js';

/** Where a run begins: the logs that are left to read, and the place in the first of them. */
export interface StartPoint {
  logs: readonly NamedLog[];
  /** Offset in the first log; 0 for its beginning. */
  offset: number;
}

/** A log whose name is known, or has been given one. */
export interface NamedLog {
  name: string;
  input: LogInput;
}

/** The name that a pipe's log gets where the user gives none. */
const pipeName = 'stdin';

/**
 * Finds what of a source is still to be read.
 *
 * Errors: SOURCE_MISMATCH where the logs do not go on at the checkpoint, or `from` would leave
 * something out; INVALID_REQUEST for a `from` that is in none of the logs.
 */
export function findStart(
  source: Source,
  checkpoint: WriterCheckpoint | undefined,
  from: Position | undefined,
): StartPoint {
  const logs = source.logs.map((input) => ({ name: input.name ?? pipeName, input }));
  if (checkpoint === undefined) return startAnew(logs, from);
  if (from !== undefined && isBehind(from, checkpoint.position)) {
    throw new FlashError(
      'SOURCE_MISMATCH',
      `--from ${describe(from)} is behind the checkpoint ${describe(checkpoint.position)}: what lies between would be lost`,
      { hint: 'Leave --from away: the copy goes on at its checkpoint.' },
    );
  }
  const { file, offset } = checkpoint.position;
  const index = logs.findIndex((log) => log.name === file);
  if (index >= 0) {
    checkSize(logs[index]?.input, checkpoint.position);
    return { logs: logs.slice(index), offset };
  }
  const finished = logs.findIndex((log) => log.name === checkpoint.finished);
  if (finished >= 0 && finished === logs.length - 1) return { logs: [], offset: 0 };
  if (logs.length > 0 && logs.every((log) => isEarlier(log.name, file)))
    return { logs: [], offset: 0 };
  throw new FlashError(
    'SOURCE_MISMATCH',
    `the copy goes on at ${describe(checkpoint.position)}, and ${source.location} does not hold that log`,
    {
      hint:
        logs[0]?.input.canRewind === false
          ? `Say which log comes through stdin by --from FILE:4, as --from ${file}:4.`
          : `Give ${file} and the logs behind it, or take an empty engine folder for another source.`,
      place: { file: source.location },
    },
  );
}

function startAnew(logs: readonly NamedLog[], from: Position | undefined): StartPoint {
  if (from === undefined) return { logs, offset: 0 };
  const index = logs.findIndex((log) => log.name === from.file);
  if (index < 0) {
    throw new FlashError(
      'INVALID_REQUEST',
      `--from names ${from.file}, which is not among the logs`,
      {
        hint: `The logs are: ${logs.map((log) => log.name).join(', ')}.`,
      },
    );
  }
  checkSize(logs[index]?.input, from);
  return { logs: logs.slice(index), offset: from.offset };
}

function checkSize(log: LogInput | undefined, position: Position): void {
  if (log?.sizeBytes === undefined || log.sizeBytes >= position.offset) return;
  throw new FlashError(
    'SOURCE_MISMATCH',
    `${log.location} has ${log.sizeBytes} bytes, and the copy goes on at byte ${position.offset} of it`,
    {
      hint: 'The file was cut, or is another log of the same name: fetch it again from the source.',
      place: { file: log.location, offset: position.offset },
    },
  );
}

function isEarlier(name: string, than: string): boolean {
  const a = parseLogName(name);
  const b = parseLogName(than);
  return a !== undefined && a.base === b?.base && a.number < b.number;
}

function isBehind(from: Position, checkpoint: Position): boolean {
  if (from.file === checkpoint.file) return from.offset > checkpoint.offset;
  return isEarlier(checkpoint.file, from.file);
}

function describe({ file, offset }: Position): string {
  return `${file}:${offset}`;
}
