import { FlashError } from '../../../protocol/index.js';
import { type ByteWindow, type Steps } from './byte-window.js';
import { readType, type TypeName } from './type-name.js';

/** How a column's bytes are passed: what comes once before them, and those of so many rows. */
export interface ColumnForm {
  prefix(window: ByteWindow): Steps;
  rows(window: ByteWindow, count: number): Steps;
}

/**
 * Gives how a type is written in the format Native.
 *
 * Errors: UNSUPPORTED for types whose bytes do not tell their length, as states of aggregate functions.
 * Source: ClickHouse src/DataTypes/Serializations, serializeBinaryBulkWithMultipleStreams of each.
 */
export function columnForm(type: string): ColumnForm {
  return formOf(readType(type), type);
}

function formOf(type: TypeName, whole: string): ColumnForm {
  const inner = (at: number): ColumnForm => formOf(type.arguments[at] ?? refuse(whole), whole);
  const all = (): ColumnForm[] => type.arguments.map((each) => formOf(each, whole));
  const bytes = fixedBytes(type);
  if (bytes !== undefined) return fixed(bytes);
  switch (type.name) {
    case 'String':
      return { prefix: nothing, rows: (window, count) => window.skipTexts(count) };
    case 'Nullable':
      return nullable(inner(0));
    case 'LowCardinality':
      return lowCardinality(dictionaryForm(type.arguments[0] ?? refuse(whole), whole));
    case 'SimpleAggregateFunction':
      return inner(type.arguments.length - 1);
    case 'Array':
      return array(inner(0));
    case 'Map':
    case 'Nested':
      return array(tuple(all()));
    case 'Tuple':
      return tuple(all());
    case 'Variant':
      // Members are written in the order of their names, which is that of the type's own name.
      return variant(all(), whole);
    case 'JSON':
      return jsonText(whole);
    default:
      return geometry(type.name, whole);
  }
}

function fixed(bytes: number): ColumnForm {
  return { prefix: nothing, rows: (window, count) => window.skip(count * bytes) };
}

const nothing = (window: ByteWindow): Steps => window.skip(0);

function nullable(inner: ColumnForm): ColumnForm {
  return {
    prefix: (window) => inner.prefix(window),
    *rows(window, count) {
      yield* window.skip(count);
      yield* inner.rows(window, count);
    },
  };
}

function array(inner: ColumnForm): ColumnForm {
  return {
    prefix: (window) => inner.prefix(window),
    *rows(window, count) {
      if (count === 0) return;
      yield* window.skip(8 * (count - 1));
      yield* inner.rows(window, yield* window.readUInt64());
    },
  };
}

function tuple(members: readonly ColumnForm[]): ColumnForm {
  return {
    *prefix(window) {
      for (const member of members) yield* member.prefix(window);
    },
    *rows(window, count) {
      // One without members has a byte a row.
      if (members.length === 0) yield* window.skip(count);
      for (const member of members) yield* member.rows(window, count);
    },
  };
}

/** The dictionary holds no NULL of its own: it is the first key. */
function dictionaryForm(type: TypeName, whole: string): ColumnForm {
  return formOf(type.name === 'Nullable' ? (type.arguments[0] ?? type) : type, whole);
}

function lowCardinality(keys: ColumnForm): ColumnForm {
  return {
    prefix: (window) => window.skip(8),
    *rows(window, count) {
      if (count === 0) return;
      for (let left = count; left > 0;) {
        const kind = yield* window.readUInt64();
        // Bit 8: a dictionary of all blocks; bit 9: keys of this one.
        if ((kind & 0x100) !== 0) yield* keys.rows(window, yield* window.readUInt64());
        if ((kind & 0x200) !== 0) yield* keys.rows(window, yield* window.readUInt64());
        const rows = yield* window.readUInt64();
        yield* window.skip(rows * 2 ** (kind & 0xff));
        left -= rows;
      }
    },
  };
}

function variant(members: readonly ColumnForm[], whole: string): ColumnForm {
  return {
    *prefix(window) {
      if ((yield* window.readUInt64()) !== 0) refuse(whole);
      for (const member of members) yield* member.prefix(window);
    },
    *rows(window, count) {
      const counts: number[] = [];
      yield* window.countBytes(count, counts);
      for (const [at, member] of members.entries()) yield* member.rows(window, counts[at] ?? 0);
    },
  };
}

/** As output_format_native_write_json_as_string writes it. */
function jsonText(whole: string): ColumnForm {
  return {
    *prefix(window) {
      if ((yield* window.readUInt64()) !== 1) refuse(whole);
    },
    rows: (window, count) => window.skipTexts(count),
  };
}

function geometry(name: string, whole: string): ColumnForm {
  const depth = geometryDepths.get(name);
  if (depth === undefined) return refuse(whole);
  const point = tuple([fixed(8), fixed(8)]);
  return Array.from({ length: depth }).reduce<ColumnForm>((form) => array(form), point);
}

const geometryDepths: ReadonlyMap<string, number> = new Map([
  ['Point', 0],
  ['Ring', 1],
  ['LineString', 1],
  ['Polygon', 2],
  ['MultiLineString', 2],
  ['MultiPolygon', 3],
]);

function fixedBytes({ name, arguments: [first] }: TypeName): number | undefined {
  if (name === 'FixedString') return Number(first?.name);
  if (name === 'Decimal') {
    const digits = Number(first?.name);
    return digits <= 9 ? 4 : digits <= 18 ? 8 : digits <= 38 ? 16 : 32;
  }
  if (name.startsWith('Interval')) return 8;
  return sizes.get(name);
}

/** Units: bytes. */
const sizes: ReadonlyMap<string, number> = new Map([
  ...['Bool', 'Int8', 'UInt8', 'Enum8', 'Nothing'].map((name) => [name, 1] as const),
  ...['Int16', 'UInt16', 'Enum16', 'Date', 'BFloat16'].map((name) => [name, 2] as const),
  ...['Int32', 'UInt32', 'Float32', 'Date32', 'DateTime', 'IPv4', 'Decimal32', 'Time'].map(
    (name) => [name, 4] as const,
  ),
  ...['Int64', 'UInt64', 'Float64', 'DateTime64', 'Decimal64', 'Time64'].map(
    (name) => [name, 8] as const,
  ),
  ...['Int128', 'UInt128', 'UUID', 'IPv6', 'Decimal128'].map((name) => [name, 16] as const),
  ...['Int256', 'UInt256', 'Decimal256'].map((name) => [name, 32] as const),
]);

function refuse(type: string): never {
  const hint = type.startsWith('JSON')
    ? 'SETTINGS output_format_native_write_json_as_string = 1 gives it as text.'
    : 'Cast it (toString(x), finalizeAggregation(x)), or leave client_protocol_version out.';
  throw new FlashError(
    'UNSUPPORTED',
    `The format Native has no ${type} for a client that names its client_protocol_version`,
    { hint },
  );
}
