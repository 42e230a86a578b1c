import { engineColumnType, quoteIdentifier, quoteString } from '../protocol/index.js';
import type { AlterLayout } from './alter-layout.js';
import type { ColumnDefault } from './column-default.js';
import type { KnownTable } from './schema-history.js';

/**
 * The actions of the engine's ALTER TABLE that make a table what it will be, where all kept values stay
 * as they are: each to be run by itself, and all of them may be run twice.
 *
 * `fills`: what the rows get in each column that is new.
 * Shape: undefined where the engine can't do it in place: the key changes, the table has none, or a
 * name goes from one column to another, so that a second run would not find the same.
 */
export function inPlaceActions(
  layout: AlterLayout,
  fills: readonly (ColumnDefault | undefined)[],
  before: KnownTable,
  after: KnownTable,
): string[] | undefined {
  if (before.schema.primaryKey.length === 0 || !keepsKey(layout, before, after)) return undefined;
  if (movesNames(layout, before)) return undefined;
  const kept = new Set(layout.columns.map(({ origin }) => origin?.name));
  const dropped = before.schema.columns.filter(({ name }) => !kept.has(name));
  const actions = dropped.map(({ name }) => `DROP COLUMN IF EXISTS ${quoteIdentifier(name)}`);
  const order = before.schema.columns.map(({ name }) => name).filter((name) => kept.has(name));
  for (const { column, origin } of layout.columns) {
    if (origin === undefined || origin.name === column.name) continue;
    const to = quoteIdentifier(column.name);
    actions.push(`RENAME COLUMN IF EXISTS ${quoteIdentifier(origin.name)} TO ${to}`);
    order[order.indexOf(origin.name)] = column.name;
  }
  layout.columns.forEach((each, index) => {
    actions.push(...columnActions(each, fills[index], index, { layout, before, after, order }));
  });
  return actions;
}

interface Tables {
  layout: AlterLayout;
  before: KnownTable;
  after: KnownTable;
  /** Names of the engine's columns, as the actions so far have left them. */
  order: string[];
}

function columnActions(
  { column, origin }: AlterLayout['columns'][number],
  fill: ColumnDefault | undefined,
  index: number,
  { layout, before, after, order }: Tables,
): string[] {
  const name = quoteIdentifier(column.name);
  const type = engineColumnType(column, after.schema);
  const previous = layout.columns[index - 1]?.column.name;
  const place = previous === undefined ? ' FIRST' : ` AFTER ${quoteIdentifier(previous)}`;
  const isInPlace = order[index] === column.name;
  const comment = quoteString(column.mysqlType);
  if (origin === undefined) {
    order.splice(index, 0, column.name);
    const value = fill?.kind === 'sql' ? fill.sql : emptyValue(type);
    const filled = value === undefined ? '' : ` DEFAULT ${value}`;
    return [`ADD COLUMN IF NOT EXISTS ${name} ${type}${filled} COMMENT ${comment}${place}`];
  }
  const actions: string[] = [];
  if (!isInPlace) {
    order.splice(order.indexOf(column.name), 1);
    order.splice(index, 0, column.name);
  }
  if (!isInPlace || type !== engineColumnType(origin, before.schema)) {
    actions.push(`MODIFY COLUMN ${name} ${type}${isInPlace ? '' : place}`);
  }
  if (column.mysqlType !== origin.mysqlType) actions.push(`COMMENT COLUMN ${name} ${comment}`);
  return actions;
}

/**
 * The engine writes a new column into no row, and gives the default of the type that the column has when
 * it is read: NULL for 0 or '' once it may be NULL. A default that is told stays.
 */
function emptyValue(type: string): string | undefined {
  return type.includes('Nullable(') ? undefined : `defaultValueOfTypeName(${quoteString(type)})`;
}

/** The engine's key is fixed: its columns keep their names and types. */
function keepsKey(layout: AlterLayout, before: KnownTable, after: KnownTable): boolean {
  if (before.schema.primaryKey.join('\0') !== after.schema.primaryKey.join('\0')) return false;
  return layout.columns.every(
    ({ column, origin }) =>
      !layout.primaryKey.includes(column.name) ||
      (origin?.name === column.name &&
        engineColumnType(origin, before.schema) === engineColumnType(column, after.schema)),
  );
}

function movesNames(layout: AlterLayout, before: KnownTable): boolean {
  const names = new Set(before.schema.columns.map(({ name }) => name));
  return layout.columns.some(
    ({ column, origin }) => names.has(column.name) && origin?.name !== column.name,
  );
}
