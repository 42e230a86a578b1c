import { FlashError } from '../errors.js';
import { type ScanColumn } from '../scan-request.js';
import { quoteIdentifier } from '../sql-text.js';
import { type ComparisonOp, type Filter, type Literal, type Operand } from './filter.js';
import { likePattern } from './like-pattern.js';
import { bareType, isFarDate, isFloatType, literalSql, textSql } from './literal-sql.js';

/**
 * Gives ClickHouse's form of a filter: an expression that is 1 for the rows that pass, and 0 or
 * NULL for others.
 *
 * Shape: `available` are the table's columns; each name of the filter must be one of them.
 * Errors: INVALID_REQUEST for an unknown column, and for a text test on a column of another type.
 */
export function filterSql(filter: Filter, available: readonly ScanColumn[]): string {
  return renderNode(filter, new Map(available.map((column) => [column.name, column])));
}

type Columns = ReadonlyMap<string, ScanColumn>;

function renderNode(filter: Filter, columns: Columns): string {
  switch (filter.op) {
    case 'true':
      return '1';
    case 'false':
      return '0';
    case 'and':
    case 'or': {
      if (filter.filters.length === 0) return filter.op === 'and' ? '1' : '0';
      const parts = filter.filters.map((each) => renderNode(each, columns));
      return `(${parts.join(filter.op === 'and' ? ' AND ' : ' OR ')})`;
    }
    case 'not':
      return `(NOT ${renderNode(filter.filter, columns)})`;
    case 'is-null':
      return `isNull(${columnSql(findColumn(filter.column, columns))})`;
    case 'in':
      return renderIn(findColumn(filter.column, columns), filter.values);
    case 'starts':
      return `startsWith(${textColumn(filter.column, columns)}, ${textSql(filter.text)})`;
    case 'ends':
      return `endsWith(${textColumn(filter.column, columns)}, ${textSql(filter.text)})`;
    case 'contains':
      return `(position(${textColumn(filter.column, columns)}, ${textSql(filter.text)}) > 0)`;
    case 'like': {
      const pattern = textSql(likePattern(filter.pattern, filter.escape));
      return `(${textColumn(filter.column, columns)} LIKE ${pattern})`;
    }
    case '=':
    case '<=>':
    case '<>':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return renderComparison(filter.op, filter.left, filter.right, columns);
  }
}

/** One side of a comparison, as SQL. */
interface Side {
  sql: string;
  isFloat: boolean;
  isNan: string;
  /** False for a literal that may lose something when it is converted to the other side's type. */
  isExact: boolean;
}

function renderComparison(
  op: ComparisonOp,
  left: Operand,
  right: Operand,
  columns: Columns,
): string {
  const far = [left, right].some((side) => 'literal' in side && isFarDate(side.literal));
  const a = renderSide(left, right, far, columns);
  const b = renderSide(right, left, far, columns);
  const floats = a.isFloat || b.isFloat;
  switch (op) {
    case '=':
      return floats ? floatEquals(a, b) : equalsSql(a, b);
    case '<=>': {
      const equals = floats ? floatEquals(a, b) : equalsSql(a, b);
      return `ifNull(${equals}, isNull(${a.sql}) AND isNull(${b.sql}))`;
    }
    case '<>':
      return `(NOT ${floats ? floatEquals(a, b) : equalsSql(a, b)})`;
    case '<':
      return floats ? floatLess(a, b) : `(${a.sql} < ${b.sql})`;
    case '>':
      return floats ? floatLess(b, a) : `(${a.sql} > ${b.sql})`;
    case '<=':
      return floats ? `(NOT ${floatLess(b, a)})` : `(${a.sql} <= ${b.sql})`;
    case '>=':
      return floats ? `(NOT ${floatLess(a, b)})` : `(${a.sql} >= ${b.sql})`;
  }
}

/**
 * ClickHouse makes a set of several `=` on one column, its values converted to the column's type,
 * which rounds those that do not fit. Two inequalities are not rewritten.
 */
function equalsSql(a: Side, b: Side): string {
  if (a.isExact && b.isExact) return `(${a.sql} = ${b.sql})`;
  return `(${a.sql} <= ${b.sql} AND ${a.sql} >= ${b.sql})`;
}

function floatEquals(a: Side, b: Side): string {
  return `(${equalsSql(a, b)} OR (${a.isNan} AND ${b.isNan}))`;
}

function floatLess(a: Side, b: Side): string {
  return `(${a.sql} < ${b.sql} OR (NOT ${a.isNan} AND ${b.isNan}))`;
}

function renderSide(side: Operand, other: Operand, far: boolean, columns: Columns): Side {
  if ('column' in side) {
    const column = findColumn(side.column, columns);
    const type = bareType(column.engineType);
    // Dates outside of 1900 to 2299 can be stored, and be compared only as day numbers.
    // Past the index: of parts with NaN it leaves out one version of a key, and keeps another.
    const isFloat = isFloatType(column.engineType);
    const sql =
      far && type === 'Date32'
        ? `toInt32(${columnSql(column)})`
        : isFloat
          ? `identity(${columnSql(column)})`
          : columnSql(column);
    return { sql, isFloat, isNan: nanSql(sql, isFloat), isExact: true };
  }
  const type = 'column' in other ? bareType(findColumn(other.column, columns).engineType) : '';
  const { literal } = side;
  const sql =
    far && type === 'Date32' && literal.type === 'date'
      ? `(${literal.value})`
      : literalSql(literal, type);
  const isFloat = literal.type === 'float';
  const isExact = literal.type === 'null' || fitsSet(literal, type);
  return { sql, isFloat, isNan: nanSql(sql, isFloat), isExact };
}

/** Whether a value is NaN; of one that is no float 0, and NULL of NULL. */
function nanSql(sql: string, isFloat: boolean): string {
  return isFloat ? `isNaN(${sql})` : `if(isNull(${sql}), NULL, 0)`;
}

function renderIn(column: ScanColumn, values: readonly Literal[]): string {
  const given = values.filter((value) => value.type !== 'null');
  const hasNull = given.length < values.length;
  const parts: string[] = [];
  const type = bareType(column.engineType);
  const simple = given.filter((value) => fitsSet(value, type));
  if (simple.length > 0) {
    const list = simple.map((value) => literalSql(value, type)).join(', ');
    parts.push(`${columnSql(column)} IN (${list})`);
  }
  const columns = new Map([[column.name, column]]);
  for (const value of given.filter((each) => !fitsSet(each, type))) {
    parts.push(renderComparison('=', { column: column.name }, { literal: value }, columns));
  }
  if (hasNull) parts.push('NULL');
  return parts.length === 0 ? '0' : `(${parts.join(' OR ')})`;
}

/**
 * True for values that ClickHouse converts exactly to the column's type when it makes a set of them.
 * Others are compared one by one, because a set would round them first.
 */
function fitsSet(value: Literal, type: string): boolean {
  if (value.type === 'int') return /^U?Int\d+$/.test(type) && fitsInt64(value.value);
  if (value.type === 'date') return type === 'Date32' && !isFarDate(value);
  if (value.type === 'string' || value.type === 'binary') return type === 'String';
  return false;
}

/** Beyond 64 bits ClickHouse would wrap a value round to fit the column. */
function fitsInt64(text: string): boolean {
  const value = BigInt(text);
  return value === BigInt.asIntN(64, value) || value === BigInt.asUintN(64, value);
}

function textColumn(name: string, columns: Columns): string {
  const column = findColumn(name, columns);
  if (/^(?:Fixed)?String/.test(bareType(column.engineType))) return columnSql(column);
  throw new FlashError(
    'INVALID_REQUEST',
    `Column ${name} is of type ${column.engineType}, and can't be tested as text`,
    { hint: 'Use a comparison.', place: { column: name } },
  );
}

function columnSql(column: ScanColumn): string {
  return quoteIdentifier(column.name);
}

function findColumn(name: string, columns: Columns): ScanColumn {
  const column = columns.get(name);
  if (column !== undefined) return column;
  throw new FlashError('INVALID_REQUEST', `The table has no column ${name}`, {
    hint: `Its columns are: ${[...columns.keys()].join(', ')}.`,
    place: { column: name },
  });
}
