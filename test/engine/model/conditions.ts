import type { Random } from '../../workload/random.js';
import type { Row } from './table-model.js';

const values = ['a', 'b', 'c', '', null] as const;

/** A row of few ids and values, so that rows meet. */
export function pickRow(random: Random): Row {
  return [random.int(0, 11), random.pick(values)];
}

/** One to six rows, in which ids may come twice. */
export function pickRows(random: Random): readonly Row[] {
  return Array.from({ length: random.int(1, 6) }, () => pickRow(random));
}

/** Rows as the VALUES of an INSERT. */
export function rowLiterals(rows: readonly Row[]): string {
  return rows.map(([id, v]) => `(${id}, ${v === null ? 'NULL' : `'${v}'`})`).join(', ');
}

/** A WHERE in SQL, and the same as a function. */
export interface Condition {
  sql: string;
  selects: (row: Row) => boolean;
}

/** Chooses rows by id, by value, or all. */
export function pickCondition(random: Random): Condition {
  const id = random.int(0, 11);
  const conditions: readonly [Condition, ...Condition[]] = [
    { sql: `id = ${id}`, selects: (row) => row[0] === id },
    { sql: `id < ${id}`, selects: (row) => row[0] < id },
    { sql: `id % 3 = ${id % 3}`, selects: (row) => row[0] % 3 === id % 3 },
    { sql: `v = 'a'`, selects: (row) => row[1] === 'a' },
    { sql: `v IS NULL`, selects: (row) => row[1] === null },
    {
      sql: `v != 'b' AND id != ${id}`,
      selects: (row) => row[1] !== null && row[1] !== 'b' && row[0] !== id,
    },
    { sql: `true`, selects: () => true },
  ];
  return random.pick(conditions);
}
