// What a comparison tells of each row that differs, beside what it has to tell: that comes from the server's own SELECT
// and from a scan of the copy, which share no code with the comparison.
import type { Engine } from '../../src/protocol/index.js';
import type { VerifyResult } from '../../src/verify/index.js';
import { formOf, sourceTables, type TableRows } from '../e2e/compare/index.js';
import { readBoth } from '../e2e/replay-case.js';
import type { Server } from '../servers/index.js';

type Row = readonly (string | null)[];

/** A line for each row that differs: its table, key, both rows and the columns; sorted. */
export async function expectedDifferences(
  server: Server,
  engine: Engine,
  database: string,
): Promise<string[]> {
  const lines: string[] = [];
  for (const table of await sourceTables(server, database)) {
    const { source, copy } = await readBoth(server, engine, { database, table });
    const name = `${database}.${table}`;
    lines.push(...(source.primaryKey.length === 0 ? keyless : keyed)(name, source, copy));
  }
  return lines.sort();
}

/** The same lines, as a comparison has told them. */
export function toldDifferences({ tables }: VerifyResult): string[] {
  return tables
    .flatMap(({ table, differences }) =>
      differences.map(({ kind, rows, key, source, copy, columns, cut }) =>
        line({ table, kind, rows, key, source, copy, columns, cut }),
      ),
    )
    .sort();
}

function line(difference: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(difference);
}

function* keyed(table: string, source: TableRows, copy: TableRows): Generator<string> {
  const [here, there] = [byKey(source), byKey(copy)];
  for (const key of new Set([...here.keys(), ...there.keys()])) {
    const [one, other] = [here.get(key), there.get(key)];
    const columns = source.columns
      .filter((_, index) => one !== undefined && other !== undefined && one[index] !== other[index])
      .map(({ name }) => name);
    if (one !== undefined && other !== undefined && columns.length === 0) continue;
    yield line({
      table,
      kind: one === undefined ? 'extra' : other === undefined ? 'missing' : 'different',
      rows: 1,
      key: JSON.parse(key) as unknown,
      source: shownRow(source, one),
      copy: shownRow(source, other),
      ...{ columns, cut: [] },
    });
  }
}

function* keyless(table: string, source: TableRows, copy: TableRows): Generator<string> {
  const gaps = new Map<string, number>();
  for (const row of source.rows) addTo(gaps, JSON.stringify(shownRow(source, row)), 1);
  for (const row of copy.rows) addTo(gaps, JSON.stringify(shownRow(source, row)), -1);
  for (const [text, gap] of gaps) {
    if (gap === 0) continue;
    const row = JSON.parse(text) as unknown;
    yield line({
      ...{ table, kind: gap > 0 ? 'missing' : 'extra', rows: Math.abs(gap), key: null },
      ...{ source: gap > 0 ? row : null, copy: gap > 0 ? null : row, columns: [], cut: [] },
    });
  }
}

function addTo(gaps: Map<string, number>, row: string, count: number): void {
  gaps.set(row, (gaps.get(row) ?? 0) + count);
}

function byKey(table: TableRows): Map<string, Row> {
  return new Map(
    table.rows.map((row) => {
      const all = shownRow(table, row) ?? {};
      const key = Object.fromEntries(table.primaryKey.map((name) => [name, all[name]]));
      return [JSON.stringify(key), row];
    }),
  );
}

/** A row by its columns' names, in the form that is told: bytes as `0x` and hex. */
function shownRow({ columns }: TableRows, row: Row | undefined): Record<string, unknown> | null {
  if (row === undefined) return null;
  return Object.fromEntries(
    columns.map(({ name, dataType }, index) => {
      const value = row[index] ?? null;
      return [name, value !== null && formOf(dataType) === 'bytes' ? `0x${value}` : value];
    }),
  );
}
