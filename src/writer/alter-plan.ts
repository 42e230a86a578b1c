import {
  engineColumnType,
  isEngineNullable,
  quoteIdentifier,
  quoteString,
  type ErrorPlace,
  type TableSchema,
} from '../protocol/index.js';
import { layOutAlter, fillOfColumn, type AlteredColumn, type AlterLayout } from './alter-layout.js';
import { hasAsciiBytes } from './charset-repertoire.js';
import type { Doubt } from './column-change.js';
import type { ColumnDefault } from './column-default.js';
import { convertColumn, type Conversion } from './conversion.js';
import type { AlterAction } from './ddl/index.js';
import { inPlaceActions } from './in-place-actions.js';
import type { KnownTable } from './schema-history.js';
import type { StatementSession } from './statement-session.js';

/** A table under ALTER: as it will be, and how its rows get there. */
export interface AlterPlan {
  known: KnownTable;
  rows: RowsPlan;
  /** Rows of these kinds must not be there: their values are not certain. */
  doubts: readonly Doubt[];
}

/** How the engine's table becomes what the source's is. */
export type RowsPlan =
  /** Actions of the engine's ALTER TABLE, each to be run by itself; all may be run twice. */
  | { kind: 'in-place'; actions: readonly string[] }
  /** A new table is filled from the old one: an expression over the old columns for each new one. */
  | { kind: 'rebuild'; values: readonly string[] }
  /** Why existing rows can't be carried over; `always`: nor is it certain what the table is now. */
  | { kind: 'problem'; problem: string; always: boolean };

/** Works out what a list of ALTER actions makes of a table and its rows. */
export function planAlter(
  actions: readonly AlterAction[],
  known: KnownTable,
  session: StatementSession,
  place: ErrorPlace,
): AlterPlan {
  const layout = layOutAlter(actions, known, session, place);
  const next = knownAfter(layout, known);
  const sources = layout.columns.map((each) => sourceOf(each, layout, known, next, session));
  const problem =
    layout.problem ??
    problemOf(sources) ??
    generatedProblem(layout, sources) ??
    memberProblem(layout);
  if (problem !== undefined) {
    const always = layout.problem !== undefined;
    return { known: next, rows: { kind: 'problem', problem, always }, doubts: [] };
  }
  const doubts = [
    ...sources.flatMap((source) => (source.kind === 'computed' ? source.doubts : [])),
    ...layout.columns.flatMap((each) => numberDoubts(each, session)),
  ];
  const keeps = sources.every((source) => source.kind === 'fill' || keepsAll(source));
  const inPlace = keeps ? inPlaceActions(layout, sources.map(fillOf), known, next) : undefined;
  return {
    known: next,
    rows:
      inPlace === undefined
        ? { kind: 'rebuild', values: sources.map((source, index) => valueOf(source, next, index)) }
        : { kind: 'in-place', actions: inPlace },
    doubts,
  };
}

/** Where the values of a new column come from. */
type ValueSource = Conversion | { kind: 'fill'; fill: ColumnDefault };

function keepsAll(source: ValueSource): boolean {
  return source.kind === 'computed' && source.keeps;
}

function fillOf(source: ValueSource): ColumnDefault | undefined {
  return source.kind === 'fill' ? source.fill : undefined;
}

function knownAfter(layout: AlterLayout, known: KnownTable): KnownTable {
  const unknown: ColumnDefault = { kind: 'unknown' };
  return {
    ...known,
    schema: {
      ...known.schema,
      columns: layout.columns.map(({ column }) => column),
      primaryKey: layout.primaryKey,
    },
    defaultCharset: layout.defaultCharset,
    partitioning: keepsPartitioning(layout, known) ? known.partitioning : undefined,
    defaults: Object.fromEntries(
      layout.columns.map((each) => [each.column.name, each.default ?? unknown]),
    ),
    generated: Object.fromEntries(
      layout.columns.flatMap(({ column, generated }) =>
        generated === undefined ? [] : [[column.name, generated]],
      ),
    ),
    memberCharsets: Object.fromEntries(
      layout.columns.flatMap(({ column, memberCharset }) =>
        memberCharset === undefined ? [] : [[column.name, memberCharset]],
      ),
    ),
  };
}

/** Partitions are by the values of a column that stays as it is. */
function keepsPartitioning({ columns }: AlterLayout, { partitioning }: KnownTable): boolean {
  const name = partitioning?.column.toLowerCase();
  return columns.some(
    ({ column, origin }) =>
      origin?.name.toLowerCase() === name &&
      column.name.toLowerCase() === name &&
      column.type.kind === origin?.type.kind,
  );
}

function sourceOf(
  each: AlteredColumn,
  layout: AlterLayout,
  known: KnownTable,
  next: KnownTable,
  session: StatementSession,
): ValueSource {
  const { column, origin } = each;
  if (origin !== undefined) {
    return convertColumn(origin, column, session, known, next);
  }
  const fill = fillOfColumn(layout, each, session);
  if (fill.kind === 'unknown') {
    const problem = `the log does not tell what existing rows get in ${column.name}`;
    return { kind: 'problem', problem };
  }
  return { kind: 'fill', fill };
}

function problemOf(sources: readonly ValueSource[]): string | undefined {
  for (const source of sources) if (source.kind === 'problem') return source.problem;
  return undefined;
}

/** Generated columns are computed anew where their expression or what it is made of changes. */
function generatedProblem(
  { columns }: AlterLayout,
  sources: readonly ValueSource[],
): string | undefined {
  const generated = columns.filter((each) => each.generated !== undefined);
  const changed = generated.find(
    ({ origin, definition }) => origin !== undefined && definition !== undefined,
  );
  if (changed !== undefined) return `the expression of ${changed.column.name} may have changed`;
  const changing = columns.filter((_, index) => {
    const source = sources[index];
    return source?.kind === 'computed' && !source.keeps;
  });
  for (const { column, generated: expression } of generated) {
    const cause = changing.find((each) => isNamedIn(expression ?? '', each));
    if (cause !== undefined) return `${column.name} may be computed from ${cause.column.name}`;
  }
  return undefined;
}

/** Whether an expression may name a column, by its name of now or before. Letters of a longer word count, too. */
function isNamedIn(expression: string, { column, origin }: AlteredColumn): boolean {
  const text = expression.toLowerCase();
  return [column.name, origin?.name ?? column.name].some((name) =>
    [name, name.replaceAll('`', '``'), name.replaceAll('"', '""')].some((spelt) =>
      text.includes(spelt.toLowerCase()),
    ),
  );
}

/**
 * MySQL 5.7 loses members of two or four bytes a character when it copies rows, of columns that the
 * statement does not name too; whether it copies them is not certain.
 */
function memberProblem({ columns }: AlterLayout): string | undefined {
  if (columns.every(({ definition }) => definition === undefined)) return undefined;
  const wide = columns.find(
    ({ memberCharset }) => memberCharset !== undefined && !hasAsciiBytes(memberCharset),
  );
  return wide && `members of ${wide.column.name}, which are of ${wide.memberCharset}, may get lost`;
}

/** 0 and NULL get the next number in a column that becomes AUTO_INCREMENT. */
function numberDoubts(
  { column, origin, definition }: AlteredColumn,
  session: StatementSession,
): Doubt[] {
  if (origin === undefined || definition?.isAutoIncrement !== true) return [];
  const name = quoteIdentifier(origin.name);
  const zero = session.keepsAutoZero ? '' : `${name} = 0 OR `;
  return [
    { sql: `${zero}isNull(${name})`, what: `0 or NULL in ${column.name}, which is numbered anew` },
  ];
}

/** What a value is filled with, as the engine gives it where nothing is said. */
function valueOf(source: ValueSource, { schema }: KnownTable, index: number): string {
  const column = schema.columns[index];
  if (column === undefined || source.kind === 'problem') throw new RangeError('no column');
  if (source.kind === 'computed') return source.sql;
  const type = engineColumnType(column, schema);
  if (source.fill.kind === 'sql') return `CAST(${source.fill.sql} AS ${type})`;
  return emptyValue(column, schema, type);
}

function emptyValue(
  column: TableSchema['columns'][number],
  schema: TableSchema,
  type: string,
): string {
  const isNull = isEngineNullable(column, schema) && column.type.kind !== 'vector';
  return isNull ? `CAST(NULL AS ${type})` : `defaultValueOfTypeName(${quoteString(type)})`;
}
