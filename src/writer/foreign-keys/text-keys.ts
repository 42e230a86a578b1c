import {
  quoteIdentifier,
  quoteTable,
  type ChangeColumns,
  type Engine,
  type TableSchema,
} from '../../protocol/index.js';
import { columnsNotAliases, readColumns, selectList } from '../current-rows.js';
import { cellReader, keyText, type Cell } from './cells.js';
import { keyLists } from './engine-rows.js';

/** The two ends of a foreign key with text in it: tables of the engine, and the batch's own rows. */
export interface TextEnds {
  child: TableSchema;
  childColumns: readonly number[];
  childBatch: ChangeColumns;
  parent: TableSchema;
  parentColumns: readonly number[];
  parentBatch: ChangeColumns | undefined;
}

const strayMax = 1000;

/**
 * Reads the values of a child's text key that are not, byte by byte, those of a parent: by their
 * collation they may be equal to any. All others refer to the parent that has the same bytes, as
 * parents are unique by the collation.
 *
 * Shape: undefined where there are too many to look through.
 */
export async function readStrayKeys(
  engine: Engine,
  ends: TextEnds,
): Promise<readonly (readonly Cell[])[] | undefined> {
  const { child, childColumns, childBatch, parent, parentColumns, parentBatch } = ends;
  const stray = await readOrphans(engine, ends);
  if (stray === undefined) return undefined;
  const own = parentBatch === undefined ? [] : keysOf(parentBatch, parentColumns);
  const parents = new Set(own.map(keyText));
  const fresh = keysOf(childBatch, childColumns).filter((cells) => !parents.has(keyText(cells)));
  if (fresh.length > 0) {
    const names = namesOf(parent, parentColumns);
    const read = parent.columns.map((_, index) => parentColumns.includes(index));
    for (const list of keyLists(child, childColumns, fresh)) {
      const sql = `SELECT ${selectList(parent, read)} FROM ${quoteTable(parent)} WHERE (${names}) IN (${list}) ${columnsNotAliases}`;
      for (const { columns, rows } of await readColumns(engine, sql, parent, read)) {
        const cell = cellReader(parent, columns);
        for (let row = 0; row < rows; row += 1) {
          parents.add(keyText(parentColumns.map((column) => cell(column, row))));
        }
      }
    }
  }
  const all = [...stray, ...fresh].filter((cells) => !parents.has(keyText(cells)));
  return all.length > strayMax ? undefined : all;
}

/** Values that rows of the engine have, and no parent there. */
async function readOrphans(
  engine: Engine,
  { child, childColumns, parent, parentColumns }: TextEnds,
): Promise<Cell[][] | undefined> {
  const names = namesOf(child, childColumns);
  const notNull = (schema: TableSchema, columns: readonly number[]): string =>
    columns
      .map((at) => `${quoteIdentifier(schema.columns[at]?.name ?? '')} IS NOT NULL`)
      .join(' AND ');
  const read = child.columns.map((_, index) => childColumns.includes(index));
  const sql =
    `SELECT DISTINCT ${selectList(child, read)} FROM ${quoteTable(child)} ` +
    `WHERE ${notNull(child, childColumns)} AND (${names}) NOT IN ` +
    `(SELECT ${namesOf(parent, parentColumns)} FROM ${quoteTable(parent)} ` +
    `WHERE ${notNull(parent, parentColumns)}) LIMIT ${strayMax + 1}`;
  const found: Cell[][] = [];
  for (const { columns, rows } of await readColumns(engine, sql, child, read)) {
    const cell = cellReader(child, columns);
    for (let row = 0; row < rows; row += 1) found.push(childColumns.map((at) => cell(at, row)));
  }
  return found.length > strayMax ? undefined : found;
}

/** The distinct keys of a batch's rows. */
function keysOf(batch: ChangeColumns, columns: readonly number[]): Cell[][] {
  const cell = cellReader(batch.schema, batch.columns);
  const found = new Map<string, Cell[]>();
  for (let row = 0; row < batch.rows; row += 1) {
    const cells = columns.map((column) => cell(column, row));
    const text = keyText(cells);
    if (text !== undefined && !found.has(text)) found.set(text, cells);
  }
  return [...found.values()];
}

function namesOf(schema: TableSchema, columns: readonly number[]): string {
  return columns.map((at) => quoteIdentifier(schema.columns[at]?.name ?? '')).join(', ');
}

/**
 * True where a collation may take two keys that differ in bytes for equal. Of ASCII it is certain that
 * case, punctuation, and the letters that Lithuanian and Latin rules join (i, j, y; u, v, w) are all
 * that may differ; of other characters nothing is.
 */
export function mayBeEqual(
  a: readonly Cell[],
  b: readonly Cell[],
  isText: readonly boolean[],
): boolean {
  return a.every((cell, index) => {
    const other = b[index];
    if (cell === null || other === null || other === undefined) return false;
    if (cell === other) return true;
    if (isText[index] !== true) return false;
    return !isAscii(cell) || !isAscii(other) || fold(cell) === fold(other);
  });
}

function isAscii(cell: string): boolean {
  return /^[\x20-\x7e]*$/.test(cell);
}

function fold(cell: string): string {
  return cell
    .toLowerCase()
    .replace(/[jy]/g, 'i')
    .replace(/[vw]/g, 'u')
    .replace(/[^a-z0-9]/g, '');
}
