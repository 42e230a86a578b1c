import { FlashError, tableName } from '../protocol/index.js';
import type { StoredFilters, WriterCheckpoint } from './checkpoint.js';
import { resyncCommand } from './resync-hint.js';
import type { SchemaHistory } from './schema-history.js';
import { statementError, type StatementContext } from './statement-error.js';
import { makeTableFilter, type TableFilter, type TableFilterOptions } from './table-filter.js';

/**
 * Holds the options of a run against those that the copy was made with. Tables that are left out from
 * now on stand still, and are noted so.
 *
 * `coming`: tables that get their rows before the run goes on. `serverUrl`: where the logs are a server's.
 * Errors: SOURCE_MISMATCH where tables would come in without their rows, or under another name.
 */
export function checkFilters(
  checkpoint: WriterCheckpoint | undefined,
  filter: TableFilter,
  zeroDate: StoredFilters['zeroDate'],
  history: SchemaHistory,
  { coming = [], serverUrl }: { coming?: readonly string[]; serverUrl?: string | undefined } = {},
): void {
  const stored = checkpoint?.filters;
  const known = history.tables();
  // Patterns count as met where they fit a table from an earlier run.
  for (const { schema } of known) filter.accepts(schema);
  const added = history
    .leftOut()
    .filter(({ table }) => filter.accepts(table))
    .map(({ table }) => tableName(table))
    .filter((name) => !coming.includes(name));
  if (added.length > 0) throw addedError(added, serverUrl);
  if (checkpoint === undefined || stored === undefined) return;
  if (stored.zeroDate === 'null' && zeroDate === 'error') {
    throw new FlashError('SOURCE_MISMATCH', 'the copy was made with --zero-date null', {
      hint: 'Zero and impossible dates in it are NULL already. Leave --zero-date away, or take an empty engine folder.',
    });
  }
  const before = makeTableFilter(stored);
  for (const { schema } of known) {
    const target = tableName(filter.target(schema));
    const targetBefore = tableName(before.target(schema));
    if (target !== targetBefore) throw renamedError(tableName(schema), targetBefore, target);
    if (!filter.accepts(schema)) history.leaveOut(schema, checkpoint.position);
  }
}

/**
 * Whether the source stores names in lower case: as the run says, or the one before it.
 *
 * Errors: SOURCE_MISMATCH where tables were made under other names.
 */
export function namesAreLowerCase(
  checkpoint: WriterCheckpoint | undefined,
  { lowerCaseTableNames = false }: NameOptions,
  history: SchemaHistory,
): boolean {
  if (checkpoint?.filters?.lowerCaseTableNames === true) return true;
  const names = lowerCaseTableNames ? history.tables().map(({ schema }) => tableName(schema)) : [];
  const mixed = names.find((name) => name !== name.toLowerCase());
  if (mixed === undefined) return lowerCaseTableNames;
  throw new FlashError(
    'SOURCE_MISMATCH',
    `the copy holds ${mixed}, as it was begun without --lower-case-table-names`,
    {
      hint: 'Begin anew with it, in an empty engine folder: the source never had a table of that name.',
      place: { table: mixed },
    },
  );
}

export interface NameOptions {
  /** The source has lower_case_table_names=1: its DDL may spell names as it likes. */
  lowerCaseTableNames?: boolean;
}

/** What is stored with a checkpoint of this run. */
export function storedFilters(
  options: TableFilterOptions & NameOptions,
  zeroDate: StoredFilters['zeroDate'],
  filter: TableFilter,
  before: StoredFilters | undefined,
): StoredFilters {
  const { include = [], exclude = [], rename = [], lowerCaseTableNames = false } = options;
  const matched = [...new Set([...(before?.matched ?? []), ...filter.matched()])];
  const names = lowerCaseTableNames ? { lowerCaseTableNames } : {};
  return { include, exclude, rename, zeroDate, ...names, matched };
}

/** The patterns that have not met a table, in any run. */
export function unmatchedPatterns(
  filter: TableFilter,
  before: StoredFilters | undefined,
): readonly string[] {
  const matched = new Set([...(before?.matched ?? []), ...filter.matched()]);
  return filter.patterns().filter((pattern) => !matched.has(pattern));
}

/**
 * Refuses a table that would become one table of the engine with another.
 *
 * `renames`: tables that leave their names by the same statement.
 * Errors: UNSUPPORTED.
 */
export function checkTarget(
  table: { database: string; table: string },
  filter: TableFilter,
  history: SchemaHistory,
  context: StatementContext,
  renames: readonly { from: { database: string; table: string } }[] = [],
): void {
  const target = tableName(filter.target(table));
  const leaving = new Set([tableName(table), ...renames.map(({ from }) => tableName(from))]);
  const other = history
    .tables()
    .find(
      ({ schema }) =>
        !leaving.has(tableName(schema)) &&
        filter.accepts(schema) &&
        tableName(filter.target(schema)) === target,
    );
  if (other === undefined) return;
  const names = `${tableName(table)} and ${tableName(other.schema)}`;
  throw statementError(context, `${names} would both be ${target} in the engine`, {
    table: tableName(table),
    hint: 'Leave one out with --exclude, and go on. To have both, give each a name of its own with --rename, in an empty engine folder.',
  });
}

function addedError(names: readonly string[], serverUrl: string | undefined): FlashError {
  const [first = ''] = names;
  const exclude = names.map((name) => `--exclude '${name}'`).join(' ');
  const only = names.map((name) => `--only '${name}'`).join(' ');
  const dumped = names.map((name) => name.replace('.', ' ')).join(', ');
  const pronoun = names.length === 1 ? 'it' : 'them';
  return new FlashError(
    'SOURCE_MISMATCH',
    `the copy was made without ${names.join(', ')}, whose rows up to now it does not hold`,
    {
      hint:
        serverUrl === undefined
          ? `Go on without: ${exclude}. Or bring ${pronoun} in by a dump (of ${dumped}): ` +
            `mysqldump --single-transaction --source-data=2 … > t.sql, then theflash write --dump t.sql ${only} --binlog ….`
          : `Go on without: ${exclude}. Or bring ${pronoun} in, with the other flags of this run: ${resyncCommand(serverUrl, names)}.`,
      place: { table: first },
    },
  );
}

function renamedError(name: string, before: string, now: string): FlashError {
  return new FlashError('SOURCE_MISMATCH', `${name} is in the copy as ${before}, not as ${now}`, {
    hint:
      before === name
        ? `Leave --rename away for it, or take an empty engine folder.`
        : `Give --rename '${name}=${before}' as before, or take an empty engine folder.`,
    place: { table: name },
  });
}
