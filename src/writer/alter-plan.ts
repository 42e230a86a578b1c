import {
  engineColumnType,
  quoteIdentifier,
  quoteString,
  type Column,
  type TableSchema,
} from '../protocol/index.js';
import {
  inSpellingOfColumns,
  withCharset,
  type AlterAction,
  type ColumnPlace,
} from './ddl/index.js';
import { columnDefault, type ColumnDefault } from './column-default.js';
import type { KnownTable } from './schema-history.js';
import { columnOfDefinition } from './table-definition.js';
import { typeChangeProblem } from './type-change.js';

/** A table under ALTER: as it will be, and how the engine's table gets there. */
export interface AlterPlan {
  known: KnownTable;
  /** Actions of the engine's ALTER TABLE, each to be run by itself; any may be run twice. */
  engineActions: string[];
  /** Why existing rows can't be carried over, for the first action that makes it so. */
  problem: string | undefined;
}

/** Works out what a list of ALTER actions makes of a table. */
export function planAlter(actions: readonly AlterAction[], known: KnownTable): AlterPlan {
  const plan: AlterPlan = { known, engineActions: [], problem: undefined };
  const names = new Set(known.schema.columns.map((column) => column.name.toLowerCase()));
  for (const action of actions) {
    const problem = applyAction(plan, action, names);
    plan.problem ??= problem;
  }
  return plan;
}

function applyAction(
  plan: AlterPlan,
  action: AlterAction,
  oldNames: ReadonlySet<string>,
): string | undefined {
  switch (action.kind) {
    case 'add-column':
      return addColumn(plan, action, oldNames);
    case 'drop-column':
      return dropColumn(plan, action.column);
    case 'rename-column': {
      const column = findColumn(plan, action.from);
      if (column === undefined) return `there is no column ${action.from}`;
      setDefault(plan, action.to, plan.known.defaults?.[column.name]);
      return changeColumn(plan, column, { ...column, name: action.to }, undefined, oldNames);
    }
    case 'change-column': {
      const column = findColumn(plan, action.from);
      if (column === undefined) return `there is no column ${action.from}`;
      const next = columnOfDefinition(action.column, plan.known.defaultCharset, {});
      const isKey = plan.known.schema.primaryKey.includes(column.name);
      const filled = isKey ? { ...next, nullable: false } : next;
      setDefault(plan, next.name, columnDefault(action.column, filled));
      return changeColumn(plan, column, filled, action.place, oldNames);
    }
    case 'add-primary-key': {
      const { columns } = plan.known.schema;
      const key = inSpellingOfColumns(action.columns, columns);
      const filled = columns.map((column) =>
        key.includes(column.name) ? { ...column, nullable: false } : column,
      );
      setSchema(plan, { columns: filled, primaryKey: key });
      return 'the primary key changes';
    }
    case 'drop-primary-key':
      setSchema(plan, { primaryKey: [] });
      return 'the primary key changes';
    case 'convert-charset':
      return convertCharset(plan, action.charset);
    case 'default-charset':
      plan.known = { ...plan.known, defaultCharset: action.charset ?? plan.known.defaultCharset };
      return undefined;
    case 'alter-default': {
      const column = findColumn(plan, action.column);
      if (column !== undefined) setDefault(plan, column.name, columnDefault(action, column));
      return undefined;
    }
    case 'rename-table':
    case 'add-foreign-key':
    case 'drop-foreign-key':
    case 'storage':
    case 'no-effect':
      return undefined;
    case 'unsupported':
      return action.what;
  }
}

function addColumn(
  plan: AlterPlan,
  action: Extract<AlterAction, { kind: 'add-column' }>,
  oldNames: ReadonlySet<string>,
): string | undefined {
  if (action.ifNotExists && findColumn(plan, action.column.name) !== undefined) return undefined;
  const column = columnOfDefinition(action.column, plan.known.defaultCharset, {});
  const { schema } = plan.known;
  const primaryKey = action.column.isPrimaryKey ? [column.name] : schema.primaryKey;
  setSchema(plan, { columns: insertAt(schema.columns, column, action.place), primaryKey });
  const filled = columnDefault(action.column, column);
  setDefault(plan, column.name, filled);
  if (action.column.isPrimaryKey) return 'the primary key changes';
  if (oldNames.has(column.name.toLowerCase()))
    return `${column.name} takes the name of another column`;
  if (filled.kind === 'unknown')
    return `the log does not tell what existing rows get in ${column.name}`;
  const value = filled.kind === 'sql' ? ` DEFAULT ${filled.sql}` : '';
  plan.engineActions.push(
    `ADD COLUMN IF NOT EXISTS ${quoteIdentifier(column.name)} ${engineColumnType(column, plan.known.schema)}` +
      `${value} COMMENT ${quoteString(column.mysqlType)}${placeSql(action.place)}`,
  );
  return undefined;
}

function dropColumn(plan: AlterPlan, name: string): string | undefined {
  const column = findColumn(plan, name);
  if (column === undefined) return undefined;
  const { columns, primaryKey } = plan.known.schema;
  const isKey = primaryKey.includes(column.name);
  setSchema(plan, {
    columns: columns.filter((each) => each !== column),
    primaryKey: primaryKey.filter((each) => each !== column.name),
  });
  if (isKey) return 'the primary key changes';
  plan.engineActions.push(`DROP COLUMN IF EXISTS ${quoteIdentifier(column.name)}`);
  return undefined;
}

function changeColumn(
  plan: AlterPlan,
  column: Column,
  next: Column,
  place: ColumnPlace | undefined,
  oldNames: ReadonlySet<string>,
): string | undefined {
  const { schema } = plan.known;
  const isKey = schema.primaryKey.includes(column.name);
  const before = engineColumnType(column, schema);
  const rest = schema.columns.filter((each) => each !== column);
  const columns =
    place === undefined
      ? schema.columns.map((each) => (each === column ? next : each))
      : insertAt(rest, next, place);
  const primaryKey = schema.primaryKey.map((name) => (name === column.name ? next.name : name));
  setSchema(plan, { columns, primaryKey });
  const isRenamed = next.name !== column.name;
  if (isRenamed && isKey) return `the key column ${column.name} gets another name`;
  if (isRenamed && oldNames.has(next.name.toLowerCase())) {
    return `${next.name} takes the name of another column`;
  }
  const problem = typeChangeProblem(column, next);
  if (problem !== undefined) return problem;
  // A column that becomes NOT NULL stays as it is in the engine: no row of it is NULL any more.
  const after = engineColumnType(
    { ...next, nullable: column.nullable || next.nullable },
    plan.known.schema,
  );
  if (isKey && before !== after) return `the key column ${column.name} gets another type`;
  const name = quoteIdentifier(next.name);
  if (isRenamed) {
    plan.engineActions.push(`RENAME COLUMN IF EXISTS ${quoteIdentifier(column.name)} TO ${name}`);
  }
  if (!isKey && (before !== after || place !== undefined)) {
    plan.engineActions.push(
      `MODIFY COLUMN ${name} ${after}${place === undefined ? '' : placeSql(place)}`,
    );
  }
  if (next.mysqlType !== column.mysqlType) {
    plan.engineActions.push(`COMMENT COLUMN ${name} ${quoteString(next.mysqlType)}`);
  }
  return undefined;
}

function convertCharset(plan: AlterPlan, charset: string | undefined): string | undefined {
  const target = charset ?? plan.known.defaultCharset;
  if (target === undefined) return 'the charset is not known';
  const { columns } = plan.known.schema;
  const converted = columns.map((column) => ({ ...column, ...withCharset(column, target) }));
  const problems = columns.map((column, index) =>
    typeChangeProblem(column, converted[index] ?? column),
  );
  plan.known = { ...plan.known, defaultCharset: target };
  setSchema(plan, { columns: converted });
  return problems.find((problem) => problem !== undefined);
}

function findColumn(plan: AlterPlan, name: string): Column | undefined {
  const lower = name.toLowerCase();
  return plan.known.schema.columns.find((column) => column.name.toLowerCase() === lower);
}

function setSchema(plan: AlterPlan, change: Partial<TableSchema>): void {
  plan.known = { ...plan.known, schema: { ...plan.known.schema, ...change } };
}

function setDefault(plan: AlterPlan, column: string, value: ColumnDefault | undefined): void {
  const known = value ?? { kind: 'unknown' };
  plan.known = { ...plan.known, defaults: { ...plan.known.defaults, [column]: known } };
}

function insertAt(columns: readonly Column[], column: Column, place: ColumnPlace): Column[] {
  if (place.kind === 'first') return [column, ...columns];
  if (place.kind === 'last') return [...columns, column];
  const lower = place.column.toLowerCase();
  const index = columns.findIndex((each) => each.name.toLowerCase() === lower);
  return index < 0
    ? [...columns, column]
    : [...columns.slice(0, index + 1), column, ...columns.slice(index + 1)];
}

function placeSql(place: ColumnPlace): string {
  if (place.kind === 'first') return ' FIRST';
  return place.kind === 'after' ? ` AFTER ${quoteIdentifier(place.column)}` : '';
}
