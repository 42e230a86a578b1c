import { ByteReader } from '../byte-reader.js';
import { decodeName } from '../charset-text.js';
import { columnCodes, hasSign, isCharacterType } from '../column-codes.js';
import type { TableMapColumn } from '../event.js';

/** A column as the fixed part of TABLE_MAP describes it. */
export type BareColumn = Pick<TableMapColumn, 'typeCode' | 'metadata' | 'nullable'>;

/**
 * Numbers of TABLE_MAP's optional metadata fields.
 * Source: MySQL 9.7 libs/mysql/binlog/event/rows_event.h, Table_map_event::Optional_metadata_field_type.
 */
const fieldTypes = {
  signedness: 1,
  defaultCharset: 2,
  columnCharset: 3,
  columnName: 4,
  setMembers: 5,
  enumMembers: 6,
  geometryType: 7,
  simplePrimaryKey: 8,
  primaryKeyWithPrefix: 9,
  enumAndSetDefaultCharset: 10,
  enumAndSetColumnCharset: 11,
  columnVisibility: 12,
  vectorDimensionality: 13,
} as const;

/**
 * Reads what follows the fixed part of TABLE_MAP: fields of type (1 byte), length (packed), value.
 * With binlog_row_metadata=MINIMAL only sign and charsets are there, before MySQL 8.0.1 nothing.
 *
 * Errors: `BINLOG_FORMAT` when a field ends early or speaks of a column that is not there. A field
 * type that is not known is skipped: none of them changes how values are written.
 * Source: MySQL 9.7 libs/mysql/binlog/event/rows_event.cpp, Optional_metadata_fields.
 */
export function readOptionalMetadata(
  reader: ByteReader,
  bare: readonly BareColumn[],
): { columns: TableMapColumn[]; primaryKey: number[] | undefined } {
  const fields = new Map<number, Uint8Array>();
  while (reader.remaining > 0) {
    const type = reader.u8();
    fields.set(type, reader.take(reader.packedInt()));
  }
  const open = (type: number): ByteReader | undefined => {
    const bytes = fields.get(type);
    return bytes === undefined ? undefined : new ByteReader(bytes, reader.place);
  };

  const all = bare.map((_, i) => i);
  const ofCode = (test: (code: number) => boolean): number[] =>
    all.filter((i) => test(bare[i]?.typeCode ?? -1));
  const enums = ofCode((code) => code === columnCodes.enum);
  const sets = ofCode((code) => code === columnCodes.set);
  const unsigned = readBits(open(fieldTypes.signedness), ofCode(hasSign));
  const visible = readBits(open(fieldTypes.columnVisibility), all);
  const collations = new Map([
    ...readCharsets(
      open(fieldTypes.defaultCharset),
      open(fieldTypes.columnCharset),
      ofCode(isCharacterType),
    ),
    ...readCharsets(
      open(fieldTypes.enumAndSetDefaultCharset),
      open(fieldTypes.enumAndSetColumnCharset),
      ofCode((code) => code === columnCodes.enum || code === columnCodes.set),
    ),
  ]);
  const members = new Map([
    ...readMembers(open(fieldTypes.enumMembers), enums, collations),
    ...readMembers(open(fieldTypes.setMembers), sets, collations),
  ]);
  const names = readNames(open(fieldTypes.columnName), bare.length);
  const columns = bare.map((column, i) => ({
    ...column,
    unsigned: unsigned.get(i),
    collation: collations.get(i),
    name: names?.[i],
    members: members.get(i),
    visible: visible.get(i),
  }));
  return {
    columns,
    primaryKey: readKey(
      open(fieldTypes.simplePrimaryKey),
      open(fieldTypes.primaryKeyWithPrefix),
      bare.length,
    ),
  };
}

/** A bitmap, highest bit first, of the columns in `indexes`. */
function readBits(
  reader: ByteReader | undefined,
  indexes: readonly number[],
): Map<number, boolean> {
  if (reader === undefined) return new Map();
  const bits = reader.take((indexes.length + 7) >> 3);
  return new Map(
    indexes.map((column, i) => [column, ((bits[i >> 3] ?? 0) & (0x80 >> (i & 7))) !== 0]),
  );
}

/**
 * Collations of the columns in `indexes`: either a default and (index, collation) pairs for the
 * others, where the index counts only these columns; or one collation each.
 */
function readCharsets(
  defaults: ByteReader | undefined,
  each: ByteReader | undefined,
  indexes: readonly number[],
): Map<number, number> {
  const collations = new Map<number, number>();
  if (defaults !== undefined) {
    const collation = defaults.packedInt();
    for (const column of indexes) collations.set(column, collation);
    while (defaults.remaining > 0) {
      const column = indexes[defaults.packedInt()];
      if (column === undefined) throw defaults.damaged('a charset for a column that is not there');
      collations.set(column, defaults.packedInt());
    }
  } else if (each !== undefined) {
    for (const column of indexes) collations.set(column, each.packedInt());
  }
  return collations;
}

/** Members of each ENUM or SET column in `indexes`: a count, then length and text of each. */
function readMembers(
  reader: ByteReader | undefined,
  indexes: readonly number[],
  collations: ReadonlyMap<number, number>,
): Map<number, string[]> {
  const members = new Map<number, string[]>();
  if (reader === undefined) return members;
  for (const column of indexes) {
    const count = reader.packedInt();
    if (count > reader.remaining) throw reader.damaged(`${count} ENUM or SET members`);
    const collation = collations.get(column);
    members.set(
      column,
      Array.from({ length: count }, () => decodeName(reader.take(reader.packedInt()), collation)),
    );
  }
  return members;
}

function readNames(reader: ByteReader | undefined, count: number): string[] | undefined {
  if (reader === undefined) return undefined;
  return Array.from({ length: count }, () => reader.text(reader.packedInt()));
}

/** Column indexes of the primary key; a prefix key has (index, prefix length) pairs. */
function readKey(
  simple: ByteReader | undefined,
  prefixed: ByteReader | undefined,
  columnCount: number,
): number[] | undefined {
  const reader = simple ?? prefixed;
  if (reader === undefined) return undefined;
  const key: number[] = [];
  while (reader.remaining > 0) {
    const column = reader.packedInt();
    if (column >= columnCount) throw reader.damaged(`a primary key of column ${column}`);
    key.push(column);
    if (simple === undefined) reader.packedInt();
  }
  return key;
}
