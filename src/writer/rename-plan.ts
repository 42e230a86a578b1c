import { tableName } from '../protocol/index.js';
import type { TableReference } from './ddl/index.js';
import type { DdlContext, DdlPorts } from './ddl-ports.js';
import { leaveOutHint, resyncCommand } from './resync-hint.js';
import { statementError } from './statement-error.js';

/** A table that gets another name; without `to` it leaves the copy. */
export interface TableMove {
  from: TableReference;
  to: TableReference | undefined;
}

/**
 * What a RENAME moves beside tables that were loaded from a later dump: those are what and where they
 * are, and a table that took the name of one of them leaves the copy.
 *
 * Errors: UNSUPPORTED where a table took its rows along to a name that the dump did not bring.
 */
export function movesBesideDumps(
  moves: readonly { from: TableReference; to: TableReference }[],
  { filter, history, serverUrl }: Pick<DdlPorts, 'filter' | 'history' | 'serverUrl'>,
  context: DdlContext,
): TableMove[] {
  return moves.flatMap(({ from, to }): TableMove[] => {
    const isToLoaded = history.covers(to, context);
    if (!history.covers(from, context)) return [{ from, to: isToLoaded ? undefined : to }];
    if (isToLoaded || !filter.accepts(to)) return [];
    throw statementError(
      context,
      `the rows of ${tableName(to)} were those of ${tableName(from)}, which a later dump has replaced`,
      {
        table: tableName(to),
        hint:
          serverUrl === undefined
            ? `Bring it in from a dump too, taken now: theflash write --dump dump.sql --only ${tableName(to)}. Or leave it out with --exclude ${tableName(to)}.`
            : `Take it anew too, with the other flags of this run: ${resyncCommand(serverUrl, [tableName(to)])}. ${leaveOutHint(serverUrl, [tableName(to)])}`,
      },
    );
  });
}
