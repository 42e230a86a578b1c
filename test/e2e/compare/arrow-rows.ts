import { type Data, DataType, type Table, TimeUnit, type Vector } from 'apache-arrow';
import { floatText } from './source-rows.js';
import { type ComparedColumn, formOf, type TableRows } from './table-rows.js';

/**
 * Renders an Arrow table as canonical text, from Arrow's buffers.
 *
 * Shape: columns in the order of `source`, whose types say how numbers are to be read.
 * Errors: throws where the Arrow table lacks a column, has one more, or has it in an unfit type.
 */
export function renderArrowTable(
  table: Table,
  source: Pick<TableRows, 'name' | 'columns' | 'primaryKey'>,
): TableRows {
  const expected = source.columns.map((column) => column.name);
  const found = table.schema.fields.map((field) => field.name);
  if (expected.join() !== found.join()) {
    throw new Error(`${source.name} has columns ${found.join()}, wanted ${expected.join()}`);
  }
  const columns = source.columns.map((column) => {
    const vector: Vector | null = table.getChild(column.name);
    if (vector === null) throw new Error(`${source.name} lacks ${column.name}`);
    return renderVector(vector, column);
  });
  const rows = Array.from({ length: table.numRows }, (_, row) =>
    columns.map((values) => values[row] ?? null),
  );
  return { name: source.name, columns: source.columns, primaryKey: source.primaryKey, rows };
}

function renderVector(vector: Vector, column: ComparedColumn): (string | null)[] {
  const values: (string | null)[] = [];
  for (const data of vector.data as readonly Data[]) {
    const render = rendererOf(data, column);
    for (let row = 0; row < data.length; row += 1) {
      values.push(data.getValid(row) ? render(row) : null);
    }
  }
  return values;
}

function rendererOf(data: Data, column: ComparedColumn): (row: number) => string {
  const { type } = data;
  const form = formOf(column.dataType);
  if (DataType.isUtf8(type) && (form === 'text' || form === 'json')) {
    return (row) => Buffer.from(slice(data, row)).toString('utf8');
  }
  if (DataType.isBinary(type) && form === 'bytes') {
    return (row) => Buffer.from(slice(data, row)).toString('hex').toUpperCase();
  }
  if (DataType.isDecimal(type) && form === 'number') {
    return (row) => decimalText(data, row, type.bitWidth / 32, type.scale);
  }
  if (DataType.isInt(type) && form === 'number') return (row) => String(item(data, row));
  if (DataType.isInt(type) && form === 'time') {
    return (row) => spanText(BigInt(item(data, row)), column.fsp);
  }
  if (DataType.isFloat(type) && form === 'float') {
    return (row) => floatText(Number(item(data, row)));
  }
  if (DataType.isDate(type) && column.dataType === 'date') {
    return (row) => new Date(Number(item(data, row)) * 86_400_000).toISOString().slice(0, 10);
  }
  if (DataType.isTimestamp(type) && form === 'date') {
    const perSecond = ticksPerSecond(type.unit);
    return (row) => instantText(BigInt(item(data, row)), perSecond, column.fsp);
  }
  throw new Error(`${column.name}: ${column.dataType} came as Arrow type ${type.typeId}`);
}

function item(data: Data, row: number): number | bigint {
  const values = data.values as ArrayLike<number | bigint>;
  const value = values[row];
  if (value === undefined) throw new Error(`row ${row} lies outside the Arrow buffer`);
  return value;
}

function slice(data: Data, row: number): Uint8Array {
  const offsets = data.valueOffsets as Int32Array;
  return (data.values as Uint8Array).subarray(offsets[row], offsets[row + 1]);
}

function decimalText(data: Data, row: number, words: number, scale: number): string {
  let value = 0n;
  for (let word = words - 1; word >= 0; word -= 1) {
    value = (value << 32n) | BigInt(Number(item(data, row * words + word)) >>> 0);
  }
  const signed = BigInt.asIntN(words * 32, value);
  const digits = String(signed < 0n ? -signed : signed).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  return `${signed < 0n ? '-' : ''}${whole}${scale === 0 ? '' : `.${digits.slice(-scale)}`}`;
}

function ticksPerSecond(unit: TimeUnit): bigint {
  switch (unit) {
    case TimeUnit.SECOND:
      return 1n;
    case TimeUnit.MILLISECOND:
      return 1000n;
    case TimeUnit.MICROSECOND:
      return 1_000_000n;
    case TimeUnit.NANOSECOND:
      return 1_000_000_000n;
  }
}

function instantText(ticks: bigint, perSecond: bigint, fsp: number): string {
  const within = ((ticks % perSecond) + perSecond) % perSecond;
  const seconds = (ticks - within) / perSecond;
  const clock = new Date(Number(seconds) * 1000).toISOString().slice(0, 19).replace('T', ' ');
  return clock + fractionText((within * 1_000_000n) / perSecond, fsp);
}

function spanText(micros: bigint, fsp: number): string {
  const span = micros < 0n ? -micros : micros;
  const seconds = span / 1_000_000n;
  const parts = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n];
  const clock = parts.map((part) => String(part).padStart(2, '0')).join(':');
  return (micros < 0n ? '-' : '') + clock + fractionText(span % 1_000_000n, fsp);
}

function fractionText(micros: bigint, fsp: number): string {
  return fsp === 0 ? '' : `.${String(micros).padStart(6, '0').slice(0, fsp)}`;
}
