import test, { type ExecutionContext } from 'ava';
import type { TableSchema } from '../../../src/protocol/index.js';
import { dialectOfServer, parseStatement } from '../../../src/writer/ddl/index.js';
import { sessionOfDump } from '../../../src/writer/statement-session.js';
import { tableOfDefinition } from '../../../src/writer/table-definition.js';
import {
  skipReason,
  startServerOfKind,
  type Server,
  type ServerKind,
} from '../../servers/index.js';

/**
 * Goal: what we read in a CREATE TABLE is what the server made of it. Method: each statement is run on
 * a real server; the server's information_schema is compared with our reading of the statement and of
 * the server's SHOW CREATE TABLE.
 */
const statements: readonly string[] = [
  "id int(10) unsigned NOT NULL AUTO_INCREMENT, v varchar(20) CHARACTER SET latin1 COLLATE latin1_swedish_ci DEFAULT 'a''b', PRIMARY KEY (id)) ENGINE=InnoDB AUTO_INCREMENT=4 DEFAULT CHARSET=utf8 COMMENT='x;y'",
  'a tinyint(1), b mediumint unsigned zerofill, c decimal(65,30), d double(10,2), e float unsigned, f bit(64), g year, h datetime(6), i timestamp(3) NULL, j time(6), m tinytext, n mediumblob, o varbinary(255)',
  "k national varchar(10), k2 nchar(3), l long varchar, l2 long varbinary, p char byte, s enum('x','y''z',''), r set('a','b'), t double precision, u dec(5), v fixed(4,2), w bool, y int8, z middleint, r2 real, n numeric, f1 float(20), f2 float(30), c character varying(4), x serial",
  'g geometry NOT NULL, p point, m multipolygon, c geometrycollection, SPATIAL KEY (g)) ENGINE=MyISAM',
  "a int, b int GENERATED ALWAYS AS (a + if(a > 1, 2, 3)) STORED, c varchar(10) AS (concat(a,',',')')) VIRTUAL",
  'id int NOT NULL, x int) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE)',
  'id int PRIMARY KEY, b varchar(50), UNIQUE KEY u (b(10)), KEY k (b, id)) CHARSET=latin1 PARTITION BY HASH (id) PARTITIONS 4'.replace(
    'UNIQUE KEY u',
    'KEY u',
  ),
  'b varchar(50) COLLATE utf8mb4_bin, c char(4) CHARACTER SET binary, d text CHARACTER SET binary, e varchar(9) binary, f text ascii, g char(3) unicode, PRIMARY KEY USING BTREE (b(10), c DESC)',
  "a datetime DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, c bit(3) DEFAULT b'101', d varchar(9) DEFAULT 'x' COLLATE utf8mb4_bin, e int DEFAULT -1, f binary(3) DEFAULT x'414243', t timestamp DEFAULT '2001-01-01 00:00:00' COMMENT 'it''s, (so)'",
  "`key` int, date date, text text, timestamp timestamp NULL, `primary` int, enum enum('a'), position int, status int, comment int, value int, data int, name int, `a``b` int, `sp ace` int",
  'A int, b int, PRIMARY KEY (a, B)',
  'id int # comment, )\n, -- more\n b int /* c int, */, CHECK (id > 0), CONSTRAINT FOREIGN KEY (b) REFERENCES p (id) ON DELETE CASCADE ON UPDATE SET NULL) ENGINE=MyISAM',
  'a int /*!50100 , b int */ /*!99999 , c int */',
];

const forKind: Partial<Record<ServerKind, readonly string[]>> = {
  mariadb: [
    'u uuid NOT NULL DEFAULT uuid(), i inet6, j inet4, PRIMARY KEY (u)',
    'a text COMPRESSED, b varchar(1000) COMPRESSED=zlib, c int INVISIBLE DEFAULT 3, j json, d longtext',
    'a int /*M!100301 , b int */ /*!80000 , c int */',
    'a int, b date, c date, PERIOD FOR app (b, c)',
  ],
  'mysql-5.7': ['a json, b int', 'a int /*!50700 , b json */'],
  'mysql-9.7': [
    'g geometry NOT NULL SRID 4326, SPATIAL KEY (g)',
    "a int, b varchar(50), c json, KEY f ((lower(b)), a DESC), KEY m ((cast(c->'$.x' as unsigned array)))",
    'a int, b int INVISIBLE, KEY k (a) INVISIBLE, CONSTRAINT c CHECK (a <> 5) NOT ENFORCED',
    'id int PRIMARY KEY, v vector(3), w vector',
    'b json DEFAULT (json_array()), d point SRID 0',
  ],
};

/** Indexes of `statements` that a server does not take: 5.6 has no generated columns, … */
const refusedBy: Partial<Record<ServerKind, readonly number[]>> = {
  'mysql-5.6': [4],
  'mysql-5.7': [],
  'mysql-9.7': [],
  mariadb: [],
};

const kinds: readonly ServerKind[] = ['mysql-5.6', 'mysql-5.7', 'mysql-9.7', 'mariadb'];

for (const kind of kinds) {
  const reason = skipReason(kind);
  if (reason !== undefined) console.error(`skipped: ${reason}`);
  const run = reason === undefined ? test.serial : test.serial.skip;
  run(`${kind}: CREATE TABLE is read as the server reads it`, async (t) => {
    const server = await startServerOfKind(kind);
    t.teardown(server.stop);
    await server.query('CREATE DATABASE d');
    const refused: number[] = [];
    for (const [index, body] of statements.entries()) {
      if (!(await compare(t, server, body))) refused.push(index);
    }
    t.deepEqual(refused, refusedBy[kind]);
    for (const body of forKind[kind] ?? []) t.true(await compare(t, server, body), body);
  });
}

async function compare(t: ExecutionContext, server: Server, body: string): Promise<boolean> {
  // A body that closes its own bracket goes on with table options.
  const text =
    body.includes(') ENGINE') || body.includes(') PARTITION') || body.includes(') CHARSET')
      ? body
      : `${body})`;
  const sql = `CREATE TABLE d.t (${text}`;
  await server.query('DROP TABLE IF EXISTS d.t');
  const isTaken = await server.query(`SET sql_mode=''; ${sql}`).then(
    () => true,
    () => false,
  );
  if (!isTaken) return false;
  const [version] = await server.query('SELECT version() AS v');
  const dialect = dialectOfServer(
    server.kind === 'mariadb' ? 'mariadb' : 'mysql',
    String(version?.['v']),
  );
  const shown = String((await server.query('SHOW CREATE TABLE d.t'))[0]?.['Create Table']);
  const expected = await serverColumns(server);
  for (const [name, each] of [
    ['statement', sql],
    ['SHOW CREATE', shown],
  ] as const) {
    const statement = parseStatement(each, 'd', dialect);
    if (statement.kind !== 'create-table') throw new Error(`${statement.kind}: ${each}`);
    const definition = statement.body();
    if ('like' in definition) throw new Error(each);
    const session = sessionOfDump(true, dialect);
    const { schema } = tableOfDefinition(
      { database: 'd', table: 't' },
      definition,
      'utf8mb4',
      session,
      {},
    );
    t.deepEqual(ourColumns(schema), expected.columns, `${name}: ${each}`);
    t.deepEqual(schema.primaryKey, expected.primaryKey, `${name}: ${each}`);
  }
  return true;
}

async function serverColumns(
  server: Server,
): Promise<{ columns: Record<string, unknown>[]; primaryKey: string[] }> {
  const columns = await server.query(
    `SELECT COLUMN_NAME AS name, COLUMN_TYPE AS type, IS_NULLABLE AS nullable, CHARACTER_SET_NAME AS charset
     FROM information_schema.COLUMNS WHERE TABLE_SCHEMA='d' AND TABLE_NAME='t' ORDER BY ORDINAL_POSITION`,
  );
  const key = await server.query(
    `SELECT COLUMN_NAME AS name FROM information_schema.STATISTICS WHERE TABLE_SCHEMA='d'
     AND TABLE_NAME='t' AND INDEX_NAME='PRIMARY' ORDER BY SEQ_IN_INDEX`,
  );
  return {
    columns: columns.map((row) => ({
      name: row['name'],
      type: plainType(String(row['type'])),
      nullable: row['nullable'] === 'YES',
      charset: /^(?:enum|set)/.test(String(row['type'])) ? null : plainCharset(row['charset']),
    })),
    primaryKey: key.map((row) => String(row['name'])),
  };
}

function ourColumns(schema: TableSchema): Record<string, unknown>[] {
  return schema.columns.map(({ name, type, nullable, mysqlType }) => ({
    name,
    type: plainType(mysqlType),
    nullable,
    charset: type.kind === 'text' ? type.charset : null,
  }));
}

/** Display widths and default lengths, which servers show or not, say nothing about values. */
function plainType(type: string): string {
  return type
    .replace(/ \/\*.*\*\//, '')
    .replace(/^((?:tiny|small|medium|big)?int)\(\d+\)/, '$1')
    .replace(/^(year)\(4\)/, '$1')
    .replace(/^geomcollection/, 'geometrycollection')
    .replace(/^vector$/, 'vector(2048)')
    .replace(/^(decimal\(\d+)\)/, '$1,0)');
}

function plainCharset(charset: unknown): unknown {
  return charset === 'utf8' ? 'utf8mb3' : charset;
}
