import { ByteReader } from '../byte-reader.js';
import { columnCodes } from '../column-codes.js';
import type { EventHeader, TableMapColumn, TableMapEvent } from '../event.js';
import { readOptionalMetadata } from './table-map-metadata.js';

/** MySQL allows 4096 columns a table; more is damage. */
const columnsMax = 4096;

/**
 * Decodes TABLE_MAP (19): the table that following rows events name by its id.
 *
 *     +----------+-------+---------------+------------------+-------+---------+-----------+----------+
 *     | table id | flags | db: length 1, | table: length 1, | count | types   | metadata: | nullable |
 *     | 6 (or 4) | 2     | name, zero    | name, zero       | packed| 1 each  | length    | bitmap   |
 *     |          |       |               |                  |       |         | packed, … |          |
 *     +----------+-------+---------------+------------------+-------+---------+-----------+----------+
 *     then the optional metadata, which `readOptionalMetadata` describes
 *
 * Shape: `columns` in table order.
 * Errors: `BINLOG_FORMAT` when the body ends early or is no table map.
 * Source: MySQL 9.7 libs/mysql/binlog/event/rows_event.cpp, Table_map_event; sql/log_event.cc,
 * Table_map_log_event::save_field_metadata.
 */
export function decodeTableMap(
  header: EventHeader,
  body: Uint8Array,
  tableIdBytes: 4 | 6,
): TableMapEvent {
  const reader = new ByteReader(body, header);
  const tableId = BigInt(tableIdBytes === 6 ? reader.u48() : reader.u32());
  reader.skip(2);
  const database = reader.text(reader.u8());
  reader.skip(1);
  const table = reader.text(reader.u8());
  reader.skip(1);
  const count = reader.packedInt();
  if (count > columnsMax) throw reader.damaged(`a table of ${count} columns`);
  const codes = reader.take(count);
  const metadata = new ByteReader(reader.take(reader.packedInt()), header);
  const types = Array.from(codes, (code) => readTypeMetadata(code, metadata));
  const nullable = reader.take((count + 7) >> 3);
  const bare = types.map((type, i) => ({
    ...type,
    nullable: ((nullable[i >> 3] ?? 0) & (1 << (i & 7))) !== 0,
  }));
  const { columns, primaryKey } = readOptionalMetadata(reader, bare);
  return { kind: 'table-map', tableId, database, table, columns, primaryKey, ...header };
}

function readTypeMetadata(
  code: number,
  reader: ByteReader,
): Pick<TableMapColumn, 'typeCode' | 'metadata'> {
  switch (code) {
    case columnCodes.float:
    case columnCodes.double:
    case columnCodes.tinyBlob:
    case columnCodes.mediumBlob:
    case columnCodes.longBlob:
    case columnCodes.blob:
    case columnCodes.blobCompressed:
    case columnCodes.geometry:
    case columnCodes.json:
    case columnCodes.vector:
    case columnCodes.timestamp2:
    case columnCodes.datetime2:
    case columnCodes.time2:
      return { typeCode: code, metadata: reader.u8() };
    case columnCodes.varchar:
    case columnCodes.varcharCompressed:
    case columnCodes.varString:
      return { typeCode: code, metadata: reader.u16() };
    case columnCodes.bit: {
      const bits = reader.u8();
      return { typeCode: code, metadata: reader.u8() * 8 + bits };
    }
    case columnCodes.newdecimal:
      return { typeCode: code, metadata: (reader.u8() << 8) | reader.u8() };
    case columnCodes.string:
    case columnCodes.enum:
    case columnCodes.set:
      return unfoldString(reader.u8(), reader.u8());
    case columnCodes.typedArray:
      return readTypedArray(reader);
    default:
      return { typeCode: code, metadata: 0 };
  }
}

/**
 * Takes apart what STRING's two bytes fold together: the real type (STRING, ENUM or SET) and, for
 * CHAR over 255 bytes, two high bits of the length, inverted, in bits 4 and 5 of the type.
 *
 * Source: MySQL 9.7 sql/field.cc, Field_string::do_save_field_metadata.
 */
function unfoldString(
  first: number,
  second: number,
): Pick<TableMapColumn, 'typeCode' | 'metadata'> {
  if (first === columnCodes.enum || first === columnCodes.set) {
    return { typeCode: first, metadata: second };
  }
  return { typeCode: first | 0x30, metadata: second | (((first & 0x30) ^ 0x30) << 4) };
}

/**
 * The hidden column of a multi-valued index (MySQL 8.0.17 and 8.0.18 log it): its items' type and
 * that type's metadata. No image ever holds a value of it.
 *
 * Source: MySQL 8.0.17 sql/log_event.cc, table_def::table_def.
 */
function readTypedArray(reader: ByteReader): Pick<TableMapColumn, 'typeCode' | 'metadata'> {
  const itemCode = reader.u8();
  if (itemCode === columnCodes.varchar) reader.skip(3);
  else readTypeMetadata(itemCode, reader);
  return { typeCode: columnCodes.typedArray, metadata: itemCode };
}
