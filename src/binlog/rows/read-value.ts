import type { ChangeColumns, Column, ColumnData } from '../../protocol/index.js';
import { columnLayout } from '../columns/column-layout.js';
import { unitsPerSecond } from '../values/fraction.js';

/** A value for people: numbers as such, decimals and temporals in MySQL's text form. */
export type RowValue = number | bigint | string | Uint8Array | number[] | null;

/** Reads the value of column `index` in row `row`. For tests and for showing logs, not for copying. */
export function readValue(changes: ChangeColumns, index: number, row: number): RowValue {
  const column = changes.schema.columns[index];
  const data = changes.columns[index];
  if (column === undefined || data === undefined) return null;
  if (data.validity !== undefined && ((data.validity[row >> 3] ?? 0) & (1 << (row & 7))) === 0) {
    return null;
  }
  return readPresent(column, data, row);
}

function readPresent(column: Column, data: ColumnData, row: number): RowValue {
  const { type } = column;
  const bytes = valueBytes(column, data, row);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type.kind) {
    case 'int':
      if (type.bits === 64)
        return type.unsigned ? view.getBigUint64(0, true) : view.getBigInt64(0, true);
      return readSmallInt(view, type.unsigned);
    case 'bit':
      return view.getBigUint64(0, true);
    case 'year':
      return view.getUint16(0, true);
    case 'float':
      return type.bits === 32 ? view.getFloat32(0, true) : view.getFloat64(0, true);
    case 'decimal':
      return decimalText(readWide(view), type.scale);
    case 'date':
      return dateText(view.getInt32(0, true));
    case 'datetime':
    case 'timestamp':
      return instantText(view.getBigInt64(0, true), type.fsp);
    case 'time':
      return timeText(view.getBigInt64(0, true), type.fsp);
    case 'vector':
      return Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(i * 4, true));
    case 'bytes':
    case 'geometry':
      return bytes.slice();
    case 'text':
    case 'enum':
    case 'set':
    case 'json':
    case 'uuid':
    case 'inet4':
    case 'inet6':
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  }
}

function valueBytes(column: Column, data: ColumnData, row: number): Uint8Array {
  const layout = columnLayout(column.type);
  if (layout.kind === 'fixed')
    return data.values.subarray(row * layout.bytes, (row + 1) * layout.bytes);
  const from = data.offsets?.[row] ?? 0;
  const to = data.offsets?.[row + 1] ?? 0;
  return data.values.subarray(from * layout.unitBytes, to * layout.unitBytes);
}

function readSmallInt(view: DataView, unsigned: boolean): number {
  switch (view.byteLength) {
    case 1:
      return unsigned ? view.getUint8(0) : view.getInt8(0);
    case 2:
      return unsigned ? view.getUint16(0, true) : view.getInt16(0, true);
    default:
      return unsigned ? view.getUint32(0, true) : view.getInt32(0, true);
  }
}

/** A little-endian two's complement integer of 128 or 256 bits. */
function readWide(view: DataView): bigint {
  let value = view.getBigInt64(view.byteLength - 8, true);
  for (let at = view.byteLength - 16; at >= 0; at -= 8) {
    value = (value << 64n) | view.getBigUint64(at, true);
  }
  return value;
}

function decimalText(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const sign = unscaled < 0n ? '-' : '';
  if (scale === 0) return sign + digits;
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

const millisOfDay = 86_400_000;

function dateText(days: number): string {
  const date = new Date(days * millisOfDay);
  return [
    pad(date.getUTCFullYear(), 4),
    pad(date.getUTCMonth() + 1, 2),
    pad(date.getUTCDate(), 2),
  ].join('-');
}

function instantText(value: bigint, fsp: number): string {
  const units = BigInt(unitsPerSecond(fsp));
  const fraction = ((value % units) + units) % units;
  const seconds = Number((value - fraction) / units);
  const secondOfDay = ((seconds % 86400) + 86400) % 86400;
  const date = dateText((seconds - secondOfDay) / 86400);
  const micros = (fraction * 1_000_000n) / units;
  return `${date} ${clockText(secondOfDay)}${fractionText(micros, fsp)}`;
}

function timeText(micros: bigint, fsp: number): string {
  const magnitude = micros < 0n ? -micros : micros;
  const clock = clockText(Number(magnitude / 1_000_000n));
  return `${micros < 0n ? '-' : ''}${clock}${fractionText(magnitude % 1_000_000n, fsp)}`;
}

function clockText(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return [pad(Math.floor(minutes / 60), 2), pad(minutes % 60, 2), pad(seconds % 60, 2)].join(':');
}

function fractionText(micros: bigint, fsp: number): string {
  return fsp === 0 ? '' : `.${String(micros).padStart(6, '0').slice(0, fsp)}`;
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}
