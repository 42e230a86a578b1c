import type { Engine } from '../../../src/protocol/index.js';

/** Columns of both tables; of the keyed one `k` and `g` are the key. */
const columns = 'k Int64, g UInt8, a Int64, s String, n Nullable(Int32), d Decimal(10, 2)';

/**
 * Two mutable tables in `m`, and what they should hold in plain tables of the same names in `o`:
 * `keyed` by `(k, g)`, and `bag`, which has no key.
 */
export async function createTables(engine: Engine): Promise<void> {
  await engine.execute(`CREATE DATABASE m; CREATE DATABASE o;
    CREATE TABLE m.keyed (${columns}) ENGINE = MutableMergeTree ORDER BY (k, g);
    CREATE TABLE m.bag (${columns}) ENGINE = MutableMergeTree ORDER BY tuple();
    CREATE TABLE o.keyed (${columns}) ENGINE = MergeTree ORDER BY tuple();
    CREATE TABLE o.bag (${columns}) ENGINE = MergeTree ORDER BY tuple();
    CREATE VIEW m.seen AS SELECT * FROM m.keyed WHERE a IN (SELECT a FROM m.bag);
    CREATE VIEW o.seen AS SELECT * FROM o.keyed WHERE a IN (SELECT a FROM o.bag)`);
}

/** Puts the rows of a SELECT in the place of a plain table's. */
export function replaceRows(table: string, select: string): string[] {
  return [
    'DROP TABLE IF EXISTS o.next',
    `CREATE TABLE o.next (${columns}) ENGINE = MergeTree ORDER BY tuple()`,
    `INSERT INTO o.next ${select}`,
    `EXCHANGE TABLES o.next AND o.${table}`,
  ];
}
