import { boundTables, type KnownTable } from '../writer/index.js';
import type { Unlike } from './compared-tables.js';
import { repairRowsMax } from './repair-plan.js';
import { unequalRows, type Mending, type TableResult } from './verify-result.js';

/** Says what makes tables equal that are not. `isRepaired`: rows were put right already, where that could be done. */
export function mendingOf(
  tables: readonly TableResult[],
  unlike: ReadonlyMap<string, Unlike>,
  known: readonly KnownTable[],
  isRepaired: boolean,
): Mending {
  const alone = [...unlike.values()].flatMap(({ alone: each }) => each ?? []);
  const isRepairable = (table: TableResult): boolean =>
    !isRepaired && table.definition === null && unequalRows(table) <= repairRowsMax;
  const differing = tables
    .filter(({ table }) => unlike.get(table)?.alone === undefined)
    .filter((each) => each.definition !== null || unequalRows(each) > 0);
  const names = differing.filter((each) => !isRepairable(each)).map(({ table }) => table);
  const repair = differing.filter(isRepairable).map(({ table }) => table);
  return {
    // Tables that foreign keys bind have to be of one moment.
    resync: [...names, ...boundTables(known, names)],
    drop: alone,
    again: tables
      .filter(({ table, unsettled }) => unsettled > 0 && ![...names, ...repair].includes(table))
      .map(({ table }) => table),
    repair,
  };
}
