import {
  FlashError,
  type Checkpoint,
  type Position,
  type SourceIdentity,
} from '../protocol/index.js';
import { movedHint, type LogMark } from './log-mark.js';
import type { PendingSwap } from './table-swap.js';

/** A table of the engine on its way to another name: what a crash must not leave half done. */
export interface PendingRename {
  /** The engine's identity of the table. */
  uuid: string;
  /** Undefined where the new name is not copied: the table leaves the copy. */
  to?: { database: string; table: string };
  /** Offset of the statement that the move belongs to. Missing in notes of earlier versions. */
  at?: number;
}

/** An XA transaction between XA PREPARE and its outcome: where in the logs its rows are. */
export interface PreparedTransaction {
  xid: string;
  file: string;
  /** Offset of its first event. */
  start: number;
  /** Offset after its XA PREPARE. */
  end: number;
  /** It changes tables of the copy. */
  hasRows: boolean;
  /** It came through a pipe, and its events are in the engine. */
  isStored?: true;
}

/**
 * A log that ended without an event that closes it, before one that a start of the server began: the server had crashed,
 * or the log is cut.
 */
export interface UnclosedLog {
  file: string;
  /** Up to where it was applied. */
  offset: number;
  /** How many bytes it had: after `offset` there may be half a transaction. */
  bytes: number;
}

/** What a copy stands on: kept with the checkpoint for as long as the copy lives. */
export type Beginning =
  /** The source's whole history: the first log of all was read. */
  | { kind: 'whole' }
  /** Rows as of a place in the logs, from a dump or vouched for by the user, and all changes since. */
  | { kind: 'baseline'; position: Position; gtidSet: string }
  /** Changes since a place in the logs, and nothing from before it. */
  | { kind: 'partial'; position: Position; gtidSet: string };

/** The transaction that was applied last, where it has a GTID. */
export interface NewestTransaction {
  gtid: string;
  /** Of its GTID event: the same in the logs of every replica. Units: s since 1970. */
  timeSeconds: number;
}

/** The options of the command line that decide what a copy holds. */
export interface StoredFilters {
  include: readonly string[];
  exclude: readonly string[];
  rename: readonly string[];
  zeroDate: 'null' | 'error';
  /** The source stores names of databases and tables in lower case. */
  lowerCaseTableNames?: true;
  /** The patterns that have met a table. */
  matched: readonly string[];
}

/** The checkpoint as the writer stores it. */
export interface WriterCheckpoint extends Checkpoint {
  /** Missing in checkpoints that were written before it was kept. */
  beginning?: Beginning;
  /** Set while the RENAME that stands at `position` is being carried out. */
  renames?: readonly PendingRename[];
  /** Which tables are copied, and how: a later run has to do the same. */
  filters?: StoredFilters;
  /** What tells the log that was read from another one of its name. */
  mark?: LogMark;
  /** The same of the logs that were read before it, the last ones of them; of files alone. */
  passed?: readonly LogMark[];
  /** GTIDs of transactions that the logs after `position` may hold, and that the copy holds already. */
  covered?: string;
  /** Missing before a transaction with a GTID was applied, and in checkpoints that were written before it was kept. */
  newest?: NewestTransaction;
  /** Set while tables that were loaded from a dump take their places. */
  swaps?: readonly PendingSwap[];
  /** The log that was read to its end, where `position` is in the next one already. */
  finished?: string;
  /** The log that holds `position` ends there, with a STOP. */
  stopped?: true;
  /** The log that holds `position` has transactions without GTIDs before it. */
  lacksGtids?: true;
  /** Logs of which is not known whether they were whole. */
  unclosed?: readonly UnclosedLog[];
  /** XA transactions before `position` whose outcome is after it. */
  prepared?: readonly PreparedTransaction[];
}

/** Under which name the engine keeps the writer's checkpoint. */
export const checkpointSource = 'binlog';

/**
 * Reads a stored checkpoint.
 *
 * Errors: BROKEN_DATA for a text that this version did not write.
 */
export function parseCheckpoint(text: string): WriterCheckpoint {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw brokenCheckpoint(text, error);
  }
  if (!isCheckpoint(value)) throw brokenCheckpoint(text, undefined);
  return value;
}

function isCheckpoint(value: unknown): value is WriterCheckpoint {
  return (
    typeof value === 'object' &&
    value !== null &&
    'source' in value &&
    'position' in value &&
    'gtidSet' in value &&
    'sourceTimeMs' in value
  );
}

function brokenCheckpoint(text: string, cause: unknown): FlashError {
  return new FlashError(
    'BROKEN_DATA',
    `the engine's checkpoint can't be read: ${text.slice(0, 80)}`,
    {
      hint: 'The engine folder was written by another version of TheFlash: use that one, or an empty folder.',
      cause,
    },
  );
}

/** Refuses a log of another server than the copy was made from. Errors: SOURCE_MISMATCH. */
export function checkSource(known: SourceIdentity, found: SourceIdentity, file: string): void {
  const isSame = known.serverId === undefined || known.serverId === found.serverId;
  if (known.flavor === found.flavor && isSame) return;
  throw new FlashError(
    'SOURCE_MISMATCH',
    `${file} was written by ${describeSource(found)}, and the copy was made from ${describeSource(known)}`,
    {
      hint: `${movedHint} Logs of a server that has nothing to do with it go into an engine folder of their own.`,
      place: { file },
    },
  );
}

function describeSource({ flavor, serverId }: SourceIdentity): string {
  return `${flavor === 'mysql' ? 'MySQL' : 'MariaDB'} server_id ${serverId ?? 'not known'}`;
}
