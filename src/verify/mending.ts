import { boundTables, type KnownTable } from '../writer/index.js';
import type { Unlike } from './compared-tables.js';
import type { Mending, TableResult } from './verify-result.js';

/** Says what makes tables equal that are not. */
export function mendingOf(
  tables: readonly TableResult[],
  unlike: ReadonlyMap<string, Unlike>,
  known: readonly KnownTable[],
): Mending {
  const alone = [...unlike.values()].flatMap(({ alone: each }) => each ?? []);
  const names = tables
    .filter(({ table }) => unlike.get(table)?.alone === undefined)
    .filter(
      ({ definition, missing, extra, different }) =>
        definition !== null || missing + extra + different > 0,
    )
    .map(({ table }) => table);
  return {
    // Tables that foreign keys bind have to be of one moment.
    resync: [...names, ...boundTables(known, names)],
    drop: alone,
    again: tables
      .filter(({ table, unsettled }) => unsettled > 0 && !names.includes(table))
      .map(({ table }) => table),
  };
}
