import type { Random } from '../test/workload/index.js';
import type { Recording } from './recorded-log.js';

const rowsPerStatement = 500;
const words = ['blue', 'green', 'große', 'petite', '赤い', 'fast', 'slow', 'round'] as const;

/**
 * `changes` row changes of a table of ten columns, 500 a transaction: six of ten are inserts, three
 * updates, one is a delete.
 */
export function orderChangesRecording(changes: number): Recording {
  const rows = changes * 0.6;
  const updates = changes * 0.3;
  return {
    name: `order-changes-${changes}`,
    seed: 2026,
    schema: `CREATE DATABASE bench CHARACTER SET utf8mb4;
      CREATE TABLE bench.orders (
        id BIGINT NOT NULL PRIMARY KEY, customer INT UNSIGNED NOT NULL, product INT NOT NULL,
        quantity SMALLINT NOT NULL, price DECIMAL(12,2) NOT NULL, weight DOUBLE,
        state ENUM('new','paid','sent','returned') NOT NULL, note VARCHAR(60),
        made DATETIME(3) NOT NULL, seen TIMESTAMP NOT NULL
      ) DEFAULT CHARSET utf8mb4`,
    fill: async (query, random) => {
      for (let first = 1; first <= rows; first += rowsPerStatement) {
        const values = Array.from({ length: rowsPerStatement }, (_, i) =>
          orderSql(first + i, random),
        );
        await query(`INSERT INTO bench.orders VALUES ${values.join(',')}`);
      }
      for (let first = 1; first <= updates; first += rowsPerStatement) {
        const state = random.int(1, 4);
        await query(`UPDATE bench.orders SET quantity = quantity + 300, state = ${state}
          WHERE ${idsFrom(first)}`);
      }
      for (let first = updates + 1; first <= changes * 0.4; first += rowsPerStatement) {
        await query(`DELETE FROM bench.orders WHERE ${idsFrom(first)}`);
      }
    },
  };
}

function idsFrom(first: number): string {
  return `id BETWEEN ${first} AND ${first + rowsPerStatement - 1}`;
}

function orderSql(id: number, random: Random): string {
  const note = Array.from({ length: random.int(1, 6) }, () => random.pick(words)).join(' ');
  const day = String(random.int(1, 28)).padStart(2, '0');
  const clock = `${String(random.int(0, 23)).padStart(2, '0')}:15:${random.int(10, 59)}`;
  const columns = [
    id,
    random.int(1, 4_000_000_000),
    random.int(-1000, 100_000),
    random.int(1, 300),
    (random.int(0, 99_999_999) / 100).toFixed(2),
    random.chance(10) ? 'NULL' : random.int(0, 1e9) / 1024,
    random.int(1, 4),
    random.chance(10) ? 'NULL' : `'${note}'`,
    `'2026-0${random.int(1, 9)}-${day} ${clock}.${random.int(100, 999)}'`,
    `'2026-0${random.int(1, 9)}-${day} ${clock}'`,
  ];
  return `(${columns.join(',')})`;
}
