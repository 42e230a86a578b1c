import { tableName } from '../../protocol/index.js';
import type { AlterAction } from '../ddl/index.js';
import type { KnownTable, SchemaHistory } from '../schema-history.js';
import { foreignKeysOf, hasForeignKeys, nameAfterRename, type ForeignKey } from './foreign-key.js';

interface TableReference {
  database: string;
  table: string;
}

/**
 * What ALTER TABLE makes of a table's foreign keys and storage engine; `known` is the table before it.
 *
 * Shape: `missing` is the name of a foreign key that the statement drops and that is not known.
 */
export function alterForeignKeys(
  known: KnownTable,
  actions: readonly AlterAction[],
): { keys: readonly ForeignKey[] | undefined; storage: string | undefined; missing?: string } {
  let keys = known.foreignKeys;
  let { storage } = known;
  let missing: string | undefined;
  for (const action of actions) {
    if (action.kind === 'storage') storage = action.storage;
    if (keys === undefined) continue;
    if (action.kind === 'drop-foreign-key') {
      const name = action.name.toLowerCase();
      const rest: readonly ForeignKey[] = keys.filter((key) => key.name.toLowerCase() !== name);
      if (rest.length === keys.length && action.isCertain) missing ??= action.name;
      keys = rest;
    }
  }
  for (const action of actions) {
    if (keys === undefined || action.kind !== 'add-foreign-key') continue;
    if (!hasForeignKeys(storage)) continue;
    // Numbers go on after those of keys that the same statement drops.
    const added = foreignKeysOf(
      known.schema,
      [action.key],
      [...(known.foreignKeys ?? []), ...keys],
    );
    keys = [...keys, ...added];
  }
  return { keys, storage, ...(missing === undefined ? {} : { missing }) };
}

/** Lets foreign keys follow columns of `table` that ALTER TABLE has renamed. */
export function followColumns(
  history: SchemaHistory,
  table: TableReference,
  actions: readonly AlterAction[],
): void {
  const names = new Map<string, string>();
  for (const action of actions) {
    if (action.kind === 'rename-column') names.set(action.from.toLowerCase(), action.to);
    if (action.kind === 'change-column') names.set(action.from.toLowerCase(), action.column.name);
  }
  const rename = (column: string): string => names.get(column.toLowerCase()) ?? column;
  if ([...names].every(([from, to]) => from === to.toLowerCase())) return;
  const name = tableName(table);
  for (const known of history.tables()) {
    const isChild = tableName(known.schema) === name;
    const keys = known.foreignKeys?.map((key) => ({
      ...key,
      columns: isChild ? key.columns.map(rename) : key.columns,
      parentColumns:
        tableName(key.parent) === name ? key.parentColumns.map(rename) : key.parentColumns,
    }));
    setKeys(history, known, keys);
  }
}

/** Lets foreign keys follow tables that a statement has renamed, all at once. */
export function followTables(
  history: SchemaHistory,
  moves: readonly { from: TableReference; to: TableReference }[],
): void {
  const destinations = new Map(moves.map(({ from, to }) => [tableName(from), to]));
  const origins = new Map(moves.map(({ from, to }) => [tableName(to), from]));
  for (const known of history.tables()) {
    const origin = origins.get(tableName(known.schema)) ?? known.schema;
    const keys = known.foreignKeys?.map((key) => ({
      ...key,
      name: nameAfterRename(key.name, origin.table, known.schema.table),
      parent: destinations.get(tableName(key.parent)) ?? key.parent,
    }));
    setKeys(history, known, keys);
  }
}

function setKeys(
  history: SchemaHistory,
  known: KnownTable,
  keys: readonly ForeignKey[] | undefined,
): void {
  if (keys === undefined || JSON.stringify(keys) === JSON.stringify(known.foreignKeys)) return;
  history.set({ ...known, foreignKeys: keys });
}
