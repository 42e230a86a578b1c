import type { Random } from '../workload/index.js';

/** One column type of the generator: how it is declared, and values that go into it. */
interface TypeChoice {
  sql: (random: Random) => string;
  values: readonly string[];
}

const charsets = ['latin1', 'utf8mb4', 'utf8', 'ascii', 'cp1251', 'ucs2', 'gbk'];

function pick<T>(random: Random, list: readonly T[]): T {
  const value = list[random.int(0, list.length - 1)];
  if (value === undefined) throw new RangeError('an empty list');
  return value;
}

const texts = [
  "'a'",
  "'B '",
  "'x  y'",
  "''",
  "'é'",
  "'日本'",
  "'12'",
  "'-1.5'",
  "'2020-02-29'",
  "'007'",
];

const types: readonly TypeChoice[] = [
  {
    sql: (r) =>
      `${pick(r, ['TINYINT', 'SMALLINT', 'MEDIUMINT', 'INT', 'BIGINT'])}${pick(r, ['', ' UNSIGNED', '', '(6) ZEROFILL'])}`,
    values: [
      '0',
      '1',
      '-1',
      '127',
      '128',
      '255',
      '-128',
      '65535',
      '70000',
      '4294967295',
      '-9e18',
      '18446744073709551615',
    ],
  },
  {
    sql: (r) =>
      `DECIMAL(${pick(r, ['5,2', '10,0', '10,3', '30,10', '65,30', '4,4'])})${pick(r, ['', ' UNSIGNED'])}`,
    values: ['0', '1.5', '-1.25', '99.995', '0.1235', '-0.00005', '123456789.123456789'],
  },
  {
    sql: (r) =>
      pick(r, ['FLOAT', 'DOUBLE', 'FLOAT(7,2)', 'DOUBLE(10,3)', 'FLOAT(5,1)', 'DOUBLE UNSIGNED']),
    values: ['0', '1.5', '-2.5', '0.1', '1.005', '-3.14159', '1e10', '123456.789'],
  },
  { sql: (r) => `VARCHAR(${pick(r, ['1', '3', '5', '20', '300'])})`, values: texts },
  { sql: (r) => `CHAR(${pick(r, ['1', '3', '20'])})`, values: texts },
  { sql: (r) => pick(r, ['TINYTEXT', 'TEXT', 'MEDIUMTEXT', 'LONGTEXT']), values: texts },
  {
    sql: (r) => pick(r, ["ENUM('a','b','12')", "ENUM('B','a')", "ENUM('x','y','é')"]),
    values: ["'a'", "'b'", '1', '2'],
  },
  {
    sql: (r) => pick(r, ["SET('a','b')", "SET('b','x','a')"]),
    values: ["'a'", "'a,b'", "''", "'b'"],
  },
  { sql: () => 'DATE', values: ["'2020-02-29'", "'1000-01-01'", "'9999-12-31'", "'1969-12-31'"] },
  {
    sql: (r) => `DATETIME${pick(r, ['', '(1)', '(3)', '(6)'])}`,
    values: [
      "'2020-01-01 10:00:00.55'",
      "'1001-01-01 00:00:00'",
      "'9999-12-31 01:02:03.499999'",
      "'1969-12-31 23:59:59.999999'",
    ],
  },
  {
    sql: (r) => `TIMESTAMP${pick(r, ['', '(2)', '(6)'])} NULL`,
    values: ["'2020-01-01 10:00:00.55'", "'1970-01-02 00:00:00'", "'2037-12-31 01:02:03.499999'"],
  },
  {
    sql: (r) => `TIME${pick(r, ['', '(2)', '(6)'])}`,
    values: ["'10:00:00.555555'", "'-800:01:02.5'", "'00:00:00.4'"],
  },
  { sql: () => 'YEAR', values: ['2001', '1901', '2155', '0'] },
  { sql: (r) => `BIT(${pick(r, ['1', '5', '64'])})`, values: ['0', '1', '5', '31'] },
  {
    sql: (r) => `${pick(r, ['BINARY', 'VARBINARY'])}(${pick(r, ['1', '4', '20'])})`,
    values: ["'a'", "x'00ff'", "''"],
  },
];

/** A table that the generator knows as it is by now. */
export interface RandomTable {
  columns: { name: string; values: readonly string[] }[];
  hasKey: boolean;
}

export function createTable(random: Random): { sql: string; table: RandomTable } {
  const table: RandomTable = { columns: [], hasKey: random.int(0, 3) > 0 };
  const columns = Array.from({ length: random.int(2, 5) }, (_, index) =>
    column(random, table, `c${index}`),
  );
  const key = table.hasKey ? 'id INT PRIMARY KEY' : 'id INT';
  return {
    sql: `CREATE TABLE t (${[key, ...columns].join(', ')}) CHARSET=${pick(random, charsets)}`,
    table,
  };
}

function column(random: Random, table: RandomTable, name: string): string {
  const { text, values } = definition(random);
  table.columns.push({ name, values });
  return `${name} ${text}`;
}

function definition(random: Random): { text: string; values: readonly string[] } {
  const { sql, values } = pick(random, types);
  const type = sql(random);
  const isText = /^(?:VARCHAR|CHAR|TINYTEXT|TEXT|MEDIUMTEXT|LONGTEXT|ENUM|SET)/.test(type);
  const charset =
    isText && random.int(0, 2) === 0 ? ` CHARACTER SET ${pick(random, charsets)}` : '';
  const isLong = type.includes('TEXT');
  const choice = random.int(0, 5);
  const wantsNull = type.endsWith('NULL');
  const notNull = choice < 2 && !wantsNull ? ' NOT NULL' : '';
  const hasDefault = random.int(0, 2) === 0 && !isLong;
  return {
    text: `${type.replace(/ NULL$/, '')}${charset}${wantsNull ? ' NULL' : notNull}${hasDefault ? ` DEFAULT ${pick(random, values)}` : ''}`,
    values,
  };
}

/** An INSERT of some rows; what the types refuse, the server refuses. */
export function insertRow(random: Random, table: RandomTable, id: number): string {
  const values = table.columns.map(({ values: choices }) =>
    random.int(0, 6) === 0 ? 'NULL' : pick(random, choices),
  );
  const names = table.columns.map(({ name }) => name);
  return `INSERT IGNORE INTO t (${['id', ...names].join(', ')}) VALUES (${[id, ...values].join(', ')})`;
}

/** One ALTER TABLE of one or two actions, and what it makes of the table where the server takes it. */
export function alterTable(
  random: Random,
  table: RandomTable,
  next: number,
): { sql: string; kind: string; table: RandomTable } {
  const after: RandomTable = {
    columns: table.columns.map((each) => ({ ...each })),
    hasKey: table.hasKey,
  };
  const actions: string[] = [];
  const kinds: string[] = [];
  for (let index = random.int(1, 2); index > 0; index -= 1) {
    const { sql, kind } = action(random, after, `n${next}_${index}`);
    actions.push(sql);
    kinds.push(kind);
  }
  return {
    sql: `ALTER TABLE t ${actions.join(', ')}`,
    kind: [...new Set(kinds)].sort().join('+'),
    table: after,
  };
}

function action(random: Random, table: RandomTable, name: string): { sql: string; kind: string } {
  const { text, values } = definition(random);
  const place = pick(random, ['', '', ' FIRST', ' AFTER id']);
  const target = table.columns[random.int(0, Math.max(table.columns.length - 1, 0))];
  switch (random.int(0, 7)) {
    case 0:
    case 1:
      table.columns.push({ name, values });
      return { sql: `ADD COLUMN ${name} ${text}${place}`, kind: 'add' };
    case 2:
    case 3:
    case 4: {
      if (target === undefined) break;
      target.values = values;
      return { sql: `MODIFY ${target.name} ${text}${place}`, kind: 'modify' };
    }
    case 5: {
      if (target === undefined) break;
      const from = target.name;
      target.name = name;
      target.values = values;
      return { sql: `CHANGE ${from} ${name} ${text}`, kind: 'change' };
    }
    case 6:
      if (target === undefined || table.columns.length < 2) break;
      table.columns = table.columns.filter((each) => each !== target);
      return { sql: `DROP COLUMN ${target.name}`, kind: 'drop' };
    default:
      break;
  }
  if (random.int(0, 1) === 0)
    return { sql: `CONVERT TO CHARACTER SET ${pick(random, charsets)}`, kind: 'convert' };
  table.hasKey = !table.hasKey;
  return table.hasKey
    ? { sql: 'ADD PRIMARY KEY (id)', kind: 'key' }
    : { sql: 'DROP PRIMARY KEY', kind: 'key' };
}
