import { FlashError } from '../errors.js';
import {
  findScanColumn,
  selectItem,
  selectValue,
  type ScanColumn,
  type ScanRequest,
} from '../scan-request.js';
import { quoteIdentifier, quoteString } from '../sql-text.js';
import { tableName } from '../table.js';
import { type Aggregate, type AggregateCall } from './aggregate.js';
import { bareType } from './literal-sql.js';

/** The SELECT list and grouping of an aggregate, for `scanSql`. */
export interface AggregateSql {
  items: readonly string[];
  /** Columns of the result, with the MySQL types of those that hold a column's own values. */
  columns: readonly Pick<ScanColumn, 'name' | 'mysqlType'>[];
}

/**
 * Gives ClickHouse's form of an aggregate, with the meaning of SQL: `count` leaves NULLs out, and
 * without a value min, max and sum are NULL. Sums are computed in types that they can't overflow.
 *
 * Errors: INVALID_REQUEST for a name that is unknown or taken, and for a function that a column's
 * type does not have.
 */
export function aggregateSql(
  aggregate: Aggregate,
  request: Pick<ScanRequest, 'database' | 'table'>,
  available: readonly ScanColumn[],
): AggregateSql {
  const find = (name: string): ScanColumn => findScanColumn(name, request, available);
  const groups = aggregate.groupBy.map(find);
  const calls = aggregate.functions.map((call) => ({
    call,
    column: call.function === 'countRows' ? undefined : find(call.column),
  }));
  checkNames([...groups.map((each) => each.name), ...aggregate.functions.map((each) => each.as)]);
  return {
    items: [
      ...groups.map(selectItem),
      ...calls.map(
        ({ call, column }) => `${callSql(call, column, request)} AS ${quoteIdentifier(call.as)}`,
      ),
    ],
    columns: [
      ...groups,
      ...calls.map(({ call, column }) => {
        const keepsType = call.function === 'min' || call.function === 'max';
        return { name: call.as, mysqlType: keepsType ? column?.mysqlType : undefined };
      }),
    ],
  };
}

function callSql(
  call: AggregateCall,
  column: ScanColumn | undefined,
  table: Pick<ScanRequest, 'database' | 'table'>,
): string {
  if (call.function === 'countRows' || column === undefined) return 'toInt64(count())';
  if (call.function === 'count') return `toInt64(count(${quoteIdentifier(column.name)}))`;
  if (call.function === 'sum') return sumSql(column, table);
  return extremeSql(call.function, column, table);
}

function checkNames(names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined && names.length > 0) return;
  throw new FlashError(
    'INVALID_REQUEST',
    twice === undefined ? 'The aggregate asks for nothing' : `Two results are called ${twice}`,
    { hint: 'Name each group column once, and each function by a name of its own (`as`).' },
  );
}

/** Digits that the sum of so many rows may have more than a value: more rows than a disk holds. */
const extraDigits = { small: 19, large: 11 };

/**
 * Integers are added as Decimal(38, 0), decimals as Decimal(38, s) or Decimal(76, s) with 11 digits
 * to spare at the least, floats as Float64: ClickHouse's own sum of 64-bit integers wraps.
 */
function sumSql(column: ScanColumn, table: Pick<ScanRequest, 'database' | 'table'>): string {
  const type = bareType(column.engineType);
  const name = quoteIdentifier(column.name);
  const cast = (wide: string): string =>
    `sumOrNull(CAST(${name}, ${quoteString(`Nullable(${wide})`)}))`;
  if (/^U?Int(8|16|32|64)$/.test(type)) return cast('Decimal(38, 0)');
  if (/^Float(32|64)$/.test(type)) return cast('Float64');
  const [, precision, scale] = /^Decimal\((\d+), (\d+)\)$/.exec(type) ?? [];
  const digits = Number(precision ?? 76);
  if (digits + extraDigits.small <= 38) return cast(`Decimal(38, ${scale ?? 0})`);
  if (digits + extraDigits.large <= 76) return cast(`Decimal(76, ${scale ?? 0})`);
  throw refuse('sum', column, table, 'numbers, of up to 65 digits');
}

const ordered =
  /^(?:U?Int\d+|Decimal\(.*\)|String|FixedString\(\d+\)|Date|Date32|DateTime.*|Time.*|Bool|UUID)$/;

/** Floats have the order of filters: NaN is greater than all others. ClickHouse's own depends on the order of rows. */
function extremeSql(
  call: 'min' | 'max',
  column: ScanColumn,
  table: Pick<ScanRequest, 'database' | 'table'>,
): string {
  const type = bareType(column.engineType);
  const name = quoteIdentifier(column.name);
  if (/^Float(32|64)$/.test(type)) {
    const nan = `CAST(nan, ${quoteString(`Nullable(${type})`)})`;
    const others = `${call}OrNullIf(${name}, NOT isNaN(${name}))`;
    const hasNan = `countIf(isNaN(${name})) > 0`;
    return call === 'max'
      ? `if(${hasNan}, ${nan}, ${others})`
      : `if(${hasNan} AND isNull(${others}), ${nan}, ${others})`;
  }
  if (!ordered.test(type)) throw refuse(call, column, table, 'numbers, texts, bytes and times');
  return `${call}OrNull(${selectValue(column)})`;
}

function refuse(
  call: string,
  column: ScanColumn,
  table: Pick<ScanRequest, 'database' | 'table'>,
  good: string,
): FlashError {
  return new FlashError(
    'INVALID_REQUEST',
    `No ${call} of ${tableName(table)}.${column.name}, which is ${column.engineType}`,
    {
      hint: `${call} takes ${good}: read the column and aggregate its values.`,
      place: { table: tableName(table), column: column.name },
    },
  );
}
