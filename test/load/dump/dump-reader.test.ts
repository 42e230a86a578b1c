// Goal: what a dump's bytes say does not depend on how they come, and wrong bytes end in a typed error.
import test from 'ava';
import { ChangeBuilder, zeroDateSink } from '../../../src/binlog/index.js';
import { chooseAppender } from '../../../src/load/dump/choose-appender.js';
import { DumpStatements } from '../../../src/load/dump/dump-statements.js';
import { readInsertHeader } from '../../../src/load/dump/insert-header.js';
import { RowScanner } from '../../../src/load/dump/row-scanner.js';
import { FlashError, type Column, type ColumnType } from '../../../src/protocol/index.js';
import { chooseSeed, createRandom } from '../../workload/index.js';

const dump = `/*M!999999\\- enable the sandbox mode */ 
-- MariaDB dump; with a ; and a ' in it
/*!40101 SET NAMES utf8mb4 */;
# another ' comment
CREATE TABLE \`a;\`\`b\` (id INT) /* ; ' */ COMMENT='x;''y\\'z';
INSERT INTO \`a;\`\`b\` VALUES (1,';\\\\'),(2,'--;''');
DELIMITER ;;
CREATE TRIGGER x BEGIN SELECT 'it''s;'; END ;;
DELIMITER ;
SELECT 5-1, 6 / 2;`;

const parts = [
  'comment: /*M!999999\\- enable the sandbox mode */',
  "comment: -- MariaDB dump; with a ; and a ' in it",
  'statement: /*!40101 SET NAMES utf8mb4 */',
  "comment: # another ' comment",
  "statement: CREATE TABLE `a;``b` (id INT) /* ; ' */ COMMENT='x;''y\\'z'",
  "statement: INSERT INTO `a;``b` VALUES (1,';\\\\'),(2,'--;''')",
  'statement: SELECT 5-1, 6 / 2',
];

test('a dump is cut into the same statements, however its bytes come', (t) => {
  const bytes = Buffer.from(dump);
  for (let size = 1; size <= bytes.length; size += 1) {
    const found: string[] = [];
    const statements = new DumpStatements('dump.sql');
    for (let at = 0; at < bytes.length; at += size) {
      statements.push(bytes.subarray(at, at + size));
      found.push(...drain(statements, false));
    }
    found.push(...drain(statements, true));
    t.deepEqual(found, parts, `in pieces of ${size} bytes`);
    t.is(statements.unfinished, undefined);
  }
});

test('what has begun and not ended is known as such', (t) => {
  for (const text of ['SELECT 1', "INSERT INTO t VALUES ('a;", '/* ; ', 'DELIMITER ;;\nx;;\n']) {
    const statements = new DumpStatements('dump.sql');
    statements.push(Buffer.from(`SET x=1;${text}`));
    drain(statements, true);
    t.not(statements.unfinished, undefined, text);
  }
});

test('the head of an INSERT is read in each of its spellings', (t) => {
  const cases: [string, unknown][] = [
    ['INSERT INTO `t` VALUES (1)', [undefined, 't', undefined]],
    ['INSERT  IGNORE INTO t (`a`, `b``,c`) VALUES\n(1)', [undefined, 't', ['a', 'b`,c']]],
    ['REPLACE INTO `d`.`ü t` VALUES(1)', ['d', 'ü t', undefined]],
    ['INSERT INTO "t" ("a") VALUES (1)', [undefined, 't', ['a']]],
    ['INSERT INTO t SELECT 1', undefined],
  ];
  for (const [sql, expected] of cases) {
    const header = readInsertHeader(Buffer.from(sql));
    t.deepEqual(header && [header.database, header.table, header.columns], expected, sql);
    if (header !== undefined) t.is(Buffer.from(sql).subarray(header.rowsAt).toString(), '(1)');
  }
});

test('integers keep all of their 64 bits', (t) => {
  const signed = ['0', '-1', '9007199254740993', '-9223372036854775808', '9223372036854775807'];
  const { view } = scan({ kind: 'int', bits: 64, unsigned: false }, signed);
  t.deepEqual(
    signed.map((_, i) => view.getBigInt64(i * 8, true)),
    signed.map(BigInt),
  );
  const unsigned = ['18446744073709551615', '00000000000000000042', '4294967296'];
  const { view: large } = scan({ kind: 'int', bits: 64, unsigned: true }, unsigned);
  t.deepEqual(
    unsigned.map((_, i) => large.getBigUint64(i * 8, true)),
    unsigned.map(BigInt),
  );
  for (const wrong of ['18446744073709551616', '-1', '1.5', '', 'x', '99999999999999999999999']) {
    t.throws(() => scan({ kind: 'int', bits: 64, unsigned: true }, [wrong]), {
      instanceOf: FlashError,
    });
  }
});

test('decimals keep all of their digits', (t) => {
  const texts = ['-0.01', '123.4', '00042', '-99999999999999999999999999999999999999999.99', '.5'];
  const { view } = scan({ kind: 'decimal', precision: 43, scale: 2, unsigned: false }, texts);
  const found = texts.map((_, row) => {
    let value = view.getBigInt64(row * 32 + 24, true);
    for (let word = 2; word >= 0; word -= 1)
      value = (value << 64n) | view.getBigUint64(row * 32 + word * 8, true);
    return value;
  });
  t.deepEqual(found, [-1n, 12340n, 4200n, -9999999999999999999999999999999999999999999n, 50n]);
});

test('a row with wrong bytes is a value or a typed error', (t) => {
  const seed = chooseSeed();
  const random = createRandom(seed);
  const types: ColumnType[] = [
    { kind: 'int', bits: 32, unsigned: false },
    { kind: 'decimal', precision: 20, scale: 4, unsigned: false },
    { kind: 'datetime', fsp: 6 },
    { kind: 'time', fsp: 2 },
    { kind: 'float', bits: 64 },
    { kind: 'bytes' },
    { kind: 'text', charset: 'utf8mb4' },
  ];
  const text = `(1,-12.5,'2026-01-31 10:11:12.5','-838:59:59.00',1e-7,0x00FF,'a\\'b'),(NULL,NULL,NULL,NULL,NULL,_binary 'x',NULL)`;
  t.is(scanRow(types, Buffer.from(text)), 2);
  for (let i = 0; i < 20_000; i += 1) {
    const bytes = Buffer.from(text);
    for (let n = random.int(1, 3); n > 0; n -= 1)
      bytes[random.int(0, bytes.length - 1)] = random.int(0, 255);
    const cut = random.chance(20) ? bytes.subarray(0, random.int(1, bytes.length)) : bytes;
    try {
      scanRow(types, cut);
    } catch (error) {
      if (!(error instanceof FlashError))
        t.fail(`SEED=${seed}: ${cut.toString('latin1')}: ${String(error)}`);
    }
  }
});

function drain(statements: DumpStatements, isEnd: boolean): string[] {
  const found: string[] = [];
  for (let part = statements.next(isEnd); part !== undefined; part = statements.next(isEnd)) {
    found.push(`${part.kind}: ${Buffer.from(part.bytes).toString().trim()}`);
  }
  return found;
}

function scan(type: ColumnType, texts: readonly string[]): { view: DataView } {
  const builder = builderOf([type]);
  const rows = texts.map((text) => `(${text})`).join(',');
  new RowScanner().append(Buffer.from(rows), 0, fieldsOf([type]), builder);
  const [column] = builder.columns;
  if (column === undefined) throw new Error('no column');
  return column;
}

function scanRow(types: readonly ColumnType[], bytes: Uint8Array): number {
  return new RowScanner().append(bytes, 0, fieldsOf(types), builderOf(types));
}

function builderOf(types: readonly ColumnType[]): ChangeBuilder {
  return new ChangeBuilder({
    database: 'd',
    table: 't',
    columns: types.map(columnOf),
    primaryKey: [],
  });
}

function columnOf(type: ColumnType, index: number): Column {
  return { name: `c${index}`, type, nullable: true, mysqlType: '' };
}

function fieldsOf(types: readonly ColumnType[]): Parameters<RowScanner['append']>[2] {
  return types.map((type, index) => ({
    ...chooseAppender(columnOf(type, index), 'utf8mb4', zeroDateSink('null', true)),
    index,
    nullable: true,
    isList: false,
  }));
}
