import { FlashError, tableName, type ErrorPlace } from '../../protocol/index.js';
import type { KnownTable } from '../schema-history.js';
import type { TableFilter } from '../table-filter.js';
import { acts } from './graph.js';

/**
 * Refuses a table that is copied while a parent is left out whose changes would change its rows.
 *
 * Errors: UNSUPPORTED.
 */
export function checkParentsCopied(
  { schema, foreignKeys = [] }: KnownTable,
  filter: TableFilter,
  place: ErrorPlace,
): void {
  if (!filter.accepts(schema)) return;
  const key = foreignKeys.find((each) => acts(each) && !filter.accepts(each.parent));
  if (key === undefined) return;
  const child = tableName(schema);
  const parent = tableName(key.parent);
  throw new FlashError(
    'UNSUPPORTED',
    `${child} is copied and ${parent} is not: by the foreign key ${key.name}, changes of ${parent} change rows of ${child}, and the log does not show it`,
    {
      hint: `Copy both (add --include ${parent}, or take the --exclude away that leaves it out), or neither: --exclude ${child}.`,
      place: { ...place, table: child },
    },
  );
}
