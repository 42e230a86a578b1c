import type { Column, ErrorPlace } from '../protocol/index.js';
import {
  inSpellingOfColumns,
  withCharset,
  type AlterAction,
  type ColumnDefinition,
  type ColumnPlace,
} from './ddl/index.js';
import { columnDefault, fillOfRows, type ColumnDefault } from './column-default.js';
import type { KnownTable } from './schema-history.js';
import type { StatementSession } from './statement-session.js';
import { hasAsciiBytes } from './charset-repertoire.js';
import { columnOfDefinition, memberCharset } from './table-definition.js';
import { widenedText } from './type-change.js';

/** A column of a table after ALTER. */
export interface AlteredColumn {
  column: Column;
  /** The column before; undefined for a column that is new. */
  origin: Column | undefined;
  /** What the statement says of it; undefined where it says nothing. */
  definition: ColumnDefinition | undefined;
  /** What an INSERT without it gives. */
  default: ColumnDefault | undefined;
  generated: string | undefined;
  /** Charset of the members of an ENUM or SET; undefined for others, and where it is not known. */
  memberCharset: string | undefined;
}

/** A table after ALTER, and where its columns come from. */
export interface AlterLayout {
  columns: readonly AlteredColumn[];
  primaryKey: readonly string[];
  defaultCharset: string | undefined;
  /** Why it is not certain what the source made of the table, for the first reason there is. */
  problem: string | undefined;
}

interface Draft {
  known: KnownTable;
  session: StatementSession;
  place: ErrorPlace;
  columns: AlteredColumn[];
  defaultCharset: string | undefined;
  /** CONVERT TO CHARACTER SET is one of the actions. */
  converts: boolean;
  problem: string | undefined;
}

/**
 * Works out what the actions of one ALTER TABLE make of a table's columns.
 *
 * As on the server, actions name columns as they are before the statement, and FIRST and AFTER as
 * they are after it: first all that change in place, then those that move or are new, in order.
 * Source: MySQL 5.7 sql/sql_table.cc, mysql_prepare_alter_table.
 */
export function layOutAlter(
  actions: readonly AlterAction[],
  known: KnownTable,
  session: StatementSession,
  place: ErrorPlace,
): AlterLayout {
  const draft: Draft = {
    known,
    session,
    place,
    columns: [],
    defaultCharset: charsetAfter(actions, known, session),
    converts: actions.some((action) => action.kind === 'convert-charset'),
    problem: undefined,
  };
  if (draft.converts && draft.defaultCharset === undefined) {
    draft.problem = 'the charset is not known';
  }
  for (const column of known.schema.columns) {
    const kept = keepColumn(draft, column, actions);
    if (kept !== undefined) draft.columns.push(kept);
  }
  for (const action of actions) placeColumn(draft, action);
  for (const action of actions) changeDefault(draft, action);
  const primaryKey = keyAfter(draft, actions);
  return {
    columns: draft.columns.map((each) =>
      primaryKey.includes(each.column.name)
        ? { ...each, column: { ...each.column, nullable: false } }
        : each,
    ),
    primaryKey,
    defaultCharset: draft.defaultCharset,
    problem: draft.problem,
  };
}

/** The table's own charset is that of the last action that names one, wherever it stands. */
function charsetAfter(
  actions: readonly AlterAction[],
  known: KnownTable,
  session: StatementSession,
): string | undefined {
  let charset = known.defaultCharset;
  for (const action of actions) {
    if (action.kind === 'convert-charset') {
      charset = action.charset ?? session.databaseCharset ?? known.defaultCharset;
    }
    if (action.kind === 'default-charset') charset = action.charset ?? charset;
  }
  return charset;
}

function isNamed(column: { name: string }, name: string): boolean {
  return column.name.toLowerCase() === name.toLowerCase();
}

/** The column where it stands; undefined where it is dropped, or moves. */
function keepColumn(
  draft: Draft,
  column: Column,
  actions: readonly AlterAction[],
): AlteredColumn | undefined {
  const { known } = draft;
  const { name } = column;
  for (const action of actions) {
    if (action.kind === 'drop-column' && isNamed(column, action.column)) return undefined;
    if (action.kind === 'change-column' && isNamed(column, action.from)) {
      return action.place === undefined ? changedColumn(draft, column, action.column) : undefined;
    }
  }
  const rename = actions.find(
    (action) => action.kind === 'rename-column' && isNamed(column, action.from),
  );
  const to = rename?.kind === 'rename-column' ? rename.to : name;
  const memberCharset = known.memberCharsets?.[name];
  const converted = draft.converts ? convertedColumn(draft, column, memberCharset) : column;
  const isConverted = draft.converts && memberCharset !== undefined;
  return {
    column: { ...converted, name: to },
    origin: column,
    definition: undefined,
    default: known.defaults?.[name],
    generated: known.generated?.[name],
    memberCharset: isConverted ? draft.defaultCharset : memberCharset,
  };
}

function convertedColumn(draft: Draft, column: Column, memberCharset: string | undefined): Column {
  const charset = draft.defaultCharset;
  if (charset === undefined) return column;
  const { type } = column;
  // The server takes the bytes of the members for the new charset.
  if ((type.kind === 'enum' || type.kind === 'set') && memberCharset !== charset) {
    if (type.members.some((member) => /[^\0-\x7f]/.test(member))) {
      draft.problem ??= `the members of ${column.name} are not ASCII`;
    } else if (!hasAsciiBytes(memberCharset) || !hasAsciiBytes(charset)) {
      draft.problem ??= `the members of ${column.name} are of ${memberCharset ?? 'a charset that is not known'}, and become ${charset}`;
    }
  }
  return { ...column, ...withCharset(widenedText(column, charset), charset) };
}

/** CONVERT TO holds for columns of the same statement too, whatever charset they name. */
function definedColumn(draft: Draft, definition: ColumnDefinition): Column {
  const { defaultCharset, session, place } = draft;
  const isText = definition.type.kind === 'text' && defaultCharset !== undefined;
  const converted =
    draft.converts && isText
      ? { ...definition, charset: defaultCharset, type: { ...definition.type, charset: '' } }
      : definition;
  return columnOfDefinition(converted, defaultCharset, session, place);
}

function changedColumn(draft: Draft, origin: Column, definition: ColumnDefinition): AlteredColumn {
  const column = definedColumn(draft, definition);
  const isKey = draft.known.schema.primaryKey.includes(origin.name);
  const filled = isKey ? { ...column, nullable: false } : column;
  return {
    column: filled,
    origin,
    definition,
    default: columnDefault(definition, filled, draft.session),
    generated: definition.generated,
    memberCharset: memberCharset(definition, draft.defaultCharset),
  };
}

/** Puts a column that is new, or moves, into its place among those that are there by now. */
function placeColumn(draft: Draft, action: AlterAction): void {
  if (action.kind === 'add-column') {
    const isThere = draft.known.schema.columns.some((each) => isNamed(each, action.column.name));
    if (action.ifNotExists && isThere) return;
    const column = definedColumn(draft, action.column);
    insert(draft, action.place, {
      column,
      origin: undefined,
      definition: action.column,
      default: columnDefault(action.column, column, draft.session),
      generated: action.column.generated,
      memberCharset: memberCharset(action.column, draft.defaultCharset),
    });
  }
  if (action.kind === 'change-column') {
    const origin = draft.known.schema.columns.find((each) => isNamed(each, action.from));
    if (origin === undefined) {
      if (!action.ifExists) draft.problem ??= `there is no column ${action.from}`;
    } else if (action.place !== undefined) {
      insert(draft, action.place, changedColumn(draft, origin, action.column));
    }
  }
  if (action.kind === 'rename-column' && !action.ifExists) {
    const isThere = draft.known.schema.columns.some((each) => isNamed(each, action.from));
    if (!isThere) draft.problem ??= `there is no column ${action.from}`;
  }
}

function insert(draft: Draft, place: ColumnPlace, column: AlteredColumn): void {
  const { columns } = draft;
  if (place.kind === 'first') columns.unshift(column);
  else if (place.kind === 'last') columns.push(column);
  else {
    const index = columns.findIndex((each) => isNamed(each.column, place.column));
    if (index < 0) draft.problem ??= `there is no column ${place.column}`;
    columns.splice(index < 0 ? columns.length : index + 1, 0, column);
  }
}

function changeDefault(draft: Draft, action: AlterAction): void {
  if (action.kind !== 'alter-default') return;
  draft.columns = draft.columns.map((each) =>
    isNamed(each.origin ?? each.column, action.column)
      ? { ...each, default: columnDefault(action, each.column, draft.session) }
      : each,
  );
}

function keyAfter({ known, columns }: Draft, actions: readonly AlterAction[]): string[] {
  const names = columns.map(({ column }) => column);
  const added = actions.findLast((action) => action.kind === 'add-primary-key');
  if (added?.kind === 'add-primary-key') return inSpellingOfColumns(added.columns, names);
  const own = columns.find(({ definition }) => definition?.isPrimaryKey === true);
  if (own !== undefined) return [own.column.name];
  if (actions.some((action) => action.kind === 'drop-primary-key')) return [];
  return known.schema.primaryKey.flatMap((name) => {
    const column = columns.find(({ origin }) => origin?.name === name);
    return column === undefined ? [] : [column.column.name];
  });
}

/** What rows get in a column that is new. */
export function fillOfColumn(
  layout: AlterLayout,
  { column, definition }: AlteredColumn,
  session: StatementSession,
): ColumnDefault {
  if (definition === undefined) return { kind: 'unknown' };
  const first = layout.columns.find((each) => each.column.type.kind === 'timestamp');
  return fillOfRows(definition, column, session, first?.column.name === column.name);
}
