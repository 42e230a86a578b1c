import { FlashError, tableName, type Engine } from '../../protocol/index.js';
import type { TableServer } from '../../source/index.js';
import {
  boundTables,
  checkFilters,
  checkpointSource,
  compareMoments,
  findStart,
  GtidSet,
  leaveOutHint,
  parseCheckpoint,
  swapTables,
  type KnownTable,
  type Moment,
  type SchemaHistory,
  type TableFilter,
  type WriterCheckpoint,
} from '../../writer/index.js';
import type { ServerLoadOptions } from './load-options.js';
import type { TableList } from './source-tables.js';

/** Tables of a copy that are taken anew, while the rest of it stays where it is. */
export interface Resync {
  names: readonly string[];
  checkpoint: WriterCheckpoint;
  /** The checkpoint as the engine gave it. */
  stored: string;
}

/**
 * Reads how far the copy is whose tables are taken anew, and carries a load to its end that a crash has cut.
 *
 * Errors: INVALID_REQUEST where there is no copy; BUSY where a RENAME of it is half done.
 */
export async function openResync(engine: Engine, names: readonly string[]): Promise<Resync> {
  const stored = await engine.readCheckpoint(checkpointSource);
  if (stored === undefined) {
    throw new FlashError(
      'INVALID_REQUEST',
      '--resync takes tables of a copy anew, and the engine holds no copy',
      {
        hint: 'Leave --resync away to begin one; --include db.table takes some of the tables only.',
      },
    );
  }
  const { swaps, ...checkpoint } = parseCheckpoint(stored);
  if (swaps !== undefined) await swapTables(engine, swaps);
  if (checkpoint.renames === undefined) return { names, checkpoint, stored };
  throw new FlashError('BUSY', 'the run before this one was cut in the middle of a RENAME', {
    hint: 'Run once without --resync, which carries it to its end, and then with it again.',
  });
}

/** The filter of a copy, and of the tables that are taken anew no other. */
export function resyncFilter(filter: TableFilter, { names }: Resync): TableFilter {
  return {
    ...filter,
    accepts: (table) => names.includes(tableName(table)) && filter.accepts(table),
  };
}

/**
 * Makes sure, before anything is read, that the copy is of this server and goes on there, and that the run will too.
 *
 * Errors: SOURCE_MISMATCH; those of the server.
 */
export async function checkResync(
  server: TableServer,
  { names, checkpoint }: Resync,
  filter: TableFilter,
  history: SchemaHistory,
  { zeroDate = 'null' }: ServerLoadOptions,
): Promise<void> {
  checkFilters(checkpoint, filter, zeroDate, history, {
    ...{ coming: names, serverUrl: server.url },
  });
  const source = await server.openLogs();
  try {
    await findStart(source, checkpoint, {});
  } finally {
    source.close?.();
  }
}

/** Errors: INVALID_REQUEST for a table that the server does not have, or the filter leaves out. */
export function checkListed(
  { names }: Resync,
  list: TableList,
  filter: TableFilter,
  serverUrl: string,
): void {
  const missing = names.find((name) => !list.copied.some((each) => tableName(each) === name));
  if (missing === undefined) return;
  const isLeftOut = list.leftOut.some((each) => tableName(each) === missing);
  const dot = missing.indexOf('.');
  const table = { database: missing.slice(0, dot), table: missing.slice(dot + 1) };
  const isOfFilter = isLeftOut && !filter.accepts(table);
  const why = isOfFilter
    ? `--resync ${missing}: --include or --exclude leave it out`
    : `--resync ${missing}: the source has no such table, or the user does not see it`;
  const wayOn = isOfFilter ? '' : ` ${leaveOutHint(serverUrl, [missing])}`;
  throw new FlashError('INVALID_REQUEST', why, {
    hint: `Name tables that are copied, as db.table, in the letters of SHOW TABLES. Nothing was loaded.${wayOn}`,
    place: { table: missing },
  });
}

/** Errors: SOURCE_MISMATCH where what lies between the table and the rest of the copy would be lost. */
export function checkMoment({ names, checkpoint }: Resync, moment: Moment): void {
  const order = compareMoments(moment, checkpoint);
  const hasNoGtids = moment.gtidSet === '' || checkpoint.gtidSet === '';
  const holdsCopy = hasNoGtids || GtidSet.parse(moment.gtidSet).contains(checkpoint.gtidSet);
  if (order !== undefined && order >= 0 && holdsCopy) return;
  const [here, there] = [moment, checkpoint].map(
    ({ position }) => `${position.file}:${position.offset}`,
  );
  throw new FlashError(
    'SOURCE_MISMATCH',
    holdsCopy
      ? `the source is at ${here ?? ''} and the copy at ${there ?? ''}: nothing tells that the first is the later one, so that changes of ${names.join(', ')} may be lost`
      : 'the copy holds transactions that the source has never executed',
    { hint: 'Is this the server that the copy was made from? Its logs may have begun anew.' },
  );
}

/** Errors: INVALID_REQUEST where tables that foreign keys bind would be of different moments. */
export function checkBound(
  { names }: Resync,
  loaded: readonly KnownTable[],
  history: SchemaHistory,
): void {
  const others = history.tables().filter(({ schema }) => !names.includes(tableName(schema)));
  const missing = boundTables([...loaded, ...others], names);
  if (missing.length === 0) return;
  const flags = [...names, ...missing].map((name) => `--resync '${name}'`).join(' ');
  throw new FlashError(
    'INVALID_REQUEST',
    `foreign keys with actions bind ${names.join(', ')} to ${missing.join(', ')}, which would be of another moment`,
    { hint: `Take them together: ${flags}. Nothing was loaded.` },
  );
}

/** Errors: INVALID_REQUEST for a table that would take the place of another one of the copy. */
export function checkPlaces(
  { names }: Resync,
  list: TableList,
  filter: TableFilter,
  history: SchemaHistory,
): void {
  const taken = new Map(
    history
      .tables()
      .filter(({ schema }) => !names.includes(tableName(schema)))
      .map(({ schema }) => [tableName(filter.target(schema)), tableName(schema)]),
  );
  for (const table of list.copied) {
    const target = tableName(filter.target(table));
    const other = taken.get(target);
    if (other === undefined) continue;
    throw new FlashError(
      'INVALID_REQUEST',
      `${tableName(table)} would be ${target} in the engine, which is ${other} of the copy`,
      { hint: 'Give it a name of its own with --rename.', place: { table: tableName(table) } },
    );
  }
}

/** Whether the engine's table of this name is the copy's, with rows that are replaced. */
export function isOfCopy(
  table: { database: string; table: string },
  history: SchemaHistory,
): boolean {
  const name = tableName(table);
  return (
    history.get(table) !== undefined ||
    history.standingStill().some(({ table: still }) => still === name)
  );
}
