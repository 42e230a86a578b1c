/** SQL expressions that give JSON values of every binary type, at its edges. */
export const documents: readonly string[] = [
  ...["'{}'", "'[]'", "'null'", "'true'", "'false'", "''", `'""'`].map((text) =>
    text === "''" ? "JSON_QUOTE('')" : text,
  ),
  ...['0', '-0', '1', '-1', '32767', '-32768', '32768', '65535', '65536', '-32769'].map(quoted),
  ...['2147483647', '-2147483648', '2147483648', '4294967295', '4294967296'].map(quoted),
  ...['9007199254740991', '9007199254740992', '-9007199254740993'].map(quoted),
  ...['9223372036854775807', '-9223372036854775808', '18446744073709551615'].map(quoted),
  'CAST(CAST(5 AS UNSIGNED) AS JSON)',
  'CAST(CAST(70000 AS UNSIGNED) AS JSON)',
  ...['0.0', '-0.0', '1.0', '-1.0', '0.1', '1e100', '1.5e-10', '1e-6', '9e-7', '1e-7'].map(quoted),
  ...['123456789012345680000', '1e14', '123456789012345.6', '1e15', '1e16', '1e22'].map(quoted),
  ...['1e-14', '1.23e-14', '1e-15', '1.5e-15', '1e-16', '-1.234567890123456e-13'].map(quoted),
  ...['5e-324', '2.2250738585072014e-308', '1.7976931348623157e308', '1e-99', '1e99'].map(quoted),
  ...['9007199254740993.0', '18446744073709551616', '999999999999999.9', '1e21'].map(quoted),
  String.raw`'"\\b\\f\\n\\r\\t\\u0000\\u0001\\u000b\\u001f/\\u007f\\u2028\\"\\\\é😀"'`,
  "JSON_QUOTE(REPEAT('a', 127))",
  "JSON_QUOTE(REPEAT('b', 128))",
  `'{"b": 1, "a": 2, "aa": 3, "é": 4, "": 5, "k\\\\n\\\\"": 6, "B": 7}'`,
  `'[{"a": [1, {"b": []}]}, [[]], {}, "x", 1.5, null, true, -70000]'`,
  "CONCAT(REPEAT('[', 100), REPEAT(']', 100))",
  "CAST(CAST('2020-01-02 03:04:05.6' AS DATETIME(3)) AS JSON)",
  "CAST(CAST('9999-12-31 23:59:59.999999' AS DATETIME(6)) AS JSON)",
  "CAST(CAST('0000-00-00' AS DATETIME) AS JSON)",
  "CAST(CAST('2020-00-00' AS DATE) AS JSON)",
  "CAST(CAST('1000-01-01' AS DATE) AS JSON)",
  "CAST(TIMESTAMP('2038-01-19 03:14:07') AS JSON)",
  ...['00:00:00', '-00:00:00.5', '23:59:59.999999', '-838:59:59', '99:00:01', '-00:00:01'].map(
    (text) => `CAST(CAST('${text}' AS TIME(6)) AS JSON)`,
  ),
  ...['0', '-0.00', '1.50', '-1.50', '0.5', '-0.000000000000000000000000000001'].map(decimal),
  ...['123456789', '1234567890.1', '-12345678901234567890.0001', '100000000000000000.02'].map(
    decimal,
  ),
  `CAST(CAST('${'9'.repeat(65)}' AS DECIMAL(65,0)) AS JSON)`,
  `CAST(CAST('-0.${'9'.repeat(30)}' AS DECIMAL(30,30)) AS JSON)`,
  ...[1, 2, 3, 56, 57, 58, 114, 115].map(
    (count) => `JSON_ARRAY(CAST(REPEAT(x'fb', ${String(count)}) AS BINARY))`,
  ),
  "JSON_OBJECT('bit', b'101', 'blob', CAST('' AS BINARY), 'year', YEAR('2020-01-01'))",
  "JSON_ARRAY(CAST(CAST('12:13:14' AS TIME) AS JSON), CAST(1.25 AS JSON), 1e0, 'text', NULL)",
  "ST_AsGeoJSON(ST_GeomFromText('POINT(1.5 -2)'))",
];

/** Documents over 64 KiB, in the large storage form; too big for a golden. */
export const largeDocuments: readonly string[] = [
  "CONCAT('[', REPEAT('100000, 4000000000, 1, -1, true, 1.5, ', 9000), '\"end\"]')",
  `CONCAT('{"a": "', REPEAT('x', 70000), '", "b": [1, 2], "c": -70000, "d": null}')`,
  `JSON_OBJECT('deep', CAST(CONCAT('[', REPEAT('"abcdefgh",', 9000), '{"k": []}]') AS JSON), 'n', 1)`,
  "JSON_ARRAY(CAST(REPEAT('\\0', 100000) AS BINARY), REPEAT('\\n', 80000))",
];

/** A document and the change of the column `v` that MySQL 8.0 logs as differences. */
export interface UpdateCase {
  document: string;
  change: string;
}

const filler = 'x'.repeat(100);
const object = `{"a": 1, "bb": [1, {"c": 2}, "three"], "é": null, "k \\"q\\\\n": {"deep": {"er": 1}}, "pad": "${filler}"}`;
const array = `[1, "${filler}", [2, 3], {"a": {"b": [4]}}]`;

export const updates: readonly UpdateCase[] = [
  ...[
    "JSON_SET(v, '$.a', 2)",
    "JSON_SET(v, '$.new', JSON_OBJECT('x', JSON_ARRAY(1, 2)))",
    "JSON_SET(v, '$.b', 'between')",
    "JSON_REPLACE(v, '$.bb[1].c', 'long enough to move the value elsewhere')",
    "JSON_REMOVE(v, '$.bb[0]')",
    "JSON_REMOVE(v, '$.bb')",
    `JSON_SET(v, '$."k \\\\"q\\\\\\\\n".deep.er', 1.5, '$."é"', CAST(1.10 AS DECIMAL(5,2)))`,
    "JSON_SET(v, '$.bb[9]', 'appended')",
    "JSON_SET(v, '$.bb[last]', 'last', '$.bb[last-1].c', CAST('2020-01-02' AS DATE))",
    "JSON_SET(v, '$.a[0]', 'scalar as array')",
    "JSON_SET(v, '$.a[1]', 'wraps the scalar')",
    "JSON_SET(v, '$.x', 1, '$.y', 2, '$.x', 3)",
    "JSON_REMOVE(v, '$.a', '$.bb[1].c', '$.missing')",
    "JSON_SET(JSON_REMOVE(JSON_REPLACE(v, '$.a', 'r'), '$.bb[2]'), '$.z', TRUE)",
    `JSON_SET(v, '$.""', 'empty key', '$."a b"', 1, '$."a.b[0]"', 2)`,
    String.raw`JSON_SET(v, CONCAT('$."', '\\n\\t\\u0001', '"'), 'control characters')`,
    "JSON_SET(v, '$', JSON_ARRAY('whole'))",
    "JSON_REPLACE(v, '$.missing', 1)",
    "JSON_SET(v, '$.e', JSON_OBJECT(), '$.e.f', 1, '$.e.a', JSON_ARRAY(), '$.e.a[0]', 5)",
  ].map((change) => ({ document: object, change })),
  ...[
    "JSON_SET(v, '$[0]', 'zero')",
    "JSON_SET(v, '$[4]', 'next', '$[9]', 'next again')",
    "JSON_REMOVE(v, '$[0]', '$[0]')",
    "JSON_REMOVE(v, '$[last]')",
    "JSON_SET(v, '$[last].a.b[last]', 5, '$[last-1][0]', 'two')",
    "JSON_SET(v, '$[3].a.b[7]', CAST('12:00:00' AS TIME))",
    "JSON_REMOVE(v, '$[3].a.b[0]')",
  ].map((change) => ({ document: array, change })),
];

function quoted(text: string): string {
  return `'${text}'`;
}

function decimal(text: string): string {
  const scale = text.split('.')[1]?.length ?? 0;
  const precision = text.replaceAll(/[-.]/g, '').replace(/^0+/, '').length;
  return `CAST(CAST('${text}' AS DECIMAL(${String(Math.max(precision, scale, 1))},${String(scale)})) AS JSON)`;
}
