import { FlashError, type Position } from '../protocol/index.js';
import { parseLogName } from '../source/index.js';
import { GtidSet } from './gtid-set.js';

/** A moment of the source as of which rows were taken: a place in its logs, and what was executed by then. */
export interface Moment {
  position: Position;
  /** Empty where it is not known. */
  gtidSet: string;
}

/** Where a transaction or statement stands in the logs. */
export interface LogGroup {
  file: string;
  offset: number;
  gtid: string | undefined;
}

/**
 * Whether rows as of `since` hold what a transaction or statement did: it stands before that moment.
 *
 * Errors: SOURCE_MISMATCH where neither names of logs nor GTIDs tell.
 */
export function isCovered(since: Moment, group: LogGroup): boolean {
  const order = comparePositions(group, since.position);
  if (order !== undefined) return order < 0;
  if (since.gtidSet !== '' && group.gtid !== undefined) {
    return GtidSet.parse(since.gtidSet).has(group.gtid);
  }
  throw new FlashError(
    'SOURCE_MISMATCH',
    `${group.file} at offset ${group.offset} may be before or after ${since.position.file}:${since.position.offset}, where a dump was taken`,
    {
      hint: 'Replay logs of the server that was dumped, under the names that it gave them.',
      place: { file: group.file, offset: group.offset },
    },
  );
}

/**
 * Compares two moments of one source: below zero where `a` is before `b`.
 *
 * Shape: undefined where neither names of logs nor GTID sets tell.
 */
export function compareMoments(a: Moment, b: Moment): number | undefined {
  const order = comparePositions(a.position, b.position);
  if (order !== undefined) return order;
  if (a.gtidSet === '' || b.gtidSet === '') return undefined;
  const [left, right] = [GtidSet.parse(a.gtidSet), GtidSet.parse(b.gtidSet)];
  if (right.contains(a.gtidSet)) return left.contains(b.gtidSet) ? 0 : -1;
  return left.contains(b.gtidSet) ? 1 : undefined;
}

function comparePositions(a: Position, b: Position): number | undefined {
  if (a.file === b.file) return a.offset - b.offset;
  const [left, right] = [parseLogName(a.file), parseLogName(b.file)];
  if (left === undefined || left.base !== right?.base) return undefined;
  return left.number < right.number ? -1 : 1;
}
