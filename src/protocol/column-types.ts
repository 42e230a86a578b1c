import {
  type DataType,
  Decimal,
  Field,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  List,
  TimeMicrosecond,
  TimeUnit,
  Timestamp,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
  Binary,
  DateDay,
} from 'apache-arrow';
import type { Column, ColumnType, TableSchema } from './table.js';

/**
 * The type table as code: for each MySQL type, the ClickHouse type that stores it and the Arrow type
 * that carries it into the engine and out to readers. docs/types.md says what each value becomes.
 */

/** Field metadata key under which the MySQL type travels in Arrow schemas. */
export const mysqlTypeKey = 'mysql_type';

/**
 * The zone in the engine's type of a DATETIME: another name of UTC, which no machine is set to. It
 * goes wherever the value goes, through expressions too, and tells a wall clock from an instant.
 * Readers never see it: `resultForm` takes it out.
 */
export const wallClockZone = 'Etc/UCT';

/** True for the types that may hold a zero date, which no engine type can: they are kept Nullable. */
export function mayHoldZeroDate(type: ColumnType): boolean {
  return type.kind === 'date' || type.kind === 'datetime' || type.kind === 'timestamp';
}

/** Whether the engine's column is Nullable: as in the source, and for dates outside the key always. */
export function isEngineNullable(column: Column, schema: Pick<TableSchema, 'primaryKey'>): boolean {
  if (schema.primaryKey.includes(column.name)) return false;
  return column.nullable || mayHoldZeroDate(column.type);
}

/** The ClickHouse type of a column's values, without `Nullable`. */
export function engineValueType(type: ColumnType): string {
  switch (type.kind) {
    case 'int':
      return `${type.unsigned ? 'UInt' : 'Int'}${type.bits === 24 ? 32 : type.bits}`;
    case 'decimal':
      return `Decimal(${type.precision}, ${type.scale})`;
    case 'float':
      return `Float${type.bits}`;
    case 'bit':
      return 'UInt64';
    case 'year':
      return 'UInt16';
    case 'date':
      return 'Date32';
    case 'datetime':
      return `DateTime64(${type.fsp}, '${wallClockZone}')`;
    case 'timestamp':
      return `DateTime64(${type.fsp}, 'UTC')`;
    case 'time':
      // Time64(1) to (3) leave the engine as Arrow time32 milliseconds, which ends at 596 hours.
      return `Time64(${type.fsp === 0 ? 0 : Math.max(type.fsp, 4)})`;
    case 'enum':
      return 'LowCardinality(String)';
    case 'vector':
      return 'Array(Float32)';
    case 'text':
    case 'bytes':
    case 'set':
    case 'json':
    case 'geometry':
    case 'uuid':
    case 'inet4':
    case 'inet6':
      return 'String';
  }
}

/** The ClickHouse type of a column, as it stands in CREATE TABLE. */
export function engineColumnType(column: Column, schema: Pick<TableSchema, 'primaryKey'>): string {
  const value = engineValueType(column.type);
  // An Array can't be Nullable in ClickHouse: a NULL vector is kept as an empty one, which MySQL has not.
  if (!isEngineNullable(column, schema) || column.type.kind === 'vector') return value;
  return column.type.kind === 'enum' ? 'LowCardinality(Nullable(String))' : `Nullable(${value})`;
}

/** The Arrow type in which row changes are written to the engine. */
export function arrowWriteType(type: ColumnType): DataType {
  switch (type.kind) {
    case 'int':
      return arrowIntType(type.bits, type.unsigned);
    case 'decimal':
      return new Decimal(type.scale, type.precision, type.precision > 38 ? 256 : 128);
    case 'float':
      return type.bits === 32 ? new Float32() : new Float64();
    case 'bit':
      return new Uint64();
    case 'year':
      return new Uint16();
    case 'date':
      return new DateDay();
    case 'datetime':
    case 'timestamp':
      return new Timestamp(timestampUnit(type.fsp), 'UTC');
    case 'time':
      return new TimeMicrosecond();
    case 'vector':
      return new List(new Field('item', new Float32(), false));
    case 'bytes':
    case 'geometry':
      return new Binary();
    case 'text':
    case 'enum':
    case 'set':
    case 'json':
    case 'uuid':
    case 'inet4':
    case 'inet6':
      return new Utf8();
  }
}

/** Unit of a timestamp with `fsp` fraction digits: seconds, milliseconds or microseconds. */
export function timestampUnit(fsp: number): TimeUnit {
  if (fsp === 0) return TimeUnit.SECOND;
  return fsp <= 3 ? TimeUnit.MILLISECOND : TimeUnit.MICROSECOND;
}

function arrowIntType(bits: 8 | 16 | 24 | 32 | 64, unsigned: boolean): DataType {
  switch (bits) {
    case 8:
      return unsigned ? new Uint8() : new Int8();
    case 16:
      return unsigned ? new Uint16() : new Int16();
    case 24:
    case 32:
      return unsigned ? new Uint32() : new Int32();
    case 64:
      return unsigned ? new Uint64() : new Int64();
  }
}
