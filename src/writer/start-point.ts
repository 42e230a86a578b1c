import { FlashError, type LogInput, type Position, type Source } from '../protocol/index.js';
import { parseLogName } from '../source/index.js';
import {
  firstOffset,
  isFirstLog,
  isLogStart,
  refuseStart,
  type BeginningOption,
} from './beginning.js';
import type { Beginning, WriterCheckpoint } from './checkpoint.js';
import { checkLog, isSameLog, movedHint, positionText } from './log-mark.js';
import type { NamedPlace } from './log-position.js';
import { checkUnclosed } from './log-sequence.js';
import { findMovedLog } from './moved-source.js';
import type { NamedLog } from './named-log.js';
import { passReadPipe } from './read-pipe.js';

/** Where a run begins: the logs that are left to read, and the place in the first of them. */
export interface StartPoint {
  logs: readonly NamedLog[];
  /** Offset in the first log from which it is read; 0 for its beginning. */
  offset: number;
  /** A place in the first log up to which events are read and not applied. */
  applyFrom: Position | undefined;
  /** The checkpoint, as far as it holds for these logs. */
  checkpoint: WriterCheckpoint | undefined;
  beginning: Beginning | undefined;
  /** GTIDs of transactions to be passed over. */
  covered: string | undefined;
  /** The source has moved to a place that the user has named. */
  named?: NamedPlace | undefined;
}

export interface StartOptions {
  /** Where to begin on an engine without a checkpoint, or, with `sourceMoved`, in logs of another source. */
  from?: Position | undefined;
  /** What a new copy stands on. */
  beginning?: BeginningOption | undefined;
  /** The logs are of another source than the copy's so far, or have other names. */
  sourceMoved?: boolean | undefined;
  onWarning?: ((line: string) => void) | undefined;
  /** Ends the reading of a pipe. */
  signal?: AbortSignal | undefined;
}

/** The name that a pipe's log gets where the user gives none. */
const pipeName = 'stdin';

/**
 * Finds what of a source is still to be read.
 *
 * Errors: SOURCE_MISMATCH where the logs do not go on at the checkpoint, are not those that were read,
 * or would leave something out; INVALID_REQUEST for a place that is in none of the logs.
 */
export async function findStart(
  source: Source,
  checkpoint: WriterCheckpoint | undefined,
  options: StartOptions,
): Promise<StartPoint> {
  const logs = source.logs.map((input) => ({ name: input.name ?? pipeName, input }));
  if (checkpoint === undefined) return startAnew(logs, options);
  checkBeginning(checkpoint, options.beginning);
  // The same command may run again, as cron does it: then the source has moved already.
  if (options.sourceMoved === true && !(await holdsMarkedLog(logs, checkpoint))) {
    return startMoved(logs, checkpoint, options.from);
  }
  const { from } = options;
  const isNext = from !== undefined && isNextLog(from, checkpoint);
  if (from !== undefined && !isNext && isAfter(from, checkpoint.position)) {
    throw new FlashError(
      'SOURCE_MISMATCH',
      `--from ${positionText(from)} is after the checkpoint ${positionText(checkpoint.position)}: what lies between would be lost`,
      { hint: 'Leave --from away: the copy goes on at its checkpoint.' },
    );
  }
  const start = goOn(source, logs, checkpoint);
  checkUnclosed(logs, checkpoint);
  const marked = logs.find(({ name }) => name === checkpoint.mark?.file);
  // A pipe gives its bytes once; its first event is checked as that of any log.
  if (checkpoint.mark !== undefined && marked?.input.canRewind === true) {
    await checkLog(marked.input, checkpoint.mark);
  }
  if (source.serverUrl === undefined) await checkPassed(logs, checkpoint);
  const [first] = logs;
  if (start.logs.length === 0 && first?.input.canRewind === false) {
    const line = await passReadPipe(first, checkpoint, options.signal);
    if (line !== undefined) options.onWarning?.(line);
  }
  return start;
}

/** Errors: SOURCE_MISMATCH where a log that is given is not the one that the copy has read before. */
async function checkPassed(
  logs: readonly NamedLog[],
  { passed = [] }: WriterCheckpoint,
): Promise<void> {
  for (const mark of passed) {
    const input = logs.find(({ name }) => name === mark.file)?.input;
    if (input?.canRewind === true) await checkLog(input, mark);
  }
}

/** True where the log that the copy has read last is among these. */
async function holdsMarkedLog(
  logs: readonly NamedLog[],
  { mark }: WriterCheckpoint,
): Promise<boolean> {
  const log = logs.find(({ name }) => name === mark?.file);
  if (log === undefined || mark === undefined || !log.input.canRewind) return false;
  return isSameLog(log.input, mark);
}

function goOn(source: Source, logs: readonly NamedLog[], checkpoint: WriterCheckpoint): StartPoint {
  const { position, beginning, covered, mark } = checkpoint;
  const { file, offset } = position;
  const start = { checkpoint, beginning, covered, applyFrom: undefined };
  const index = logs.findIndex((log) => log.name === file);
  if (index >= 0) {
    checkSize(logs[index]?.input, position);
    const rest = logs.slice(index);
    // A copy that has read no log yet, as one of a dump, collects the GTIDs before its place.
    if (mark === undefined && !isLogStart(position)) {
      return { ...start, logs: rest, offset: 0, applyFrom: position };
    }
    return { ...start, logs: rest, offset };
  }
  if (file === '') return { ...start, logs, offset: 0 };
  const [first] = logs;
  if (first !== undefined && isNextLog({ file: first.name, offset: firstOffset }, checkpoint)) {
    return { ...start, logs, offset: 0 };
  }
  const { missingHint } = source;
  const finished = logs.findIndex((log) => log.name === checkpoint.finished);
  const isRead = finished >= 0 && finished === logs.length - 1;
  const isAhead = logs.length > 0 && logs.every((log) => isEarlier(log.name, file));
  const coming = isRead ? source.next?.(checkpoint.finished ?? '') : undefined;
  if (coming?.name === file) return { ...start, logs: [{ name: file, input: coming }], offset };
  if (missingHint === undefined && (isRead || isAhead)) {
    return { ...start, logs: [], offset: 0 };
  }
  throw new FlashError(
    'SOURCE_MISMATCH',
    `the copy goes on at ${positionText(position)}, and ${source.location} does not hold that log`,
    {
      hint:
        logs[0]?.input.canRewind === false
          ? `Say which log comes through stdin by --from FILE:4, as --from ${file}:4.`
          : (missingHint ?? `Give ${file} and the logs after it. ${movedHint}`),
      place: { file: source.location },
    },
  );
}

function startAnew(
  logs: readonly NamedLog[],
  { from, beginning: option, sourceMoved }: StartOptions,
): StartPoint {
  if (sourceMoved === true) {
    throw new FlashError(
      'INVALID_REQUEST',
      '--source-moved goes on with a copy, and there is none yet',
      {
        hint: 'Leave it away; --baseline or --partial say what a new copy stands on.',
      },
    );
  }
  const named = option?.kind === 'baseline' && 'file' in option.at ? option.at : from;
  const rest = named === undefined ? logs : logsFrom(logs, named);
  const [first] = rest;
  const start = named ?? { file: first?.name ?? pipeName, offset: firstOffset };
  const beginning = beginningOf(start, option);
  const covered =
    option?.kind === 'baseline' && 'gtidSet' in option.at ? option.at.gtidSet : undefined;
  const applyFrom = isLogStart(start) ? undefined : start;
  return { logs: rest, offset: 0, applyFrom, checkpoint: undefined, beginning, covered };
}

function beginningOf(start: Position, option: BeginningOption | undefined): Beginning {
  if (option?.kind === 'partial') return { kind: 'partial', position: start, gtidSet: '' };
  if (option?.kind === 'baseline') {
    return 'file' in option.at
      ? { kind: 'baseline', position: start, gtidSet: '' }
      : { kind: 'baseline', position: { file: '', offset: 0 }, gtidSet: option.at.gtidSet };
  }
  if (start.file === pipeName) {
    refuseStart(
      start,
      'what comes through stdin has no name (the first log: --from NAME.000001:4)',
    );
  }
  if (!isFirstLog(start.file)) refuseStart(start, `${start.file} is not the first log of a series`);
  if (!isLogStart(start)) refuseStart(start, `${start.file} begins before that place`);
  return { kind: 'whole' };
}

/** Errors: INVALID_REQUEST where a copy that is there stands on something else than the user says. */
function checkBeginning(
  { beginning }: WriterCheckpoint,
  option: BeginningOption | undefined,
): void {
  if (option?.kind !== 'baseline') return;
  const isSame =
    beginning?.kind === 'baseline' &&
    ('file' in option.at
      ? positionText(option.at) === positionText(beginning.position)
      : option.at.gtidSet === beginning.gtidSet);
  if (isSame) return;
  throw new FlashError(
    'INVALID_REQUEST',
    '--baseline is of a new copy, and this one has begun already',
    {
      hint: 'Leave --baseline away: the copy goes on at its checkpoint. For another baseline take an empty engine folder.',
    },
  );
}

async function startMoved(
  logs: readonly NamedLog[],
  checkpoint: WriterCheckpoint,
  from: Position | undefined,
): Promise<StartPoint> {
  const { beginning, gtidSet, sourceTimeMs, source, passed = [], mark, newest } = checkpoint;
  const index = from === undefined ? await findMovedLog(logs, checkpoint) : 0;
  const rest = from === undefined ? logs.slice(index) : logsFrom(logs, from);
  const position = from ?? { file: rest[0]?.name ?? pipeName, offset: firstOffset };
  return {
    logs: rest,
    offset: 0,
    applyFrom: isLogStart(position) ? undefined : position,
    // What the logs so far were called, and which server wrote them, no longer matters.
    checkpoint: {
      ...{ position, gtidSet, sourceTimeMs, source: { flavor: source.flavor } },
      ...(newest === undefined ? {} : { newest }),
    },
    beginning,
    covered: from === undefined ? gtidSet : undefined,
    // By GTIDs, what the copy holds is passed over wherever it stands.
    named:
      from === undefined
        ? undefined
        : {
            readBefore: [...passed, ...(mark === undefined ? [] : [mark])],
            newestMs: sourceTimeMs,
          },
  };
}

function logsFrom(logs: readonly NamedLog[], from: Position): readonly NamedLog[] {
  const index = logs.findIndex((log) => log.name === from.file);
  if (index >= 0) {
    checkSize(logs[index]?.input, from);
    return logs.slice(index);
  }
  throw new FlashError('INVALID_REQUEST', `${from.file} is not among the logs`, {
    hint: `The logs are: ${logs.map((log) => log.name).join(', ')}.`,
  });
}

/** True where a place is the start of the log that the server began after it was stopped: a STOP names no next log. */
function isNextLog({ file, offset }: Position, { position, stopped }: WriterCheckpoint): boolean {
  const [here, next] = [parseLogName(position.file), parseLogName(file)];
  if (stopped !== true || offset > firstOffset || here === undefined) return false;
  return next?.base === here.base && next.number === here.number + 1;
}

function checkSize(log: LogInput | undefined, position: Position): void {
  if (log?.sizeBytes === undefined || log.sizeBytes >= position.offset) return;
  throw new FlashError(
    'SOURCE_MISMATCH',
    `${log.location} has ${log.sizeBytes} bytes, and the copy goes on at byte ${position.offset} of it`,
    {
      hint: `The file was cut, or is another log of the same name: fetch it again from the source. ${movedHint}`,
      place: { file: log.location, offset: position.offset },
    },
  );
}

function isEarlier(name: string, than: string): boolean {
  const a = parseLogName(name);
  const b = parseLogName(than);
  return a !== undefined && a.base === b?.base && a.number < b.number;
}

function isAfter(from: Position, checkpoint: Position): boolean {
  if (from.file === checkpoint.file) return from.offset > checkpoint.offset;
  return isEarlier(checkpoint.file, from.file);
}
