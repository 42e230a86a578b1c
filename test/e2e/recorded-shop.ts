import type { Server } from '../servers/index.js';

/** Pairs of rows, each pair in one transaction: half a transaction shows as unequal counts. */
export const shopPairs = 200;

/** Makes `shop.orders` and `shop.lines` and fills both in transactions of one row each. */
export async function fillShop(server: Server): Promise<void> {
  await server.query(`
    CREATE DATABASE shop;
    CREATE TABLE shop.orders (
      id INT UNSIGNED PRIMARY KEY, customer BIGINT NOT NULL, total DECIMAL(9,2) NOT NULL,
      big DECIMAL(50,5), weight DOUBLE, ratio FLOAT, state ENUM('new','paid') NOT NULL,
      note VARCHAR(40), raw VARBINARY(20), day DATE, made DATETIME(3), seen TIMESTAMP(6) NULL,
      span TIME(2), flags BIT(9), season YEAR, tiny TINYINT
    ) DEFAULT CHARSET utf8mb4;
    CREATE TABLE shop.lines (id INT PRIMARY KEY, item VARCHAR(20) NOT NULL)`);
  const transactions = Array.from({ length: shopPairs }, (_, index) => {
    const id = index + 1;
    const row =
      id % 10 === 0
        ? `(${id}, ${-id}, -0.01, NULL, NULL, NULL, 'new', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`
        : `(${id}, 9007199254740993, ${id}.25, -12345678901234567890123456789012345678901234.5,
            ${id}.1, 0.1, 'paid', 'né 😀 ${id}', x'00ff${id % 9}0', '1969-12-31',
            '2020-02-29 12:34:56.789', '2038-01-19 03:14:07.999999', '-838:59:58.99', b'100000001',
            2024, -128)`;
    return `BEGIN; INSERT INTO shop.orders VALUES ${row}; INSERT INTO shop.lines VALUES (${id}, 'i'); COMMIT`;
  });
  await server.query(transactions.join('; '));
  await server.flushLogs();
}
