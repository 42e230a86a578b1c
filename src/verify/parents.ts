import { tableName } from '../protocol/index.js';
import type { KnownTable } from '../writer/index.js';

/**
 * The tables whose changes may change rows of `table` by foreign keys, and that not be in the log: by the source's
 * names. Of a parent that is not among `tables`, what it hangs on itself is not known: it is taken for all.
 */
export function ancestorsOf(table: KnownTable, tables: readonly KnownTable[]): Set<string> {
  const byName = new Map(tables.map((each) => [tableName(each.schema), each]));
  const found = new Set<string>();
  const open = [table];
  for (const each of open) {
    for (const { parent, onDelete, onUpdate } of each.foreignKeys ?? []) {
      const name = tableName(parent);
      if ((onDelete === 'none' && onUpdate === 'none') || found.has(name)) continue;
      found.add(name);
      const known = byName.get(name);
      if (known !== undefined) open.push(known);
    }
  }
  return found;
}
