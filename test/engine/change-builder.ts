import {
  arrowWriteType,
  encodeChanges,
  type ChangeColumns,
  type Column,
  type ColumnData,
  type ColumnType,
  type TableSchema,
} from '../../src/protocol/index.js';
import { DataType, Precision } from 'apache-arrow';

/**
 * A value as Arrow's memory holds it: whole numbers of the column's unit (days, µs, unscaled
 * decimals) as number or bigint, text as string, bytes, or the items of a vector.
 */
export type Cell = null | number | bigint | string | Uint8Array | readonly number[];

export interface Change {
  values: readonly Cell[];
  /** True where the row takes its key away. */
  isDelete?: boolean;
}

/** Row changes for tests, written value by value. */
export function buildChanges(schema: TableSchema, changes: readonly Change[]): ChangeColumns {
  return {
    schema,
    rows: changes.length,
    columns: schema.columns.map((column, index) =>
      columnData(
        column.type,
        changes.map((change) => change.values[index] ?? null),
      ),
    ),
    delmarks: Uint8Array.from(changes, (change) => (change.isDelete === true ? 1 : 0)),
  };
}

/** The Arrow stream of `changes`, numbered from `firstVersion`. */
export function buildStream(
  schema: TableSchema,
  changes: readonly Change[],
  firstVersion: bigint,
): Uint8Array {
  const encoded = encodeChanges(buildChanges(schema, changes));
  encoded.setVersions(firstVersion);
  return encoded.stream;
}

/** A column of a test table. */
export function column(name: string, type: ColumnType, nullable = false): Column {
  return { name, type, nullable, mysqlType: type.kind };
}

function columnData(type: ColumnType, cells: readonly Cell[]): ColumnData {
  const nullCount = cells.filter((cell) => cell === null).length;
  const validity = new Uint8Array(Math.ceil(cells.length / 8));
  cells.forEach((cell, row) => {
    if (cell !== null) validity[row >> 3] = (validity[row >> 3] ?? 0) | (1 << (row & 7));
  });
  const arrow = arrowWriteType(type);
  const parts = cells.map((cell) => cellBytes(arrow, cell));
  const hasOffsets = DataType.isUtf8(arrow) || DataType.isBinary(arrow) || DataType.isList(arrow);
  const unit = DataType.isList(arrow) ? 4 : 1;
  const offsets = new Int32Array(cells.length + 1);
  parts.forEach((part, row) => {
    offsets[row + 1] = (offsets[row] ?? 0) + part.length / unit;
  });
  return {
    validity: nullCount > 0 ? validity : undefined,
    nullCount,
    offsets: hasOffsets ? offsets : undefined,
    values: Uint8Array.from(Buffer.concat(parts)),
  };
}

function cellBytes(arrow: DataType, cell: Cell): Uint8Array {
  if (typeof cell === 'string') return Buffer.from(cell, 'utf8');
  if (cell instanceof Uint8Array) return cell;
  if (typeof cell === 'object' && cell !== null) {
    return Buffer.from(Float32Array.from(cell).buffer);
  }
  if (DataType.isUtf8(arrow) || DataType.isBinary(arrow) || DataType.isList(arrow)) {
    return new Uint8Array(0);
  }
  if (DataType.isFloat(arrow)) {
    const view = new DataView(new ArrayBuffer(arrow.precision === Precision.SINGLE ? 4 : 8));
    if (arrow.precision === Precision.SINGLE) view.setFloat32(0, Number(cell ?? 0), true);
    else view.setFloat64(0, Number(cell ?? 0), true);
    return new Uint8Array(view.buffer);
  }
  return wholeBytes(BigInt(cell ?? 0), widthBytes(arrow));
}

function widthBytes(arrow: DataType): number {
  if (DataType.isInt(arrow) || DataType.isDecimal(arrow)) return arrow.bitWidth / 8;
  return DataType.isDate(arrow) ? 4 : 8;
}

/** Little-endian two's complement. */
function wholeBytes(value: bigint, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  let rest = BigInt.asUintN(sizeBytes * 8, value);
  for (let index = 0; index < sizeBytes; index++) {
    bytes[index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}
