import { queryRows, type Engine } from '../../src/protocol/index.js';
import type { Change } from './change-builder.js';

/** The row `(id, v)` written. */
export function put(id: number, v: string | null): Change {
  return { values: [id, v] };
}

/** Rows `(id, v)` written. */
export function putRows(...rows: readonly [number, string | null][]): readonly Change[] {
  return rows.map(([id, v]) => put(id, v));
}

/** The row `(id, v)` deleted. */
export function remove(id: number, v: string | null = null): Change {
  return { values: [id, v], isDelete: true };
}

/** The rows of `database.t` as "id v", sorted. */
export async function readRows(engine: Engine, database: string): Promise<readonly string[]> {
  const rows = await queryRows(engine, `SELECT id, v FROM ${database}.t`);
  const sorted = rows.toSorted(
    (a, b) =>
      Number(a['id']) - Number(b['id']) ||
      Number(a['v'] === null) - Number(b['v'] === null) ||
      Buffer.compare(Buffer.from(String(a['v'])), Buffer.from(String(b['v']))),
  );
  return sorted.map((row) => `${String(row['id'])} ${String(row['v'])}`);
}
