import {
  Binary,
  DataType,
  Field,
  Int64,
  isArrowDataType,
  Message,
  Schema,
  Timestamp,
} from 'apache-arrow';
import { mysqlTypeKey } from './column-types.js';
import { FlashError } from './errors.js';
import { mysqlTypeFamily } from './mysql-type-text.js';

/**
 * Gives the schema that readers see for one that the engine gave: bytes as binary, TIME as int64
 * microseconds, DATETIME as a timestamp without zone, the MySQL type in each field's metadata. The
 * new types have the physical layout of those they replace, so the record batches stay as they are.
 *
 * Shape: `mysqlTypes` maps column names to MySQL types; fields without one are left alone.
 */
export function relabelSchema(schema: Schema, mysqlTypes: ReadonlyMap<string, string>): Schema {
  const fields = schema.fields.map((field) => {
    const mysqlType = mysqlTypes.get(field.name);
    return mysqlType === undefined ? field : relabelField(field, mysqlType);
  });
  return new Schema(fields, schema.metadata);
}

/** Decodes the schema message that every Arrow IPC stream begins with. */
export function decodeSchemaMessage(bytes: Uint8Array): Schema {
  const message = Message.decode(bytes.subarray(8));
  if (message.isSchema()) return message.header();
  throw new FlashError('INTERNAL', 'The engine gave no Arrow schema');
}

/**
 * Encodes a schema as an encapsulated Arrow IPC message.
 *
 * ```
 * +---------------+---------------+--------------------+-----------------+
 * | FFFFFFFF (4)  | length (4)    | flatbuffer Message | zeros, to 8     |
 * +---------------+---------------+--------------------+-----------------+
 * ```
 * Units: `length` is little-endian and counts the flatbuffer and its padding, in bytes.
 * Source: Arrow columnar format, "Encapsulated message format".
 */
export function encodeSchemaMessage(schema: Schema): Uint8Array {
  const flatbuffer = Message.encode(Message.from(schema));
  const lengthBytes = (flatbuffer.byteLength + 7) & ~7;
  const message = new Uint8Array(8 + lengthBytes);
  const view = new DataView(message.buffer);
  view.setUint32(0, 0xffffffff, true);
  view.setUint32(4, lengthBytes, true);
  message.set(flatbuffer, 8);
  return message;
}

/** Gives the type of a field of any kind, as apache-arrow's own `any` does not. */
export function fieldType(field: { readonly type: unknown }): DataType {
  if (isArrowDataType(field.type)) return field.type;
  throw new FlashError('INTERNAL', 'An Arrow field has no type');
}

function relabelField(field: Field, mysqlType: string): Field {
  const metadata = new Map([...field.metadata, [mysqlTypeKey, mysqlType]]);
  return new Field(field.name, readType(fieldType(field), mysqlType), field.nullable, metadata);
}

function readType(type: DataType, mysqlType: string): DataType {
  const family = mysqlTypeFamily(mysqlType);
  if (family === 'bytes' && DataType.isUtf8(type)) return new Binary();
  if (family === 'time' && DataType.isTime(type) && type.bitWidth === 64) return new Int64();
  // Tables that an older version made have the zone of instants in DATETIME columns too.
  if (family === 'datetime' && DataType.isTimestamp(type)) return new Timestamp(type.unit);
  return type;
}
