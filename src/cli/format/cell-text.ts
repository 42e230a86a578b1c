import { isUtf8 } from 'node:buffer';
import { DataType, Precision, TimeUnit, type Data, type Field } from 'apache-arrow';
import { fieldType, FlashError, fractionDigits, mysqlTypeKey } from '../../protocol/index.js';
import { decimalText, doubleText, floatText, wideInteger } from './number-text.js';
import { dateText, dateTimeText, timeText, unitDigits } from './time-text.js';

/** Gives the text of one value, which must not be NULL. */
export type CellText = (row: number) => string;

/**
 * Chooses, once a batch and column, how its values become text: as MySQL writes them where MySQL
 * has the type, exact in every digit. Bytes, and strings that are not UTF-8, become `0x` and hex.
 *
 * Shape: lists, maps and tuples become JSON.
 * Errors: UNSUPPORTED for a type that has no text form here.
 */
export function bindCellText(field: Field, data: Data): CellText {
  const type: DataType = data.type;
  const values: unknown = data.values;
  if (DataType.isInt(type)) return bindInteger(field, values);
  if (DataType.isFloat(type)) return bindFloat(type.precision, values);
  if (DataType.isDecimal(type)) {
    const { scale, bitWidth } = type;
    const words = view(values, Uint32Array);
    return (row) => decimalText(wideInteger(words, row, bitWidth / 32), scale);
  }
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) return bindBytes(data, stringText);
  if (DataType.isBinary(type) || DataType.isLargeBinary(type)) return bindBytes(data, hexText);
  if (DataType.isFixedSizeBinary(type)) {
    const { byteWidth } = type;
    const bytes = view(values, Uint8Array);
    return (row) => hexText(bytes.subarray(row * byteWidth, (row + 1) * byteWidth));
  }
  if (DataType.isBool(type)) {
    const bits = view(values, Uint8Array);
    return (row) => (((bits[row >> 3] ?? 0) >> (row & 7)) & 1 ? 'true' : 'false');
  }
  if (DataType.isDate(type) || DataType.isTimestamp(type) || DataType.isTime(type)) {
    return bindTemporal(field, type, values);
  }
  return bindCellJson(field, data);
}

/**
 * Chooses, once a batch and column, how its values become JSON. Integers to 32 bits and floats are
 * JSON numbers; 64-bit integers and decimals are strings, so that no reader rounds them; all else
 * is the string that `bindCellText` gives.
 */
export function bindCellJson(field: Field, data: Data): CellText {
  const type: DataType = data.type;
  if (DataType.isNull(type)) return () => 'null';
  if (DataType.isList(type) || DataType.isMap(type)) return bindList(data);
  if (DataType.isStruct(type)) return bindStruct(data);
  if (DataType.isUnion(type) || DataType.isDictionary(type) || DataType.isInterval(type)) {
    throw new FlashError('UNSUPPORTED', `Column ${field.name}: ${String(type)} has no text form`, {
      hint: 'Use --format arrow-stream, or cast the column with `theflash sql`.',
      place: { column: field.name },
    });
  }
  const text = bindCellText(field, data);
  if (DataType.isBool(type)) return text;
  if (DataType.isFloat(type)) {
    // JSON has no NaN and no infinity.
    return (row) => (/[NI]/.test(text(row)) ? JSON.stringify(text(row)) : text(row));
  }
  const isFieldNumber = DataType.isInt(type) && type.bitWidth <= 32;
  return isFieldNumber ? text : (row) => JSON.stringify(text(row));
}

/** True for columns whose figures line up at the right. */
export function isNumeric(field: Field): boolean {
  const type = fieldType(field);
  return DataType.isInt(type) || DataType.isFloat(type) || DataType.isDecimal(type);
}

const textDecoder = new TextDecoder();

function stringText(bytes: Uint8Array): string {
  const text = textDecoder.decode(bytes);
  // The replacement character may stand in the text itself.
  return text.includes('\ufffd') && !isUtf8(bytes) ? hexText(bytes) : text;
}

function hexText(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex').toUpperCase()}`;
}

function bindInteger(field: Field, values: unknown): CellText {
  const mysqlType = field.metadata.get(mysqlTypeKey);
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    const wide = values;
    if (mysqlType !== undefined && /^time\b/i.test(mysqlType)) {
      const digits = fractionDigits(mysqlType);
      return (row) => timeText(wide[row] ?? 0n, 1_000_000n, digits);
    }
    return (row) => String(wide[row]);
  }
  for (const kind of [Int32Array, Uint32Array, Int16Array, Uint16Array, Int8Array, Uint8Array]) {
    if (values instanceof kind) {
      const narrow: ArrayLike<number> = values;
      return (row) => String(narrow[row]);
    }
  }
  throw unexpectedLayout();
}

function bindFloat(precision: Precision, values: unknown): CellText {
  if (precision === Precision.SINGLE) {
    const floats = view(values, Float32Array);
    return (row) => floatText(floats[row] ?? 0);
  }
  const doubles = view(values, Float64Array);
  return (row) => doubleText(doubles[row] ?? 0);
}

function bindTemporal(field: Field, type: DataType, values: unknown): CellText {
  const mysqlType = field.metadata.get(mysqlTypeKey);
  const wide = values instanceof BigInt64Array ? values : undefined;
  const narrow = values instanceof Int32Array ? values : undefined;
  const read = (row: number): bigint => wide?.[row] ?? BigInt(narrow?.[row] ?? 0);
  if (wide === undefined && narrow === undefined) throw unexpectedLayout();
  if (DataType.isDate(type)) {
    return narrow === undefined
      ? (row) => dateText(Math.floor(Number(read(row)) / 86_400_000))
      : (row) => dateText(narrow[row] ?? 0);
  }
  const unit = DataType.isTimestamp(type) || DataType.isTime(type) ? type.unit : TimeUnit.SECOND;
  const perSecond = unitsPerSecond(unit);
  const digits = mysqlType === undefined ? unitDigits(perSecond) : fractionDigits(mysqlType);
  return DataType.isTime(type)
    ? (row) => timeText(read(row), perSecond, digits)
    : (row) => dateTimeText(read(row), perSecond, digits);
}

function bindBytes(data: Data, toText: (bytes: Uint8Array) => string): CellText {
  const bytes = view(data.values, Uint8Array);
  const offsets = valueOffsets(data);
  return (row) => toText(bytes.subarray(Number(offsets[row]), Number(offsets[row + 1])));
}

function bindList(data: Data): CellText {
  const [child] = data.children;
  const [field] = childFields(data);
  if (child === undefined || field === undefined) throw unexpectedLayout();
  const item = orNull(child, bindCellJson(field, child));
  const offsets = valueOffsets(data);
  return (row) => {
    const items: string[] = [];
    for (let at = Number(offsets[row]); at < Number(offsets[row + 1]); at += 1)
      items.push(item(at));
    return `[${items.join(',')}]`;
  };
}

function bindStruct(data: Data): CellText {
  const fields = childFields(data);
  const members = data.children.map((child, index) => {
    const field = fields[index];
    if (field === undefined) throw unexpectedLayout();
    return { name: JSON.stringify(field.name), json: orNull(child, bindCellJson(field, child)) };
  });
  return (row) => `{${members.map(({ name, json }) => `${name}:${json(row)}`).join(',')}}`;
}

function orNull(data: Data, json: CellText): CellText {
  return (row) => (data.getValid(row) ? json(row) : 'null');
}

function childFields(data: Data): readonly Field[] {
  const { children }: { children: unknown } = data.type;
  return Array.isArray(children) ? children.filter(isField) : [];
}

function isField(value: unknown): value is Field {
  return typeof value === 'object' && value !== null && 'name' in value && 'type' in value;
}

function valueOffsets(data: Data): Int32Array | BigInt64Array {
  const offsets: unknown = data.valueOffsets;
  if (offsets instanceof Int32Array || offsets instanceof BigInt64Array) return offsets;
  throw unexpectedLayout();
}

function unitsPerSecond(unit: TimeUnit): bigint {
  switch (unit) {
    case TimeUnit.SECOND:
      return 1n;
    case TimeUnit.MILLISECOND:
      return 1_000n;
    case TimeUnit.MICROSECOND:
      return 1_000_000n;
    case TimeUnit.NANOSECOND:
      return 1_000_000_000n;
  }
}

function view<T>(values: unknown, kind: abstract new (...args: never[]) => T): T {
  if (values instanceof kind) return values;
  throw unexpectedLayout();
}

function unexpectedLayout(): FlashError {
  return new FlashError('INTERNAL', 'An Arrow column is not laid out as its type says');
}
