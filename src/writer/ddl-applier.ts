import { tableName, type TableSchema } from '../protocol/index.js';
import { earlierTableError } from './beginning.js';
import type { PendingRename } from './checkpoint.js';
import type { AlterAction, Statement, TableReference } from './ddl/index.js';
import type { KnownTable } from './schema-history.js';
import { followColumns, followTables } from './foreign-keys/index.js';
import { partitionsAfter, rowsOfPartitions } from './partition-rows.js';
import { moveTables } from './pending-moves.js';
import { resyncHint, versionedHint } from './resync-hint.js';
import { checkTarget } from './filter-change.js';
import type { LogGroup } from './covered.js';
import {
  atStatement,
  parsePart,
  statementError,
  type StatementContext,
} from './statement-error.js';
import { checkStorage, refuseMerge } from './storage-engine.js';
import { applyColumnActions, type AlteredTable } from './column-actions.js';
import type { DdlContext, DdlPorts } from './ddl-ports.js';
import { movesBesideDumps, type TableMove } from './rename-plan.js';
import { tableOfDefinition } from './table-definition.js';

/** Actions of ALTER TABLE that leave columns, keys and charsets as they are. */
const noColumnKinds: ReadonlySet<AlterAction['kind']> = new Set([
  'no-effect',
  'rename-table',
  'unsupported',
  'partition-by',
  'add-partitions',
  'reorganize-partitions',
  'drop-partitions',
  'truncate-partitions',
] as const);

type CreateTable = Extract<Statement, { kind: 'create-table' }>;

/**
 * Carries DDL over to the engine. Before the first change of a statement all earlier rows are made
 * durable; each change may be repeated, so that a crash in between is made good by the next run.
 */
export class DdlApplier {
  readonly #ports: DdlPorts;
  /** The note of a move of tables that a crash has cut. */
  #unfinished: readonly PendingRename[] | undefined;

  constructor(ports: DdlPorts, unfinished?: readonly PendingRename[]) {
    this.#ports = ports;
    this.#unfinished = unfinished;
  }

  /**
   * Applies a statement.
   *
   * Shape: true where the copy or what is known of it has changed.
   * Errors: UNSUPPORTED for a change of a replicated table that can't be carried over.
   */
  async apply(statement: Statement, context: DdlContext): Promise<boolean> {
    switch (statement.kind) {
      case 'create-database':
      case 'alter-database':
        return this.#setDatabase(statement, context);
      case 'drop-database':
        return this.#dropTables(
          this.#ports.history.tablesOf(statement.database).map(({ schema }) => schema),
          context,
          statement.database,
        );
      case 'create-table':
        return this.#createTable(statement, context);
      case 'create-sequence':
        this.#ports.history.addSequence(statement.table);
        return true;
      case 'drop-table':
        return statement.temporary ? false : this.#dropTables(statement.tables, context);
      case 'truncate-table':
        return this.#truncate(statement.table, context);
      case 'rename-table':
        return this.#rename(statement.renames, context);
      case 'alter-table':
        return this.#alter(statement.table, statement.actions, context);
      default:
        return false;
    }
  }

  /**
   * Passes the making of a temporary table, which is not copied.
   *
   * Errors: UNSUPPORTED where it hides a copied one: DDL of its session is of the temporary table then,
   * and the log does not tell.
   */
  passTemporary(table: TableReference, context: StatementContext, group: LogGroup): void {
    const { filter, history } = this.#ports;
    if (!filter.accepts(table) || history.get(table) === undefined) return;
    if (history.covers(table, group)) return;
    const name = tableName(table);
    const problem = `a temporary table hides ${name}: what the session says of that name is not of the copied table`;
    throw statementError(context, problem, { table: name, hint: resyncHint(table, this.#ports) });
  }

  #setDatabase(
    statement: Extract<Statement, { kind: 'create-database' | 'alter-database' }>,
    context: DdlContext,
  ): boolean {
    const { history } = this.#ports;
    const isNew = statement.kind === 'create-database';
    const charset = statement.charset ?? (isNew ? context.session.serverCharset : undefined);
    if (charset === undefined || history.databaseCharset(statement.database) === charset)
      return false;
    history.setDatabaseCharset(statement.database, charset);
    return true;
  }

  async #createTable(statement: CreateTable, context: DdlContext): Promise<boolean> {
    const { filter, history, tables, barrier } = this.#ports;
    const { table } = statement;
    refuseMerge(table, this.#ports.filter, context);
    if (statement.temporary || !filter.accepts(table) || history.covers(table, context))
      return false;
    const known = history.get(table);
    if (known !== undefined && statement.ifNotExists) return false;
    const body = parsePart(context, tableName(table), statement.body);
    const made =
      'like' in body
        ? this.#likeTable(table, body.like, context)
        : tableOfDefinition(table, body, this.#databaseCharset(table, context), context.session, {
            file: context.file,
            offset: context.offset,
            table: tableName(table),
          });
    checkStorage(made.storage, tableName(table), context);
    checkTarget(table, filter, history, context);
    this.#ports.foreignKeys.checkParents(made, { file: context.file, offset: context.offset });
    // A table that is new has no rows on their way to it.
    if (known !== undefined) await barrier();
    await atStatement(context, tableName(table), async () => {
      await this.#ports.checkOwners([filter.target(table)]);
      if (known !== undefined && statement.orReplace) await tables.drop(filter.target(table));
      await tables.create(this.#targetSchema(made.schema));
    });
    history.set(made);
    return true;
  }

  #likeTable(table: TableReference, like: TableReference, context: DdlContext): KnownTable {
    const { history } = this.#ports;
    const known = history.covers(like, context) ? undefined : history.get(like);
    if (known === undefined) {
      throw statementError(context, `the table ${tableName(like)} is not known`, {
        table: tableName(table),
        hint: resyncHint(table, this.#ports),
      });
    }
    // It is new: it has no rows from before, and gets no foreign keys.
    const made: KnownTable = { ...known, schema: { ...known.schema, ...table }, foreignKeys: [] };
    delete made.origin;
    return made;
  }

  #databaseCharset(table: TableReference, context: DdlContext): string | undefined {
    return this.#ports.history.databaseCharset(table.database) ?? context.session.serverCharset;
  }

  #targetSchema(schema: TableSchema): TableSchema {
    return { ...schema, ...this.#ports.filter.target(schema) };
  }

  async #dropTables(
    dropped: readonly TableReference[],
    context: DdlContext,
    database?: string,
  ): Promise<boolean> {
    const { filter, history, tables, barrier } = this.#ports;
    const sequences = dropped.filter((table) => history.dropSequence(table));
    const known = dropped.filter(
      (table) =>
        filter.accepts(table) &&
        history.get(table) !== undefined &&
        !history.covers(table, context),
    );
    if (database !== undefined) history.setDatabaseCharset(database, undefined);
    if (known.length === 0) return database !== undefined || sequences.length > 0;
    await barrier();
    for (const table of known) {
      await tables.drop(filter.target(table));
      history.delete(table);
    }
    return true;
  }

  async #truncate(table: TableReference, context: DdlContext): Promise<boolean> {
    const { filter, history, tables, barrier } = this.#ports;
    if (!filter.accepts(table) || history.get(table) === undefined) return false;
    if (history.covers(table, context)) return false;
    await barrier();
    if (await tables.exists(filter.target(table))) await tables.truncate(filter.target(table));
    return true;
  }

  async #rename(
    renames: readonly { from: TableReference; to: TableReference }[],
    context: DdlContext,
    altered?: AlteredTable,
  ): Promise<boolean> {
    const { filter, history, barrier } = this.#ports;
    for (const { from, to } of renames) if (history.dropSequence(from)) history.addSequence(to);
    const netMoves = this.#netMoves(renames).filter(({ from }) => history.get(from) !== undefined);
    const moves = movesBesideDumps(netMoves, this.#ports, context);
    for (const { from, to } of renames) {
      if (filter.accepts(to) && !filter.accepts(from) && !history.covers(to, context)) {
        throw statementError(
          context,
          `${tableName(from)} is not copied, and gets the name of a table that is`,
          { table: tableName(to), hint: resyncHint(to, this.#ports) },
        );
      }
      if (filter.accepts(to) && filter.accepts(from))
        checkTarget(to, filter, history, context, renames);
    }
    if (moves.length === 0) return false;
    await barrier();
    const pending = this.#unfinishedOf(context) ?? (await this.#planRenames(moves, altered));
    await this.#move(pending, context);
    const known = moves.map(({ from, to }) => ({ to, entry: altered?.known ?? history.get(from) }));
    for (const { from } of moves) history.delete(from);
    for (const { to, entry } of known) {
      if (entry === undefined || to === undefined || !filter.accepts(to)) continue;
      history.set({ ...entry, schema: { ...entry.schema, ...to } });
    }
    followTables(
      history,
      moves.flatMap(({ from, to }) => (to === undefined ? [] : [{ from, to }])),
    );
    return true;
  }

  async #planRenames(
    moves: readonly TableMove[],
    altered: AlteredTable | undefined,
  ): Promise<PendingRename[]> {
    const { filter, tables } = this.#ports;
    const pending: PendingRename[] = [];
    const kept = moves.flatMap(({ to }) => (to !== undefined && filter.accepts(to) ? [to] : []));
    await this.#ports.checkOwners(kept.map((to) => filter.target(to)));
    for (const { from, to } of moves) {
      const there = await tables.uuidOf(filter.target(from));
      if (there === undefined) continue;
      const uuid = altered?.rebuilt?.filled ?? there;
      if (uuid !== there) pending.push({ uuid: there });
      const isKept = to !== undefined && filter.accepts(to);
      pending.push(isKept ? { uuid, to: filter.target(to) } : { uuid });
    }
    return pending;
  }

  /** Where each table ends when all renames are done, one after the other. */
  #netMoves(
    renames: readonly { from: TableReference; to: TableReference }[],
  ): { from: TableReference; to: TableReference }[] {
    const origins = new Map<string, TableReference>();
    for (const { from, to } of renames) {
      const origin = origins.get(tableName(from)) ?? from;
      origins.delete(tableName(from));
      origins.set(tableName(to), origin);
    }
    const destinations = new Map(renames.map(({ to }) => [tableName(to), to]));
    return [...origins].flatMap(([name, from]) => {
      const to = destinations.get(name);
      return to === undefined || tableName(from) === name ? [] : [{ from, to }];
    });
  }

  async #alter(
    table: TableReference,
    readActions: () => readonly AlterAction[],
    context: DdlContext,
  ): Promise<boolean> {
    const { filter, history } = this.#ports;
    refuseMerge(table, this.#ports.filter, context);
    this.#refuseExchange(table, readActions, context);
    const known = history.get(table);
    if (!filter.accepts(table) || known === undefined) {
      return this.#alterUnknown(table, readActions, context);
    }
    // A dump holds what it did; but the table that gets another name may not be in the dump.
    if (history.covers(table, context)) return this.#alterUnknown(table, readActions, context);
    const actions = parsePart(context, tableName(table), readActions);
    await this.#refuseLostRows(table, actions, context);
    const isPartitioned = await this.#changePartitions(known, actions, context);
    const columnActions = actions.filter(({ kind }) => !noColumnKinds.has(kind));
    const rename = actions.find((action) => action.kind === 'rename-table');
    const to = rename?.to ?? table;
    const isDone = this.#unfinishedOf(context) !== undefined;
    const altered =
      columnActions.length === 0
        ? undefined
        : await applyColumnActions(
            columnActions,
            history.get(table) ?? known,
            isDone,
            context,
            this.#ports,
          );
    if (tableName(to) !== tableName(table)) {
      const isRenamed = await this.#rename([{ from: table, to }], context, altered);
      followColumns(history, to, columnActions);
      return isRenamed;
    }
    if (altered === undefined) return isPartitioned;
    await this.#replace(table, altered, context);
    history.set(altered.known);
    followColumns(history, table, columnActions);
    return true;
  }

  /** Rows that move between a partition and a table change both, whichever of them is copied. */
  #refuseExchange(
    table: TableReference,
    readActions: () => readonly AlterAction[],
    context: DdlContext,
  ): void {
    const { filter, history } = this.#ports;
    if (!/\b(?:EXCHANGE|CONVERT)\b/i.test(context.sql)) return;
    if (!/\bTABLE\b.*\bPARTITION\b/is.test(context.sql)) return;
    const actions = parsePart(context, tableName(table), readActions);
    for (const action of actions) {
      if (action.kind !== 'unsupported' || action.other === undefined) continue;
      const changed = [table, action.other].filter(
        (each) => filter.accepts(each) && !history.covers(each, context),
      );
      const [first, ...others] = changed;
      if (first === undefined) continue;
      const names = changed.map(tableName).join(' and ');
      throw statementError(
        context,
        `${action.what} changes rows of ${names} that the log does not show`,
        {
          table: tableName(first),
          hint: resyncHint(first, this.#ports, others),
        },
      );
    }
  }

  async #refuseLostRows(
    table: TableReference,
    actions: readonly AlterAction[],
    context: DdlContext,
  ): Promise<void> {
    const { barrier, filter, tables } = this.#ports;
    const refused = actions.find((action) => action.kind === 'unsupported');
    if (refused === undefined || refused.other !== undefined) return;
    await barrier();
    if (refused.takesOnly && !(await tables.holdsRows(filter.target(table)))) return;
    const problem = `${refused.what} changes rows in a way that the log does not show`;
    // A table with hidden rows can't be taken anew either.
    const staysOut = refused.what === 'ADD SYSTEM VERSIONING';
    throw statementError(context, problem, {
      table: tableName(table),
      hint: staysOut ? versionedHint(table, this.#ports) : resyncHint(table, this.#ports),
    });
  }

  /** Deletes the rows of partitions that are dropped or emptied. May be repeated. */
  async #changePartitions(
    known: KnownTable,
    actions: readonly AlterAction[],
    context: DdlContext,
  ): Promise<boolean> {
    const { barrier, filter, history, tables } = this.#ports;
    const { schema } = known;
    const name = tableName(schema);
    let { partitioning } = known;
    for (const action of actions) {
      if (action.kind === 'drop-partitions' || action.kind === 'truncate-partitions') {
        await barrier();
        const target = filter.target(schema);
        const { names } = action;
        if (names === 'all') await tables.truncate(target);
        else if (await tables.holdsRows(target)) {
          const rows = rowsOfPartitions({ ...known, partitioning }, names, context.session);
          if (rows === undefined) {
            const problem = `it is not known which rows of ${name} are in ${names.join(', ')}`;
            throw statementError(context, problem, {
              table: name,
              hint: resyncHint(schema, this.#ports),
            });
          }
          await atStatement(context, name, () => tables.deleteWhere(target, rows));
        }
      }
      partitioning = partitionsAfter(partitioning, action);
    }
    const isChanged = actions.some(({ kind }) => kind.includes('partition'));
    if (isChanged) history.set({ ...known, partitioning });
    return isChanged;
  }

  /** The table that was filled anew takes the place of the old one. */
  async #replace(
    table: TableReference,
    { rebuilt }: AlteredTable,
    context: DdlContext,
  ): Promise<void> {
    const { filter } = this.#ports;
    const moves =
      rebuilt === undefined
        ? []
        : [{ uuid: rebuilt.filled, to: filter.target(table) }, { uuid: rebuilt.dropped }];
    const pending = this.#unfinishedOf(context) ?? moves;
    if (pending.length > 0) await this.#move(pending, context);
  }

  /** The note of an earlier run that a crash has cut in this very statement. */
  #unfinishedOf({ offset }: DdlContext): readonly PendingRename[] | undefined {
    const at = this.#unfinished?.[0]?.at;
    return at === undefined || at === offset ? this.#unfinished : undefined;
  }

  /** Moves tables, with a note of it in the checkpoint: from there on a crash is made good. */
  async #move(pending: readonly PendingRename[], context: DdlContext): Promise<void> {
    const { barrier, tables } = this.#ports;
    this.#unfinished = undefined;
    await barrier(pending.map((each) => ({ ...each, at: context.offset })));
    await moveTables(pending, tables);
  }

  /** A table without rows in the copy: only its name may matter, when it comes into the copy. */
  async #alterUnknown(
    table: TableReference,
    readActions: () => readonly AlterAction[],
    context: DdlContext,
  ): Promise<boolean> {
    const { filter, history, beginning, serverUrl } = this.#ports;
    const isMissing = filter.accepts(table) && history.get(table) === undefined;
    if (isMissing && beginning()?.kind !== 'partial' && !/\bIF\s+EXISTS\b/i.test(context.sql)) {
      throw earlierTableError(table, beginning(), context, serverUrl);
    }
    if (!/\brename\b/i.test(context.sql)) return false;
    const actions = parsePart(context, tableName(table), readActions);
    const rename = actions.find((action) => action.kind === 'rename-table');
    return rename === undefined ? false : this.#rename([{ from: table, to: rename.to }], context);
  }
}
