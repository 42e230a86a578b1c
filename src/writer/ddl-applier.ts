import { tableName, type TableSchema } from '../protocol/index.js';
import { earlierTableError } from './beginning.js';
import type { PendingRename } from './checkpoint.js';
import type { AlterAction, Statement, TableReference } from './ddl/index.js';
import type { KnownTable } from './schema-history.js';
import { parsePart, statementError } from './statement-error.js';
import { applyColumnActions } from './column-actions.js';
import { followTables } from './foreign-keys/index.js';
import type { DdlContext, DdlPorts } from './ddl-ports.js';
import { movesBesideDumps, type TableMove } from './rename-plan.js';
import { tableOfDefinition } from './table-definition.js';

type CreateTable = Extract<Statement, { kind: 'create-table' }>;

/**
 * Carries DDL over to the engine. Before the first change of a statement all earlier rows are made
 * durable; each change may be repeated, so that a crash in between is made good by the next run.
 */
export class DdlApplier {
  readonly #ports: DdlPorts;
  /** The note of a RENAME that a crash has cut; the log's next RENAME is the one. */
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

  #setDatabase(
    statement: Extract<Statement, { kind: 'create-database' | 'alter-database' }>,
    context: DdlContext,
  ): boolean {
    const { history } = this.#ports;
    const isNew = statement.kind === 'create-database';
    const charset = statement.charset ?? (isNew ? context.serverCharset : undefined);
    if (charset === undefined || history.databaseCharset(statement.database) === charset)
      return false;
    history.setDatabaseCharset(statement.database, charset);
    return true;
  }

  async #createTable(statement: CreateTable, context: DdlContext): Promise<boolean> {
    const { filter, history, tables, barrier } = this.#ports;
    const { table } = statement;
    if (statement.temporary || !filter.accepts(table) || history.covers(table, context))
      return false;
    const known = history.get(table);
    if (known !== undefined && statement.ifNotExists) return false;
    const body = parsePart(context, tableName(table), statement.body);
    const made =
      'like' in body
        ? this.#likeTable(table, body.like, context)
        : tableOfDefinition(table, body, this.#databaseCharset(table, context), {
            file: context.file,
            offset: context.offset,
            table: tableName(table),
          });
    this.#ports.foreignKeys.checkParents(made, { file: context.file, offset: context.offset });
    // A table that is new has no rows on their way to it.
    if (known !== undefined) await barrier();
    if (known !== undefined && statement.orReplace) await tables.drop(filter.target(table));
    await tables.create(this.#targetSchema(made.schema));
    history.set(made);
    return true;
  }

  #likeTable(table: TableReference, like: TableReference, context: DdlContext): KnownTable {
    const { history } = this.#ports;
    const known = history.covers(like, context) ? undefined : history.get(like);
    if (known === undefined) {
      throw statementError(context, `the table ${tableName(like)} is not known`, {
        table: tableName(table),
        hint: 'Give the definitions of the tables with --schema: mysqldump --no-data writes them.',
      });
    }
    // It is new: it has no rows from before, and gets no foreign keys.
    const made: KnownTable = { ...known, schema: { ...known.schema, ...table }, foreignKeys: [] };
    delete made.origin;
    return made;
  }

  #databaseCharset(table: TableReference, context: DdlContext): string | undefined {
    return this.#ports.history.databaseCharset(table.database) ?? context.serverCharset;
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
    const known = dropped.filter(
      (table) =>
        filter.accepts(table) &&
        history.get(table) !== undefined &&
        !history.covers(table, context),
    );
    if (database !== undefined) history.setDatabaseCharset(database, undefined);
    if (known.length === 0) return database !== undefined;
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
  ): Promise<boolean> {
    const { filter, history, barrier } = this.#ports;
    const netMoves = this.#netMoves(renames).filter(({ from }) => history.get(from) !== undefined);
    const moves = movesBesideDumps(netMoves, this.#ports, context);
    for (const { from, to } of renames) {
      if (filter.accepts(to) && !filter.accepts(from) && !history.covers(to, context)) {
        throw statementError(
          context,
          `${tableName(from)} is not copied, and gets the name of a table that is`,
          {
            table: tableName(to),
          },
        );
      }
    }
    if (moves.length === 0) return false;
    await barrier();
    const pending = this.#unfinished ?? (await this.#planRenames(moves));
    this.#unfinished = undefined;
    await barrier(pending);
    await this.#moveTables(pending);
    const known = moves.map(({ from, to }) => ({ to, entry: history.get(from) }));
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

  async #planRenames(moves: readonly TableMove[]): Promise<PendingRename[]> {
    const { filter, tables } = this.#ports;
    const pending: PendingRename[] = [];
    for (const { from, to } of moves) {
      const uuid = await tables.uuidOf(filter.target(from));
      if (uuid === undefined) continue;
      const isKept = to !== undefined && filter.accepts(to);
      pending.push(isKept ? { uuid, to: filter.target(to) } : { uuid });
    }
    return pending;
  }

  /** In two rounds, by way of names of their own: tables may change places. May be repeated. */
  async #moveTables(pending: readonly PendingRename[]): Promise<void> {
    const { tables } = this.#ports;
    for (const { uuid, to } of pending) {
      const from = await tables.findByUuid(uuid);
      if (from === undefined) continue;
      if (to === undefined) await tables.drop(from);
      else if (tableName(from) !== tableName(to)) {
        await tables.rename(from, { ...from, table: `_theflash_rename_${uuid}` });
      }
    }
    for (const { uuid, to } of pending) {
      const from = await tables.findByUuid(uuid);
      if (from === undefined || to === undefined || tableName(from) === tableName(to)) continue;
      await tables.createDatabase(to.database);
      await tables.rename(from, to);
    }
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
    const known = history.get(table);
    if (!filter.accepts(table) || known === undefined) {
      return this.#alterUnknown(table, readActions, context);
    }
    // A dump holds what it did; but the table that gets another name may not be in the dump.
    if (history.covers(table, context)) return this.#alterUnknown(table, readActions, context);
    const actions = parsePart(context, tableName(table), readActions);
    const refused = actions.find((action) => action.kind === 'unsupported');
    if (refused !== undefined) {
      throw statementError(
        context,
        `${refused.what} takes rows in a way that the log does not show`,
        {
          table: tableName(table),
        },
      );
    }
    const columnActions = actions.filter(
      (action) => action.kind !== 'no-effect' && action.kind !== 'rename-table',
    );
    let changed = false;
    if (columnActions.length > 0) {
      changed = await applyColumnActions(columnActions, known, context, this.#ports);
    }
    const rename = actions.find((action) => action.kind === 'rename-table');
    if (rename === undefined) return changed;
    return (await this.#rename([{ from: table, to: rename.to }], context)) || changed;
  }

  /** A table without rows in the copy: only its name may matter, when it comes into the copy. */
  async #alterUnknown(
    table: TableReference,
    readActions: () => readonly AlterAction[],
    context: DdlContext,
  ): Promise<boolean> {
    const { filter, history, beginning } = this.#ports;
    const isMissing = filter.accepts(table) && history.get(table) === undefined;
    if (isMissing && beginning()?.kind !== 'partial' && !/\bIF\s+EXISTS\b/i.test(context.sql)) {
      throw earlierTableError(table, beginning(), context);
    }
    if (!/\brename\b/i.test(context.sql)) return false;
    const actions = parsePart(context, tableName(table), readActions);
    const rename = actions.find((action) => action.kind === 'rename-table');
    return rename === undefined ? false : this.#rename([{ from: table, to: rename.to }], context);
  }
}
