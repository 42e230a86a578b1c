// A table with a column of each kind of type, and points in time, for tools that read them out of a copy.

/** Makes `shop.types` and `shop.points`. Key order is that of `id`. */
export const typesDdl = `CREATE DATABASE shop CHARACTER SET utf8mb4; USE shop;
  CREATE TABLE types (id INT PRIMARY KEY, tiny TINYINT, small SMALLINT UNSIGNED, big BIGINT UNSIGNED,
    price DECIMAL(38, 10), wide DECIMAL(65, 30), f FLOAT, d DOUBLE, bits BIT(12), y YEAR, day DATE,
    placed DATETIME(6), moment TIMESTAMP(3) NULL, span TIME(3), name VARCHAR(40), body TEXT, raw VARBINARY(20),
    kind ENUM('new', 'paid', 'it''s') COMMENT 'of the order', tags SET('a', 'b', 'c'), doc JSON) COMMENT 'one of each';
  INSERT INTO types VALUES
    (1, -128, 65535, 18446744073709551615, -1234567890123456789012345678.0123456789, 21.000000000000000000000000000001,
      1.5, -0.125, b'101010101010', 2026, '1999-12-31', '2026-01-02 03:04:05.678901', '2026-01-02 03:04:05.678',
      '-838:59:59.000', 'Zoë ''"\\\\', 'a\\tb\\nc', x'00FF80', 'it''s', 'a,c', '{"a": [1, "ü"]}'),
    (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (3, 0, 0, 0, 12.0000000001, -1.000000000000000000000000000001, 0, 0, b'0', 1901, '2026-02-28', '1970-01-01 00:00:00', '1970-01-01 00:00:01', '00:00:00.001',
      '', '', x'FE', 'new', '', '[]');
  CREATE TABLE points (id INT PRIMARY KEY, day DATE NOT NULL, placed DATETIME(3) NOT NULL,
    kind ENUM('new', 'paid') NOT NULL, amount DECIMAL(10, 2) NOT NULL, type INT NOT NULL);
  INSERT INTO points VALUES (1, '2026-01-01', '2026-01-01 00:00:00', 'new', 1.51, 1),
    (2, '2026-01-01', '2026-01-01 00:59:59.999', 'paid', 2.52, 1), (3, '2026-01-01', '2026-01-01 00:10:00.400', 'new', 3.03, 3),
    (4, '2026-01-02', '2026-01-02 23:59:59', 'paid', 4.24, 3), (5, '2026-01-03', '2026-01-03 00:00:00', 'new', 9.07, 1)`;

/** All of `shop.types`, as the texts that the tools' scripts make of it. Times are ms. */
export const typesSelect = `SELECT id, tiny, small, big, price, wide, f, d, bits + 0 AS bits, y + 0 AS y,
    CAST(day AS CHAR) AS day, CAST(placed AS CHAR) AS placed, CAST(moment AS CHAR) AS moment,
    TIME_TO_SEC(span) DIV 1 * 1000 + MICROSECOND(span) DIV 1000 AS span, name, body, HEX(raw) AS raw, kind, tags, CAST(doc AS CHAR) AS doc
  FROM shop.types ORDER BY id`;

/** Of `shop.types`. */
export const columnNames = [
  ...[
    'id',
    'tiny',
    'small',
    'big',
    'price',
    'wide',
    'f',
    'd',
    'bits',
    'y',
    'day',
    'placed',
    'moment',
  ],
  ...['span', 'name', 'body', 'raw', 'kind', 'tags', 'doc'],
];
