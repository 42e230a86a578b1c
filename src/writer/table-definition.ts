import { FlashError, type Column, type ErrorPlace, type TableSchema } from '../protocol/index.js';
import { membersInCharset } from './charset-repertoire.js';
import { columnDefault, type ColumnDefault } from './column-default.js';
import { withCharset, type ColumnDefinition, type TableDefinition } from './ddl/index.js';
import { foreignKeysOf, hasForeignKeys } from './foreign-keys/index.js';
import type { KnownTable } from './schema-history.js';
import type { StatementSession } from './statement-session.js';

/**
 * Turns what CREATE TABLE declares into a table as the writer knows it, charsets filled in.
 *
 * `databaseCharset` holds for text whose table does not name a charset.
 * Errors: UNSUPPORTED where text has no charset that is known.
 */
export function tableOfDefinition(
  table: { database: string; table: string },
  definition: TableDefinition,
  databaseCharset: string | undefined,
  session: StatementSession,
  place: ErrorPlace,
): KnownTable {
  const defaultCharset = definition.charset ?? databaseCharset;
  const schema: TableSchema = {
    database: table.database,
    table: table.table,
    columns: definition.columns.map((column) =>
      columnOfDefinition(column, defaultCharset, session, place),
    ),
    primaryKey: definition.primaryKey,
  };
  const defaults = Object.fromEntries(
    definition.columns.map((column, index) => [
      column.name,
      defaultOf(column, schema.columns[index], session),
    ]),
  );
  const { storage, foreignKeys } = definition;
  const generated = Object.fromEntries(
    definition.columns.flatMap(({ name, generated: text }) =>
      text === undefined ? [] : [[name, text]],
    ),
  );
  const memberCharsets = Object.fromEntries(
    definition.columns.flatMap((column) => {
      const charset = memberCharset(column, defaultCharset);
      return charset === undefined ? [] : [[column.name, charset]];
    }),
  );
  return {
    schema,
    defaultCharset,
    defaults,
    generated,
    memberCharsets,
    partitioning: definition.partitioning,
    foreignKeys: hasForeignKeys(storage) ? foreignKeysOf(table, foreignKeys) : [],
    ...(storage === undefined ? {} : { storage }),
  };
}

function defaultOf(
  definition: ColumnDefinition,
  column: Column | undefined,
  session: StatementSession,
): ColumnDefault {
  return column === undefined ? { kind: 'unknown' } : columnDefault(definition, column, session);
}

/** One column, its charset filled in. Errors: UNSUPPORTED where none is known. */
export function columnOfDefinition(
  definition: ColumnDefinition,
  defaultCharset: string | undefined,
  session: StatementSession,
  place: ErrorPlace,
): Column {
  const { name, type } = definition;
  const needsCharset = type.kind === 'text' && type.charset === '';
  if (needsCharset && defaultCharset === undefined) {
    throw new FlashError(
      'UNSUPPORTED',
      `column ${name} is text of a charset that the log does not tell`,
      {
        hint: 'Give the tables with --schema: mysqldump --no-data writes their charsets.',
        place: { ...place, column: name },
      },
    );
  }
  // Without explicit_defaults_for_timestamp a TIMESTAMP may be NULL only where it says so.
  const isFilled =
    type.kind === 'timestamp' && !definition.nullIsTold && session.explicitTimestamps === false;
  const nullable = definition.nullable && !isFilled;
  const column = {
    name,
    nullable,
    ...withCharset(definition, needsCharset ? defaultCharset : undefined),
  };
  return membersInCharset(column, definition.charset ?? defaultCharset);
}

/** The charset of a column's members; undefined for one that is no ENUM or SET, or not known. */
export function memberCharset(
  { type, charset }: ColumnDefinition,
  defaultCharset: string | undefined,
): string | undefined {
  const isList = type.kind === 'enum' || type.kind === 'set';
  return isList ? (charset ?? defaultCharset) : undefined;
}
