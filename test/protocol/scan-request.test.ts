import test from 'ava';
import {
  FlashError,
  parseSortKeys,
  parseTableName,
  quoteIdentifier,
  quoteString,
  scanSql,
  type ScanColumn,
} from '../../src/protocol/index.js';

const columns: readonly ScanColumn[] = [
  { name: 'id', engineType: 'UInt64', mysqlType: 'bigint unsigned' },
  { name: 'a`b\\c', engineType: 'String', mysqlType: 'varchar(20)' },
  { name: 'at', engineType: 'Nullable(Time64(3))', mysqlType: 'time(3)' },
];
const table = { database: 'shop', table: 'orders' };
const settings = ' SETTINGS prefer_column_name_to_alias = 1';

test('a scan names all columns, quoted, and widens TIME to microseconds', (t) => {
  t.is(
    scanSql(table, columns),
    "SELECT `id`, `a\\`b\\\\c`, CAST(`at`, 'Nullable(Time64(6))') AS `at` FROM `shop`.`orders`" +
      settings,
  );
});

test('columns, condition, order and limit come in this order', (t) => {
  const request = {
    ...table,
    columns: ['id'],
    where: 'id > 1 -- newest',
    orderBy: [
      { column: 'at', descending: true },
      { column: 'id', descending: false },
    ],
    rowsMax: 10,
  };
  t.is(
    scanSql(request, columns),
    'SELECT `id` FROM `shop`.`orders` WHERE (\nid > 1 -- newest\n) ORDER BY `at` DESC, `id` ASC LIMIT 10' +
      settings,
  );
});

test('a scan takes no more threads than it is given', (t) => {
  const request = { ...table, columns: ['id'], threadsMax: 3 };
  t.is(
    scanSql(request, columns),
    `SELECT \`id\` FROM \`shop\`.\`orders\`${settings}, max_threads = 3`,
  );
});

test('a column that is not there is named with those that are', (t) => {
  const error = t.throws(() => scanSql({ ...table, columns: ['idd'] }, columns), {
    instanceOf: FlashError,
  });
  t.is(error.code, 'INVALID_REQUEST');
  t.is(error.message, 'shop.orders has no column idd');
  t.is(error.hint, 'Its columns are: id, a`b\\c, at.');
});

for (const request of [
  { ...table, columns: [] },
  { ...table, columns: ['id', 'id'] },
  { ...table, orderBy: [{ column: '_INTERNAL_VERSION', descending: false }] },
]) {
  test(`refused: ${JSON.stringify(request)}`, (t) => {
    t.is(
      t.throws(() => scanSql(request, columns), { instanceOf: FlashError }).code,
      'INVALID_REQUEST',
    );
  });
}

test('sort keys take directions and quoted names', (t) => {
  t.deepEqual(parseSortKeys('price desc, id,`odd, name` ASC,`back\\`tick`'), [
    { column: 'price', descending: true },
    { column: 'id', descending: false },
    { column: 'odd, name', descending: false },
    { column: 'back`tick', descending: false },
  ]);
});

for (const text of ['', ' ', ',', 'a b', 'a,,b', 'a desc nulls first', '`open', 'length(a)  x']) {
  test(`no sort keys: "${text}"`, (t) => {
    t.is(t.throws(() => parseSortKeys(text), { instanceOf: FlashError }).code, 'INVALID_REQUEST');
  });
}

test('table names may have a database and backticks', (t) => {
  t.deepEqual(parseTableName('orders'), { database: undefined, table: 'orders' });
  t.deepEqual(parseTableName('shop.orders'), { database: 'shop', table: 'orders' });
  t.deepEqual(parseTableName('`my.shop`.`or``ders`'), { database: 'my.shop', table: 'or`ders' });
});

for (const text of ['', '.', 'a.', '.b', 'a.b.c', '`a', 'a`b']) {
  test(`no table name: "${text}"`, (t) => {
    t.is(t.throws(() => parseTableName(text), { instanceOf: FlashError }).code, 'INVALID_REQUEST');
  });
}

test('quoting leaves nothing open', (t) => {
  t.is(quoteIdentifier('a`; DROP TABLE t; --\\'), '`a\\`; DROP TABLE t; --\\\\`');
  t.is(quoteString("it's \\ "), "'it\\'s \\\\ '");
});
