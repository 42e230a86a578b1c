import {
  FlashError,
  queryRows,
  quoteString,
  tableName,
  type ChangesRequest,
  type Engine,
  type ScanColumn,
} from '../protocol/index.js';
import { isFloatType, type PlanMessage } from '../protocol/wire/index.js';
import { type PlanSource } from './snapshot.js';

/** A PLAN of changes. */
export type ChangesMessage = PlanMessage & { changesAfter: bigint };

export function isOfChanges(message: PlanMessage): message is ChangesMessage {
  return message.changesAfter !== undefined;
}

/**
 * Gives what a PLAN of changes asks for, once it is sure that they can be told.
 *
 * Errors: EXPIRED where rows went, came or changed after that version without one of their own, or
 * the table is another one; INVALID_REQUEST for a table that has no changes, and for a version that
 * is yet to come.
 */
export async function changesRequest(
  engine: Engine,
  message: ChangesMessage,
  source: PlanSource,
  columns: readonly ScanColumn[],
  key: readonly string[],
): Promise<ChangesRequest> {
  const { database, table, changesAfter: after, columns: names } = message;
  const { filter, aggregate, orderBy, rowsMax } = message;
  if ([filter, aggregate, orderBy, rowsMax].some((each) => each !== undefined)) {
    throw new FlashError('INVALID_REQUEST', 'Changes come without filter, order and limit', {
      hint: 'Leave filter, aggregate, orderBy and rowsMax out.',
    });
  }
  const byName = new Map(columns.map((column) => [column.name, column]));
  const keyColumns = key.map((name) => byName.get(name));
  if (key.length === 0 || keyColumns.some((each) => isFloatType(each?.engineType ?? 'Float64'))) {
    throw refused(message, 'changes are told by a primary key of columns, without floats');
  }
  if (source.snapshot !== undefined) await checkFeed(engine, message, source.snapshot);
  else throw refused(message, 'it holds no rows of its own');
  const request = { database, table, stored: source.stored, after, key };
  return names === undefined ? request : { ...request, columns: names };
}

/** What a snapshot knows of a table's changes: docs/sql.md, "Changes". */
async function checkFeed(engine: Engine, message: ChangesMessage, snapshot: string): Promise<void> {
  const { database, table, changesAfter: after, changesOf } = message;
  const [row] = await queryRows(
    engine,
    `SELECT toString(complete_version) AS complete, toString(feed.uuid) AS uuid,
       toString(feed.since) AS since, feed.reason AS reason
     FROM (SELECT complete_version, changes[indexOf(arrayMap(t -> (t.database, t.table), tables),
       (${quoteString(database)}, ${quoteString(table)}))] AS feed
       FROM theflash.snapshots WHERE name = ${quoteString(snapshot)})`,
  );
  const [uuid, reason] = [String(row?.['uuid']), String(row?.['reason'])];
  if (row === undefined || uuid === noUuid) {
    throw refused(
      message,
      'it is no mutable table, may lose the marks of deleted rows, or the snapshot is of an older build',
    );
  }
  if (changesOf !== undefined && changesOf !== uuid) {
    throw cutOff(message, 'it is another table than then, of the same name', row);
  }
  if (after > BigInt(String(row['complete']))) {
    throw new FlashError(
      'INVALID_REQUEST',
      `Version ${after} is yet to come in ${tableName(message)}: snapshot ${snapshot} is of version ${String(row['complete'])}`,
      { hint: 'Give the version of an earlier snapshot of this engine folder.' },
    );
  }
  if (after === 0n || after >= BigInt(String(row['since']))) return;
  throw cutOff(message, reason === '' ? 'no snapshot of it is as old' : `of ${reason}`, row);
}

const noUuid = '00000000-0000-0000-0000-000000000000';

function refused(message: ChangesMessage, reason: string): FlashError {
  return new FlashError('INVALID_REQUEST', `${tableName(message)} has no changes: ${reason}`, {
    hint: 'Read the table itself.',
    place: { table: tableName(message) },
  });
}

function cutOff(
  message: ChangesMessage,
  reason: string,
  row: Readonly<Record<string, unknown>>,
): FlashError {
  const [table, after] = [tableName(message), message.changesAfter];
  return new FlashError(
    'EXPIRED',
    `The changes of ${table} after version ${after} can't be told, because ${reason}. The first are those after version ${String(row['since'])}`,
    {
      hint: 'Begin anew with all rows: a stream with a new checkpointLocation, a batch without changesFrom.',
      place: { table },
    },
  );
}
