/**
 * A table as the writer makes it, of the types whose scan differs from what the engine gives, and
 * its rows: made by SQL, so that scans are tested without the writer.
 */
export const edgeSql = `
CREATE DATABASE shop;
CREATE TABLE shop.edge (
  id UInt64 COMMENT 'bigint unsigned',
  price Nullable(Decimal(65, 30)) COMMENT 'decimal(65,30)',
  late Nullable(Time64(0)) COMMENT 'time',
  later Time64(6) COMMENT 'time(6)',
  token Nullable(String) COMMENT 'varbinary(4)',
  name String COMMENT 'varchar(20)',
  tier LowCardinality(String) COMMENT 'enum(''a'',''b'')',
  placed Nullable(DateTime64(2, 'Etc/UCT')) COMMENT 'datetime(2)',
  born Nullable(Date32) COMMENT 'date',
  spot Array(Float32) COMMENT 'vector(2)',
  own String COMMENT 'what the user likes'
) ENGINE = MutableMergeTree ORDER BY (id);
INSERT INTO shop.edge VALUES
  (1, -0.000000000000000000000000000001, '-100:00:01', '-838:59:59.999999', unhex('00FF'), 'a,"b"', 'a',
   '1000-01-01 00:00:00.01', '2000-02-29', [1.5, -2], ''),
  (18446744073709551615, NULL, NULL, '00:00:00.000001', NULL, '茶碗', 'b', NULL, NULL, [], 'x'),
  (3, 1, '10:00:00', '00:00:00', '', 'gone', 'a', NULL, NULL, [], '');
UPSERT INTO shop.edge VALUES
  (1, 12345678901234567890123456789012345.123456789012345678901234567891, '-100:00:01',
   '-838:59:59.999999', unhex('00FF'), 'a,"b"', 'a', '1000-01-01 00:00:00.01', '2000-02-29', [1.5, -2], '');
DELETE FROM shop.edge WHERE id = 3;
`;

/** The rows of the edge table by id: as CSV cells (undefined is NULL), and as JSON. */
export const edgeRows = [
  {
    csv: {
      id: '1',
      price: '12345678901234567890123456789012345.123456789012345678901234567891',
      late: '-100:00:01',
      later: '-838:59:59.999999',
      token: '0x00FF',
      name: 'a,"b"',
      tier: 'a',
      placed: '1000-01-01 00:00:00.01',
      born: '2000-02-29',
      spot: '[1.5,-2]',
      own: '',
    },
    json: {
      id: '1',
      price: '12345678901234567890123456789012345.123456789012345678901234567891',
      late: '-100:00:01',
      later: '-838:59:59.999999',
      token: '0x00FF',
      name: 'a,"b"',
      tier: 'a',
      placed: '1000-01-01 00:00:00.01',
      born: '2000-02-29',
      spot: [1.5, -2],
      own: '',
    },
  },
  {
    csv: {
      id: '18446744073709551615',
      price: undefined,
      late: undefined,
      later: '00:00:00.000001',
      token: undefined,
      name: '茶碗',
      tier: 'b',
      placed: undefined,
      born: undefined,
      spot: '[]',
      own: 'x',
    },
    json: {
      id: '18446744073709551615',
      price: null,
      late: null,
      later: '00:00:00.000001',
      token: null,
      name: '茶碗',
      tier: 'b',
      placed: null,
      born: null,
      spot: [],
      own: 'x',
    },
  },
];
