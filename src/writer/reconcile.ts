import {
  charsetOfCollationNumber,
  type TableMapColumn,
  type TableMapEvent,
} from '../binlog/index.js';
import { FlashError, tableName, type Column, type TableSchema } from '../protocol/index.js';
import { longestCharacterBytes, withCharset } from './ddl/index.js';
import { quoteForShell } from './shell-word.js';

/**
 * Holds a known schema against the TABLE_MAP of an event, and gives the schema that both agree on:
 * charsets as the log says, all else as the DDL said. Types are held against the log by the
 * decoder. `hasHiddenColumns`: the server may log columns that no DDL names.
 *
 * Errors: SOURCE_MISMATCH where they differ: a change of the table that the log does not show.
 */
export function reconcile(
  map: TableMapEvent,
  known: TableSchema,
  hasHiddenColumns: boolean,
): TableSchema {
  // Which columns of the log are hidden, the decoder finds out, which holds every type against it.
  if (hasHiddenColumns && map.columns.length > known.columns.length) return known;
  if (map.columns.length !== known.columns.length) {
    throw mismatch(
      map,
      `the log has ${map.columns.length} columns, the copy ${known.columns.length}`,
    );
  }
  const columns = map.columns.map((logged, index) => {
    const column = known.columns[index];
    if (column === undefined) throw mismatch(map, 'a column is missing');
    return reconcileColumn(map, logged, column);
  });
  const isSame = columns.every((column, index) => column === known.columns[index]);
  return isSame ? known : { ...known, columns };
}

function reconcileColumn(map: TableMapEvent, logged: TableMapColumn, column: Column): Column {
  if (logged.name !== undefined && logged.name.toLowerCase() !== column.name.toLowerCase()) {
    throw mismatch(map, `the log names a column ${logged.name} where the copy has ${column.name}`);
  }
  if (logged.nullable && !column.nullable) {
    // Of a table at the outer side of a join, the log says so of every column. A row that is there
    // has no NULL in it; the decoder stops at one.
    if (column.type.kind !== 'timestamp') return reconcileText(map, logged, column);
    // With explicit_defaults_for_timestamp=0 the server decides; the engine's column is Nullable anyway.
    return { ...column, nullable: true };
  }
  return reconcileText(map, logged, column);
}

function reconcileText(map: TableMapEvent, logged: TableMapColumn, column: Column): Column {
  return column.type.kind === 'text' ? reconcileCharset(map, logged, column) : column;
}

function reconcileCharset(map: TableMapEvent, logged: TableMapColumn, column: Column): Column {
  if (column.type.kind !== 'text') return column;
  if (logged.collation !== undefined) {
    const charset = charsetOfCollationNumber(logged.collation);
    if (charset === undefined || charset === column.type.charset) return column;
    return { ...column, ...withCharset(column, charset) };
  }
  const characters = /^(?:var)?char\((\d+)\)$/.exec(column.mysqlType)?.[1];
  if (characters === undefined || !plainCharacterCodes.includes(logged.typeCode)) return column;
  if (logged.metadata === 0) return column;
  const characterBytes = logged.metadata / Number(characters);
  if (characterBytes === longestCharacterBytes(column.type.charset)) return column;
  throw mismatch(
    map,
    `column ${column.name}: ${column.mysqlType} of ${logged.metadata} bytes is not of charset ${column.type.charset}`,
  );
}

/**
 * VARCHAR, VAR_STRING and STRING, whose metadata is the longest value's size in bytes.
 * Source: MySQL 9.7 include/field_types.h, enum_field_types.
 */
const plainCharacterCodes: readonly number[] = [15, 253, 254];

function mismatch(map: TableMapEvent, problem: string): FlashError {
  const name = tableName(map);
  return new FlashError(
    'SOURCE_MISMATCH',
    `${name} in ${map.file} at offset ${map.offset} is not the table that is known: ${problem}`,
    {
      hint:
        `The table was changed where this log does not show it. Take it anew from a running server: --resync ${quoteForShell(name)}, ` +
        'with the other flags of this run. Or give its definition as of the first log with --schema, on an empty engine.',
      place: { file: map.file, offset: map.offset, table: name },
    },
  );
}
