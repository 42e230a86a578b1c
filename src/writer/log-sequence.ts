import type {
  FormatDescriptionEvent,
  GtidEvent,
  GtidListEvent,
  RawEvent,
  RotateEvent,
} from '../binlog/index.js';
import { FlashError, type Position } from '../protocol/index.js';
import { parseLogName, type LogName } from '../source/index.js';
import { GtidSet } from './gtid-set.js';
import type { UnclosedLog, WriterCheckpoint } from './checkpoint.js';
import { createdSeconds, movedHint, type LogMark } from './log-mark.js';
import type { NamedLog } from './named-log.js';

/**
 * A server writes the ROTATE of a log and the head of the next one in one go, by one clock: in MySQL
 * both bear the time at which the statement began that caused it.
 */
const openedWithinSeconds = 600;

/**
 * Refuses a log that was opened at another time than the one before it was closed.
 *
 * Errors: SOURCE_MISMATCH: a log of a series that was begun anew bears the number of the next one.
 */
export function checkOpened(before: LogMark, event: FormatDescriptionEvent): void {
  const closed = before.closedSeconds;
  if (closed === undefined) return;
  if (Math.abs(event.timeSeconds - closed) <= openedWithinSeconds) return;
  throw sequenceError(
    event,
    `${event.file} was opened at ${timeText(event.timeSeconds)}, and ${before.file} was closed for it at ${timeText(closed)}: it belongs to another series of logs`,
  );
}

/**
 * Refuses a log that its server began as it ran, after one that has no ROTATE at its end: a running server
 * writes one into each log that it leaves, so that is the beginning of a log.
 *
 * Errors: SOURCE_MISMATCH.
 */
export function checkClosed({ file, offset }: Position, opening: RawEvent): void {
  if (createdSeconds(opening) !== 0) return;
  const next = opening.header.file;
  throw new FlashError(
    'SOURCE_MISMATCH',
    `${file} ends at offset ${offset} without the event that names ${next} as the next log, and is not whole`,
    {
      hint: `Copy ${file} from the source once more, whole, and run again: it goes on at ${file}:${offset}.`,
      place: { file, offset },
    },
  );
}

/** What people should know of a log that has no end, and after which its server was started. */
export function unclosedLine({ file, bytes }: UnclosedLog): string {
  return (
    `${file} ends after ${bytes} bytes without an event that closes it. That is so where its server crashed; else the copy of ` +
    'the log was cut, and what it lacked is lost. Its size has to be that of SHOW BINARY LOGS.'
  );
}

/**
 * Refuses logs one of which has bytes that the copy has passed by.
 *
 * Errors: SOURCE_MISMATCH.
 */
export function checkUnclosed(
  logs: readonly NamedLog[],
  { unclosed = [], position }: Pick<WriterCheckpoint, 'unclosed' | 'position'>,
): void {
  for (const { file, offset, bytes } of unclosed) {
    const found = logs.find(({ name }) => name === file)?.input.sizeBytes ?? 0;
    if (found <= bytes) continue;
    throw new FlashError(
      'SOURCE_MISMATCH',
      `${file} has ${found} bytes, and had ${bytes} when the copy went on from it to the next log: the copy lacks what it holds after offset ${offset}`,
      {
        hint:
          'Put the rows right: theflash verify --source mysql://… --repair --engine …; or bring them in anew with --dump, in another engine folder. ' +
          `Then go on with the logs from ${position.file} on: take ${file} out of what --binlog names.`,
        place: { file, offset },
      },
    );
  }
}

/**
 * Refuses a log that names another one than its successor as the next: it is not the one that it was
 * taken for. `isApplied`: it has been read, as a pipe is, whose end can't be looked at first.
 *
 * Errors: SOURCE_MISMATCH.
 */
export function checkRotation(event: RotateEvent, { isApplied }: { isApplied: boolean }): void {
  const { file, offset } = event;
  const [here, next] = [parseLogName(file), parseLogName(event.nextFile)];
  // Copies of logs may bear names of their own.
  if (here === undefined || here.base !== next?.base || next.number === here.number + 1) return;
  throw new FlashError(
    'SOURCE_MISMATCH',
    `${file} ends with ${event.nextFile} as the next log, and so is ${logBefore(next)} under another name`,
    {
      hint: isApplied
        ? `It is applied up to there: where the copy held it before, tables without a primary key now have its rows twice. Put the rows right: theflash verify --source mysql://… --repair --engine …; or bring them in anew with --dump, in another engine folder.`
        : rightLogHint(file),
      place: { file, offset },
    },
  );
}

function logBefore({ base, number }: LogName): string {
  return `${base}.${String(number - 1).padStart(6, '0')}`;
}

/** What to do about a log that was given under the name of another one, and of which nothing is applied. */
export function rightLogHint(name: string): string {
  return `Nothing of it is applied. Put the log in its place that the source itself calls ${name} (mysqlbinlog --raw --read-from-remote-server … ${name}, or a backup), and run again.`;
}

/**
 * Refuses a log that says of the transactions before it something else than the logs before it held.
 * A MariaDB server can forget domains, so there only the numbers are compared.
 *
 * Errors: SOURCE_MISMATCH: a log is missing, or the series was begun anew.
 */
export function checkFollows(series: GtidSet, event: GtidListEvent): void {
  const listed = GtidSet.parse(event.gtidSet);
  const lacking = series.missing(listed);
  if (lacking !== '') {
    throw sequenceError(
      event,
      `${event.file} says that ${lacking} came before it, and the copy does not hold that`,
    );
  }
  const unknown = listed.isFrom('mariadb') ? listed.lacksOfKnown(series) : listed.missing(series);
  if (unknown === '') return;
  throw sequenceError(
    event,
    `${event.file} does not know of ${unknown}, which the copy holds: the source has begun its logs anew or has lost transactions, or this is an earlier log under another name`,
  );
}

/**
 * Refuses a log before which there are transactions that the copy does not hold.
 *
 * Errors: SOURCE_MISMATCH: an earlier log is needed.
 */
export function checkHeld(held: GtidSet, event: GtidListEvent): void {
  refuseLacking(held.missing(GtidSet.parse(event.gtidSet)), event);
}

/**
 * Refuses a log, of which the user says that the copy holds all from before it, where it says itself that there are
 * others: of servers whose transactions the copy knows. Of those of a new server the user has to know.
 *
 * Errors: SOURCE_MISMATCH.
 */
export function checkNamed(held: GtidSet, event: GtidListEvent): void {
  refuseLacking(held.lacksOfKnown(GtidSet.parse(event.gtidSet)), event);
}

function refuseLacking(lacking: string, event: GtidListEvent): void {
  if (lacking === '') return;
  throw sequenceError(
    event,
    `${event.file} begins after ${lacking}, which the copy does not hold: an earlier log is needed`,
  );
}

/** The error for a transaction that comes a second time: a series of logs that was begun anew. */
export function repeatedError(event: GtidEvent, gtid: string): FlashError {
  return sequenceError(
    event,
    `${event.file} at offset ${event.offset} holds ${gtid} as a new transaction, and the copy has one of that GTID: the source has begun its logs anew, or a log comes a second time`,
  );
}

/** The error for a transaction of which can't be told whether the copy holds it. */
export function anonymousError(event: GtidEvent): FlashError {
  return new FlashError(
    'SOURCE_MISMATCH',
    `${event.file} at offset ${event.offset} holds a transaction without a GTID: it can't be told whether the copy has it`,
    {
      hint: 'Name the place in the logs up to which the copy holds all: --source-moved --from FILE:OFFSET, or --baseline FILE:OFFSET for a new copy.',
      place: { file: event.file, offset: event.offset },
    },
  );
}

function sequenceError(
  { file, offset }: { file: string; offset: number },
  message: string,
): FlashError {
  return new FlashError('SOURCE_MISMATCH', message, {
    hint: `Give every log of one source, in order. ${movedHint} Else bring the database in anew with --dump, in another engine folder.`,
    place: { file, offset },
  });
}

function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000', '');
}
