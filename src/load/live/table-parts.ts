import type { Column, TableSchema } from '../../protocol/index.js';

/** Rows that one SELECT of a part is to give, about. */
const partRows = 100_000;
/** More parts of a table would only cost round trips. */
const partsMax = 2_000;

/** A name as MySQL quotes it. */
export function quoteSourceName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** A table as MySQL quotes it. */
export function quoteSourceTable({ database, table }: { database: string; table: string }): string {
  return `${quoteSourceName(database)}.${quoteSourceName(table)}`;
}

/** The SELECT of all columns of a table, those that `*` does not show included. */
export function selectRows(schema: TableSchema): string {
  return `SELECT ${schema.columns.map(selectColumn).join(', ')} FROM ${quoteSourceTable(schema)}`;
}

/**
 * FLOAT and DOUBLE(m,d) are shown rounded; as the product of a DOUBLE they are shown whole. A sum
 * would make 0 of -0.
 */
function selectColumn({ name, type, mysqlType }: Column): string {
  const quoted = quoteSourceName(name);
  const isRounded = type.kind === 'float' && (type.bits === 32 || mysqlType.includes('('));
  return isRounded ? `${quoted} * 1e0` : quoted;
}

/**
 * The column by which a table can be read in parts: the first one of its primary key, where that is
 * a whole number.
 */
export function partColumn(schema: TableSchema): string | undefined {
  const first = schema.columns.find(({ name }) => name === schema.primaryKey[0]);
  return first?.type.kind === 'int' ? first.name : undefined;
}

/**
 * The SELECTs that together give each row of a table once: ranges of its key, or all at once.
 *
 * `bounds`: the smallest and the largest value of the part column in the snapshot; undefined where the table is
 * read at once. `rows`: an estimate.
 */
export function selectParts(
  schema: TableSchema,
  bounds: readonly [bigint, bigint] | undefined,
  rows: number,
): string[] {
  const column = partColumn(schema);
  const select = selectRows(schema);
  if (bounds === undefined || column === undefined) return [select];
  const [first, last] = bounds;
  const wanted = BigInt(Math.min(partsMax, Math.max(1, Math.ceil(rows / partRows))));
  const span = last - first + 1n;
  const count = wanted < span ? wanted : span;
  const quoted = quoteSourceName(column);
  // A scan of the whole table for each part is what the optimizer may take for cheaper.
  const from = `${select} FORCE INDEX (PRIMARY) WHERE`;
  return Array.from({ length: Number(count) }, (_, index) => {
    const start = first + (span * BigInt(index)) / count;
    const end = first + (span * BigInt(index + 1)) / count - 1n;
    return `${from} ${quoted} BETWEEN ${start} AND ${end}`;
  });
}
