import type { TableRows } from './table-rows.js';

type Row = readonly (string | null)[];

const differencesMax = 10;

/**
 * Compares the rows of two tables, in any order, and gives the first differences as text; an empty
 * array where there is none. Rows of a table without a primary key are counted.
 */
export function compareTables(source: TableRows, copy: TableRows): string[] {
  const differences: string[] = [];
  for (const difference of findDifferences(source, copy)) {
    differences.push(`${source.name}: ${difference}`);
    if (differences.length === differencesMax) break;
  }
  return differences;
}

function* findDifferences(source: TableRows, copy: TableRows): Generator<string> {
  if (source.rows.length !== copy.rows.length) {
    yield `the source has ${source.rows.length} rows, the copy ${copy.rows.length}`;
  }
  if (source.primaryKey.length === 0) yield* countDifferences(source, copy);
  else yield* keyDifferences(source, copy);
}

function* keyDifferences(source: TableRows, copy: TableRows): Generator<string> {
  const wanted = byKey(source);
  const found = byKey(copy);
  if (found.size !== copy.rows.length) yield 'the copy has a key twice';
  for (const [key, row] of wanted) {
    const other = found.get(key);
    if (other === undefined) yield `the copy lacks ${key}`;
    else yield* valueDifferences(source, key, row, other);
  }
  for (const key of found.keys()) {
    if (!wanted.has(key)) yield `only the copy has ${key}`;
  }
}

function* valueDifferences(table: TableRows, key: string, row: Row, other: Row): Generator<string> {
  for (const [index, column] of table.columns.entries()) {
    if (row[index] === other[index]) continue;
    const [want, got] = [row[index], other[index]].map((value) => shorten(value ?? null));
    yield `${key} ${column.name} (${column.dataType}): the source has ${want}, the copy ${got}`;
  }
}

function* countDifferences(source: TableRows, copy: TableRows): Generator<string> {
  const wanted = countRows(source.rows);
  const found = countRows(copy.rows);
  for (const row of new Set([...wanted.keys(), ...found.keys()])) {
    const [want, got] = [wanted.get(row) ?? 0, found.get(row) ?? 0];
    if (want !== got) yield `row ${row}: ${want} times in the source, ${got} times in the copy`;
  }
}

function byKey(table: TableRows): Map<string, Row> {
  const indexes = table.primaryKey.map((name) =>
    table.columns.findIndex((column) => column.name === name),
  );
  return new Map(
    table.rows.map((row) => [JSON.stringify(indexes.map((index) => row[index])), row]),
  );
}

function countRows(rows: readonly Row[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const key = JSON.stringify(row);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function shorten(value: string | null): string {
  const text = JSON.stringify(value);
  return text.length <= 120 ? text : `${text.slice(0, 120)}… (${text.length} characters)`;
}
