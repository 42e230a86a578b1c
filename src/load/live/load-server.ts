import { FlashError, tableName, type Engine, type Position } from '../../protocol/index.js';
import type { TableServer } from '../../source/index.js';
import {
  checkOwners,
  dropSideTables,
  EngineTables,
  GtidSet,
  loadHistory,
  makeTableFilter,
  storedFilters,
  type Moment,
  type SchemaHistory,
  type TableFilter,
  type WriterCheckpoint,
} from '../../writer/index.js';
import type { LoadResult } from '../load-dump.js';
import { publishLoad } from '../publish-load.js';
import type { ServerLoadOptions } from './load-options.js';
import { checkFresh } from '../dump-moment.js';
import {
  checkBound,
  checkListed,
  checkMoment,
  checkPlaces,
  checkResync,
  isOfCopy,
  openResync,
  resyncFilter,
  type Resync,
} from './resync.js';
import { isBefore } from './log-events.js';
import { findTableChange } from './table-changes.js';
import { readTables, type LoadedRows } from './read-tables.js';
import { listSourceTables, TablesChanged, type TableList } from './source-tables.js';
import { quoteSourceTable } from './table-parts.js';
import { checkVisible } from './visible-tables.js';

const defaultConnections = 4;
/** A table that changes while it is read makes the load begin anew. */
const attemptsMax = 4;
/** Rows for which one more session pays. */
const rowsPerSession = 50_000;

/**
 * Copies the tables of a running server into an engine that holds no copy, as of one place in its logs; or, with
 * `resync`, takes tables of a copy anew: what the log did to them before that place is passed over later.
 *
 * Guarantee: readers see all of it at one moment, with the checkpoint, or nothing. A load that was killed
 * is begun anew by the next run. Memory: the batches' limits, and one row a session.
 * Errors: AUTH, UNSUPPORTED, BUSY, CONNECTION of the server; SOURCE_MISMATCH where the engine has such tables.
 */
export async function loadServer(
  server: TableServer,
  engine: Engine,
  options: ServerLoadOptions = {},
): Promise<LoadResult> {
  for (let attempt = 1; ; attempt += 1) {
    await dropSideTables(engine);
    try {
      return await loadOnce(server, engine, options);
    } catch (error) {
      await dropSideTables(engine).catch(() => undefined);
      if (options.signal?.aborted === true) return interrupted();
      if (!(error instanceof TablesChanged)) throw error;
      const change = error.message;
      if (attempt === attemptsMax) throw unsteadyError(change, error);
      options.onNote?.(
        `The tables have changed while they were read (${change}): the load begins anew.`,
      );
    }
  }
}

async function loadOnce(
  server: TableServer,
  engine: Engine,
  options: ServerLoadOptions,
): Promise<LoadResult> {
  const { resync: names = [] } = options;
  const resync = names.length === 0 ? undefined : await openResync(engine, names);
  const copied = makeTableFilter(options);
  const filter = resync === undefined ? copied : resyncFilter(copied, resync);
  const history = await loadHistory(engine);
  if (resync !== undefined) await checkResync(server, resync, copied, history, options);
  const before = await listSourceTables(server, filter);
  if (resync !== undefined) {
    checkListed(resync, before, copied, server.url);
    checkPlaces(resync, before, copied, history);
  }
  checkMatched(before, options);
  const { connections = defaultConnections, onNote = () => undefined, include = [] } = options;
  const unseen = await checkVisible(server, before.copied.length);
  if (unseen !== undefined && include.length === 0 && resync === undefined) onNote(unseen);
  const rowsTotal = before.copied.reduce((sum, { rows }) => sum + rows, 0);
  const useful = Math.max(1, before.copied.length, Math.ceil(rowsTotal / rowsPerSession));
  const snapshot = await server.openSnapshot(
    Math.min(connections, useful),
    before.copied.map(quoteSourceTable),
  );
  try {
    const { position, sessions, lockMs } = snapshot;
    const held =
      lockMs === undefined ? 'without a lock' : `under a lock of ${lockMs.toFixed(0)} ms`;
    onNote(
      `${server.location}: ${sessions.length === 1 ? '1 session reads' : `${sessions.length} sessions read`} as of ${placeText(position)}, ${held}.`,
    );
    const list = await listSourceTables(server, filter);
    checkSameTables(before, list);
    checkTargets(list, filter);
    const gtidSet = GtidSet.parse(snapshot.gtidSet).toString();
    const moment = { position, gtidSet };
    if (resync !== undefined) checkMoment(resync, moment);
    await checkPlacesFree(engine, list, filter, resync === undefined ? undefined : history);
    const listedAt = await server.position();
    const loaded = await readTables({ server, engine, list, sessions, options });
    await checkUnchanged(server, filter, position, listedAt, loaded);
    if (resync === undefined) noteTables(history, list, loaded, filter);
    else noteResynced(history, resync, loaded, moment);
    const checkpoint =
      resync === undefined
        ? firstCheckpoint(server, filter, options, moment)
        : goingOn(server, filter, options, resync);
    const placed = loaded.map(({ rows, side }) => ({ side, to: filter.target(rows.known.schema) }));
    await publishLoad(engine, history, placed, { checkpoint, stored: resync?.stored });
    if (resync === undefined) for (const line of leftOutLines(list)) onNote(line);
    return {
      rows: loaded.reduce((sum, each) => sum + each.rows.rows, 0),
      tables: loaded.map(({ rows }) => tableName(rows.known.schema)),
      bytesRead: loaded.reduce((sum, each) => sum + each.rows.bytesRead, 0),
      zeroDates: loaded.reduce((sum, each) => sum + each.zeroDates, 0),
      beginning: checkpoint.beginning,
      ...{ position, gtidSet, warnings: [], wasLoaded: false, interrupted: false },
    };
  } finally {
    for (const session of snapshot.sessions) session.close();
  }
}

/**
 * `resynced`: the history of a copy whose tables are taken anew.
 *
 * Errors: SOURCE_MISMATCH where a table of the engine has the name already, and is no table of this copy.
 */
async function checkPlacesFree(
  engine: Engine,
  list: TableList,
  filter: TableFilter,
  resynced: SchemaHistory | undefined,
): Promise<void> {
  await checkOwners(
    engine,
    list.copied.map((table) => filter.target(table)),
  );
  const tables = new EngineTables(engine);
  const there = await tables.list();
  for (const table of list.copied) {
    if (!there.has(tableName(filter.target(table)))) continue;
    if (resynced !== undefined && isOfCopy(table, resynced)) continue;
    await checkFresh(tables, tableName(table), filter.target(table), 'the source');
  }
}

/** A copy of nothing would refuse the tables of the right pattern later. */
function checkMatched({ copied }: TableList, { include = [] }: ServerLoadOptions): void {
  if (copied.length > 0 || include.length === 0) return;
  throw new FlashError(
    'NOT_FOUND',
    `the source has no table that fits --include ${include.join(' ')}`,
    {
      hint: 'Nothing was made. Write it as database.table, as the source names them; * is a wildcard. The user needs SELECT on a table to see it.',
    },
  );
}

/** A table that came or went around the snapshot was not locked, or is not in it. */
function checkSameTables(before: TableList, now: TableList): void {
  const [old, found] = [before, now].map(({ copied }) => copied.map((each) => tableName(each)));
  const changed = [
    ...(old ?? []).filter((name) => found?.includes(name) !== true),
    ...(found ?? []).filter((name) => old?.includes(name) !== true),
  ][0];
  if (changed !== undefined) throw new TablesChanged(`${changed} was made or dropped`);
}

function checkTargets({ copied }: TableList, filter: TableFilter): void {
  const names = new Map<string, string>();
  for (const table of copied) {
    const target = tableName(filter.target(table));
    const other = names.get(target);
    names.set(target, tableName(table));
    if (other === undefined) continue;
    throw new FlashError(
      'INVALID_REQUEST',
      `${other} and ${tableName(table)} would both be ${target} in the engine`,
      { hint: 'Give each a name of its own with --rename, or leave one out with --exclude.' },
    );
  }
}

/** Errors: TablesChanged where the log has a statement that a snapshot does not keep out. */
async function checkUnchanged(
  server: TableServer,
  filter: TableFilter,
  from: Position,
  listedAt: Position,
  loaded: readonly LoadedRows[],
): Promise<void> {
  const readUpTo = new Map(loaded.map((each) => [tableName(each.rows.known.schema), each.readAt]));
  const upTo = [listedAt, ...readUpTo.values()].reduce((a, b) => (isBefore(a, b) ? b : a));
  if (!isBefore(from, upTo)) return;
  const source = await server.openLogs();
  try {
    const change = await findTableChange(source, {
      ...{ from, upTo, server },
      matters: (table, at) => {
        const names = [...readUpTo.keys()].filter((name) => name.startsWith(`${table.database}.`));
        if (table.table === '*' && names.length > 0) return true;
        const end = readUpTo.get(tableName(table)) ?? listedAt;
        return table.table !== '*' && filter.accepts(table) && isBefore(at, end);
      },
    });
    if (change === undefined) return;
    const sql = change.sql.replace(/\s+/g, ' ').slice(0, 80);
    throw new TablesChanged(`${change.table} by "${sql}" at ${placeText(change.position)}`);
  } finally {
    source.close?.();
  }
}

function noteTables(
  history: SchemaHistory,
  list: TableList,
  loaded: readonly LoadedRows[],
  filter: TableFilter,
): void {
  for (const { rows } of loaded) history.set(rows.known);
  for (const table of list.leftOut) history.leaveOut(table);
  for (const table of list.sequences) {
    if (filter.accepts(table)) history.addSequence(table);
  }
  for (const [database, charset] of list.charsets) history.setDatabaseCharset(database, charset);
}

/** What the log did to the tables before the place of their rows is in them. */
function noteResynced(
  history: SchemaHistory,
  resync: Resync,
  loaded: readonly LoadedRows[],
  moment: Moment,
): void {
  const known = loaded.map(({ rows }) => rows.known);
  checkBound(resync, known, history);
  for (const table of known) history.set({ ...table, since: moment });
}

/** The checkpoint of a copy that stays where it is, and of which these are the options now. */
function goingOn(
  server: TableServer,
  filter: TableFilter,
  options: ServerLoadOptions,
  { checkpoint }: Resync,
): WriterCheckpoint {
  const { filters } = checkpoint;
  if (filters === undefined) return checkpoint;
  const names = withNames(server, options);
  return {
    ...checkpoint,
    filters: storedFilters(names, options.zeroDate ?? filters.zeroDate, filter, filters),
  };
}

function withNames(server: TableServer, options: ServerLoadOptions): ServerLoadOptions {
  return server.lowerCaseTableNames ? { ...options, lowerCaseTableNames: true } : options;
}

function firstCheckpoint(
  server: TableServer,
  filter: TableFilter,
  options: ServerLoadOptions,
  { position, gtidSet }: Moment,
): WriterCheckpoint {
  const names = withNames(server, options);
  return {
    source: { flavor: server.isMariadb ? 'mariadb' : 'mysql' },
    filters: storedFilters(names, options.zeroDate ?? 'null', filter, undefined),
    ...{ position, gtidSet, sourceTimeMs: 0 },
    beginning: { kind: 'baseline', position, gtidSet },
  };
}

function leftOutLines({ views, sequences }: TableList): string[] {
  const kinds = [
    ['views', views],
    ['sequences', sequences],
  ] as const;
  return kinds.flatMap(([kind, found]) =>
    found.length === 0
      ? []
      : [
          `Not copied, as they hold no rows: ${kind} ${found.map((each) => tableName(each)).join(', ')}.`,
        ],
  );
}

function unsteadyError(change: string, cause: unknown): FlashError {
  return new FlashError(
    'BUSY',
    `tables were changed in each of ${attemptsMax} tries to read them: ${change}`,
    {
      hint: 'Nothing was loaded. Run again when no ALTER, RENAME, TRUNCATE or DROP of copied tables is under way, or leave such tables out with --exclude.',
      cause,
    },
  );
}

function interrupted(): LoadResult {
  return {
    ...{ rows: 0, tables: [], bytesRead: 0, zeroDates: 0, beginning: undefined },
    ...{ position: undefined, gtidSet: '', warnings: [], wasLoaded: false, interrupted: true },
  };
}

function placeText({ file, offset }: Position): string {
  return `${file}:${offset}`;
}
