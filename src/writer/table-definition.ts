import { FlashError, type Column, type ErrorPlace, type TableSchema } from '../protocol/index.js';
import { columnDefault, type ColumnDefault } from './column-default.js';
import { withCharset, type ColumnDefinition, type TableDefinition } from './ddl/index.js';
import { foreignKeysOf, hasForeignKeys } from './foreign-keys/index.js';
import type { KnownTable } from './schema-history.js';

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
  place: ErrorPlace,
): KnownTable {
  const defaultCharset = definition.charset ?? databaseCharset;
  const schema: TableSchema = {
    database: table.database,
    table: table.table,
    columns: definition.columns.map((column) => columnOfDefinition(column, defaultCharset, place)),
    primaryKey: definition.primaryKey,
  };
  const defaults = Object.fromEntries(
    definition.columns.map((column, index) => [
      column.name,
      defaultOf(column, schema.columns[index]),
    ]),
  );
  const { storage, foreignKeys } = definition;
  const generated = generatedColumns(definition.columns);
  return {
    schema,
    defaultCharset,
    defaults,
    foreignKeys: hasForeignKeys(storage) ? foreignKeysOf(table, foreignKeys) : [],
    ...(storage === undefined ? {} : { storage }),
    ...(generated === undefined ? {} : { generated }),
  };
}

function generatedColumns(columns: readonly ColumnDefinition[]): KnownTable['generated'] {
  const generated = columns.flatMap(({ name, generatedBy }) =>
    generatedBy === undefined ? [] : [[name, generatedBy] as const],
  );
  return generated.length === 0 ? undefined : Object.fromEntries(generated);
}

function defaultOf(definition: ColumnDefinition, column: Column | undefined): ColumnDefault {
  return column === undefined ? { kind: 'unknown' } : columnDefault(definition, column);
}

/** One column, its charset filled in. Errors: UNSUPPORTED where none is known. */
export function columnOfDefinition(
  definition: ColumnDefinition,
  defaultCharset: string | undefined,
  place: ErrorPlace,
): Column {
  const { name, nullable } = definition;
  const needsCharset = definition.type.kind === 'text' && definition.type.charset === '';
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
  return { name, nullable, ...withCharset(definition, needsCharset ? defaultCharset : undefined) };
}
