import {
  FlashError,
  queryRows,
  quoteIdentifier,
  quoteString,
  quoteTable,
  type Engine,
} from '../protocol/index.js';
import { bareType } from '../protocol/wire/index.js';
import { type KeyColumn } from './split-predicate.js';

/** Where to cut a table. */
export interface SplitBounds {
  /** How many it has; of a table that is not cut, those stored, replaced ones included; 0 of a view. */
  rows: number;
  bounds: readonly (readonly string[])[];
}

/**
 * Finds the keys that cut a table into `count` parts of about as many rows, from a sample that the
 * engine takes in one pass over the key columns: exact for small tables, and with 256 sampled rows
 * a part, 6 % off (one standard deviation) for others.
 *
 * The whole key is sampled, so that a first column of few values does not stop a cut. Equal bounds,
 * which a table of fewer rows than parts gives, become one.
 */
export async function findSplitBounds(
  engine: Engine,
  table: { database: string; table: string },
  key: readonly KeyColumn[],
  count: number,
): Promise<SplitBounds> {
  if (count <= 1 || key.length === 0) {
    return { rows: await countStoredRows(engine, table), bounds: [] };
  }
  const [row] = await queryRows(engine, boundsSql(table, key, count));
  return { rows: Number(row?.['rows']), bounds: parseBounds(row?.['bounds'], key.length) };
}

/** The rows of a table's parts: nothing has to be read for them, however large the table is. */
async function countStoredRows(
  engine: Engine,
  table: { database: string; table: string },
): Promise<number> {
  const [row] = await queryRows(
    engine,
    `SELECT ifNull(total_rows, 0) AS rows FROM system.tables
     WHERE database = ${quoteString(table.database)} AND name = ${quoteString(table.table)}`,
  );
  return Number(row?.['rows'] ?? 0);
}

const sampleRowsMin = 4096;
const sampleRowsPerSplit = 256;
/** Fixed, so that the same table is cut in the same way each time. */
const sampleSeed = 9330;

function boundsSql(
  table: { database: string; table: string },
  key: readonly KeyColumn[],
  count: number,
): string {
  const size = Math.max(sampleRowsMin, count * sampleRowsPerSplit);
  const names = key.map((column) => quoteIdentifier(column.name)).join(', ');
  const texts = key.map((column, index) => boundText(column, `b.${index + 1}`)).join(', ');
  // Positions round down: part i begins with row number i * length / count of the sorted sample.
  const positions = `arrayMap(i -> intDiv(i * length(sorted), ${count}) + 1, range(1, ${count}))`;
  return (
    `SELECT rows, toJSONString(arrayMap(b -> [${texts}], bounds)) AS bounds FROM (` +
    `SELECT rows, arrayDistinct(arrayMap(p -> sorted[p], if(empty(sorted), [], ${positions}))) AS bounds FROM (` +
    `SELECT count() AS rows, arraySort(groupArraySample(${size}, ${sampleSeed})(tuple(${names}))) AS sorted ` +
    `FROM ${quoteTable(table)}))`
  );
}

function boundText(column: KeyColumn, value: string): string {
  const type = bareType(column.engineType);
  const isText = type === 'String' || type.startsWith('FixedString');
  return `toNullable(${isText ? `hex(${value})` : `toString(${value})`})`;
}

/** A bound with a NULL or NaN cuts nothing, because no key is below it. */
function parseBounds(json: unknown, width: number): readonly (readonly string[])[] {
  const parsed: unknown = JSON.parse(String(json));
  if (!Array.isArray(parsed)) throw new FlashError('INTERNAL', 'The engine gave no list of bounds');
  const bounds: string[][] = [];
  for (const bound of parsed) {
    if (!Array.isArray(bound))
      throw new FlashError('INTERNAL', 'The engine gave a bound that is no list');
    const texts = bound.filter(
      (text): text is string => typeof text === 'string' && text !== 'nan',
    );
    if (texts.length === width) bounds.push(texts);
  }
  return bounds;
}
