import type { KnownTable } from './schema-history.js';
import { FlashError, tableName, type Position } from '../protocol/index.js';
import { parseLogName } from '../source/index.js';
import type { Beginning } from './checkpoint.js';
import { positionText } from './log-mark.js';
import { leaveOutHint, resyncCommand } from './resync-hint.js';

/** What the user says that a new copy stands on; without it, it has to be the source's first log. */
export type BeginningOption =
  /** Changes from the start on, and nothing from before it. */
  | { kind: 'partial' }
  /** The engine's tables hold the rows as of this place, or of these transactions, or will. */
  | { kind: 'baseline'; at: Position | { gtidSet: string } };

/** The offset of a log's first event. */
export const firstOffset = 4;

/** True where a log, by its name, is the first of a series. */
export function isFirstLog(name: string): boolean {
  return parseLogName(name)?.number === 1;
}

/** True where a place is the start of its log. */
export function isLogStart({ offset }: Position): boolean {
  return offset <= firstOffset;
}

/**
 * Refuses a start that is not the beginning of the source's history.
 *
 * `why`: what shows it. Errors: SOURCE_MISMATCH, always.
 */
export function refuseStart(start: Position, why: string): never {
  const place = positionText(start);
  throw new FlashError(
    'SOURCE_MISMATCH',
    `the logs do not begin with the source's history: ${why}. A copy that starts at ${place} would lack all rows from before`,
    {
      hint:
        'To have them: mysqldump --single-transaction --source-data=2 --databases … > dump.sql, then ' +
        `theflash write --dump dump.sql --binlog …. If the engine holds the rows as of that place: --baseline ${place}. ` +
        'For the changes from there on alone: --partial.',
      place: { file: start.file, offset: start.offset },
    },
  );
}

/** The error for a table that was there before the place where the copy begins. `serverUrl`: where a server gives the logs. */
export function earlierTableError(
  table: { database: string; table: string },
  beginning: Beginning | undefined,
  { file, offset }: { file: string; offset: number },
  serverUrl: string | undefined,
): FlashError {
  const place = { file, offset };
  const name = tableName(table);
  const start =
    beginning?.kind === 'baseline'
      ? 'it is not in the baseline that the copy begins with'
      : 'it was made before the logs begin (RESET MASTER, or made with sql_log_bin=0)';
  return new FlashError(
    'SOURCE_MISMATCH',
    `${place.file} at offset ${place.offset} changes ${name}, and no CREATE TABLE of it is in the logs: ${start}, so rows of it would be missing`,
    {
      hint:
        serverUrl === undefined
          ? `All before it is applied. Bring the table in: mysqldump --single-transaction --source-data=2 ${table.database} ${table.table} > t.sql, ` +
            `then theflash write --dump t.sql --only ${name} --binlog …; or leave it out with --exclude ${name}.`
          : `All before it is applied. Bring the table in, with the other flags of this run: ${resyncCommand(serverUrl, [name])}. ${leaveOutHint(serverUrl, [name])}`,
      place: { ...place, table: name },
    },
  );
}

/** The error for a table that DDL has named in capitals, and rows do not; undefined where there is none. */
export function lowerCaseError(
  table: { database: string; table: string },
  known: readonly KnownTable[],
  { file, offset }: { file: string; offset: number },
): FlashError | undefined {
  const name = tableName(table);
  const made = known
    .map(({ schema }) => tableName(schema))
    .find((each) => each !== name && each.toLowerCase() === name);
  if (made === undefined) return undefined;
  return new FlashError(
    'SOURCE_MISMATCH',
    `${file} at offset ${offset} changes ${name}, which was made as ${made}: the source has lower_case_table_names=1`,
    {
      hint: 'Begin anew with --lower-case-table-names, in an empty engine folder.',
      place: { file, offset, table: name },
    },
  );
}

/** What a copy may lack beside what it stands on. */
export interface CopyGaps {
  standingStill: readonly unknown[];
  unclosedLogs: readonly unknown[];
}

/** What a copy holds, for people: goes with the engine's location before it and the position after it. */
export function describeBeginning(
  beginning: Beginning | undefined,
  upTo: string,
  { standingStill, unclosedLogs }: CopyGaps,
): string {
  switch (beginning?.kind) {
    case 'whole': {
      const gaps = [
        standingStill.length > 0 ? 'tables that stand still' : [],
        unclosedLogs.length > 0 ? 'what logs that nothing closed may have lacked' : [],
      ].flat();
      return `holds all up to ${upTo}${gaps.length > 0 ? `, but for ${gaps.join(' and ')}` : ''}`;
    }
    case 'baseline':
      return `holds the rows of its baseline at ${placeOf(beginning)} and all changes up to ${upTo}`;
    case 'partial':
      return `is partial since ${placeOf(beginning)}: it holds the changes from there up to ${upTo}, and no rows from before`;
    case undefined:
      return `holds all changes up to ${upTo}, since a place that an older version did not write down`;
  }
}

/** A place for people; that of a GTID set alone is its text. */
function placeOf({ position, gtidSet }: { position: Position; gtidSet: string }): string {
  return position.file === '' ? gtidSet : positionText(position);
}
