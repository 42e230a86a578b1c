-- A small shop. record.sh runs this on a real server and keeps the binary logs it writes.
-- Nothing in it is random: every value follows from row numbers, and the clock is set by hand.
SET time_zone = '+00:00';
SET NAMES utf8mb4;
SET SESSION cte_max_recursion_depth = 100000;
SET timestamp = 1767261600; -- 2026-01-01 10:00:00

CREATE DATABASE shop CHARACTER SET utf8mb4;
USE shop;

CREATE TABLE customers (
  id          BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  email       VARCHAR(80) NOT NULL,
  name        VARCHAR(60) NOT NULL,
  born        DATE,
  joined      TIMESTAMP(3) NOT NULL,
  tier        ENUM('bronze', 'silver', 'gold') NOT NULL DEFAULT 'bronze',
  wants       SET('news', 'offers', 'surveys') NOT NULL,
  preferences JSON,
  token       VARBINARY(16)
);

CREATE TABLE products (
  sku     CHAR(10) CHARACTER SET ascii NOT NULL PRIMARY KEY,
  name    VARCHAR(60) NOT NULL,
  price   DECIMAL(10, 2) NOT NULL,
  weight  FLOAT,
  stock   MEDIUMINT NOT NULL,
  made    YEAR,
  added   DATETIME(6) NOT NULL
);

CREATE TABLE orders (
  id          INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  customer_id BIGINT UNSIGNED NOT NULL,
  status      ENUM('new', 'paid', 'sent', 'returned') NOT NULL,
  placed      DATETIME(6) NOT NULL,
  deliver_at  TIME,
  total       DECIMAL(12, 2) NOT NULL,
  note        TEXT,
  KEY (customer_id)
);

CREATE TABLE order_items (
  order_id INT UNSIGNED NOT NULL,
  line     TINYINT UNSIGNED NOT NULL,
  sku      CHAR(10) CHARACTER SET ascii NOT NULL,
  quantity SMALLINT NOT NULL,
  price    DECIMAL(10, 2) NOT NULL,
  gift     BIT(1) NOT NULL DEFAULT b'0',
  PRIMARY KEY (order_id, line)
);

-- The first day: 40 products, 200 customers.
INSERT INTO products
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
SELECT CONCAT('SKU-', LPAD(i, 5, '0')),
       CONCAT(ELT(i % 5 + 1, 'Teapot', 'Tasse', 'Löffel', '茶碗', 'Чайник'), ' ', i),
       1.25 * i + 0.49, IF(i % 7 = 0, NULL, i * 0.1), 100 + i * 3, IF(i % 9 = 0, NULL, 1990 + i),
       TIMESTAMP('2026-01-01 08:00:00') + INTERVAL i * 1234567 MICROSECOND
FROM n;

INSERT INTO customers (email, name, born, joined, tier, wants, preferences, token)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
SELECT CONCAT('customer', i, '@example.com'),
       CONCAT(ELT(i % 6 + 1, 'Ada', 'Björk', 'Chloé', 'Đặng', 'Эмма', '芳子'), ' ', i, IF(i % 50 = 0, ' 🎉', '')),
       IF(i % 11 = 0, NULL, DATE('1950-06-15') + INTERVAL i * 97 DAY),
       TIMESTAMP('2026-01-01 09:00:00') + INTERVAL i * 1001 * 1000 MICROSECOND,
       i % 3 + 1, i % 8,
       IF(i % 4 = 0, NULL, JSON_OBJECT('language', ELT(i % 3 + 1, 'de', 'en', 'ja'), 'size', i, 'ratio', i / 8, 'seen', JSON_ARRAY(i, 'SKU-00001', NULL, TRUE))),
       IF(i % 5 = 0, NULL, UNHEX(LPAD(HEX(i * 65537), 16, '0')))
FROM n;

-- Orders, each day one transaction over three tables.
DELIMITER //
CREATE PROCEDURE mysql.trade (first_order INT, last_order INT)
BEGIN
  START TRANSACTION;
  INSERT INTO shop.orders (id, customer_id, status, placed, deliver_at, total, note)
  WITH RECURSIVE n (i) AS (SELECT first_order UNION ALL SELECT i + 1 FROM n WHERE i < last_order)
  SELECT i, i * 7 % 200 + 1, 'new', TIMESTAMP('2026-01-02 00:00:00') + INTERVAL i * 86399999 MICROSECOND,
         IF(i % 3 = 0, NULL, SEC_TO_TIME(28800 + i * 61 % 36000)), 0,
         IF(i % 10 = 0, CONCAT('Bitte leise klopfen, "', i, '"'), NULL)
  FROM n;
  INSERT INTO shop.order_items (order_id, line, sku, quantity, price, gift)
  WITH RECURSIVE n (i) AS (SELECT first_order UNION ALL SELECT i + 1 FROM n WHERE i < last_order),
                 l (j) AS (SELECT 1 UNION ALL SELECT j + 1 FROM l WHERE j < 4)
  SELECT i, j, p.sku, (i + j) % 5 + 1, p.price, (i + j) % 13 = 0
  FROM n JOIN l ON j <= i % 4 + 1 JOIN shop.products p ON p.stock = 100 + ((i * 13 + j * 5) % 40 + 1) * 3
  ORDER BY i, j;
  UPDATE shop.orders o SET total = (SELECT SUM(quantity * price) FROM shop.order_items WHERE order_id = o.id)
  WHERE id BETWEEN first_order AND last_order;
  COMMIT;
END //
DELIMITER ;
CALL mysql.trade(1, 150);
CALL mysql.trade(151, 300);

FLUSH BINARY LOGS;
SET timestamp = 1767348000; -- a day later

-- Life goes on: changes of rows, of keys, and rows that go.
CALL mysql.trade(301, 400);
UPDATE orders SET status = 'paid' WHERE id % 3 > 0;
UPDATE orders SET status = 'sent', deliver_at = ADDTIME(deliver_at, '00:15:00') WHERE status = 'paid' AND id % 5 = 0;
UPDATE customers SET tier = 'gold', preferences = JSON_SET(preferences, '$.size', 1000) WHERE id % 25 = 0;
START TRANSACTION;
UPDATE products SET sku = 'SKU-90007', price = 99.90 WHERE sku = 'SKU-00007';
UPDATE order_items SET sku = 'SKU-90007' WHERE sku = 'SKU-00007';
COMMIT;
START TRANSACTION;
DELETE FROM order_items WHERE order_id IN (17, 170, 350);
DELETE FROM orders WHERE id IN (17, 170, 350);
COMMIT;
DELETE FROM customers WHERE id > 195;
START TRANSACTION;
UPDATE products SET price = 0;
ROLLBACK;
START TRANSACTION;
UPDATE products SET stock = stock - 5 WHERE sku = 'SKU-00010';
SAVEPOINT before_mistake;
DELETE FROM products;
ROLLBACK TO before_mistake;
UPDATE products SET stock = stock - 1 WHERE sku = 'SKU-00011';
COMMIT;
INSERT INTO products VALUES ('SKU-00007', 'Untertasse 7', 4.20, 0.15, 500, 2026, '2026-01-02 10:00:00.000001');
