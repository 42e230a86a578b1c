import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { type Server, startMysql57 } from '../servers/index.js';
import { runCli, type CliResult, scanTable, temporaryFolder, writeLogs } from './cli.js';
import { fillShop, shopPairs } from './recorded-shop.js';

let server: Server;
let goodLog: string;
let statementLog: string;

test.before('record logs', async () => {
  server = await startMysql57();
  await fillShop(server);
  [goodLog = ''] = server.binlogFiles();
  // The rows of this log are a statement that only its server can run.
  await server.query(`
    SET binlog_format = 'STATEMENT';
    UPDATE shop.orders SET total = total + 1 WHERE id < 10;
    FLUSH BINARY LOGS`);
  statementLog = server.binlogFiles().at(-1) ?? '';
});

test.after.always('stop the server', async () => {
  await server.stop();
});

/** The order whose row event is damaged. */
const flippedOrder = 151;

interface BadLog {
  title: string;
  /** Bytes of the log, made from a good one. */
  bytes: (good: Buffer) => Buffer;
  says: RegExp;
}

const badLogs: readonly BadLog[] = [
  {
    title: 'a file that is no binlog',
    bytes: () => Buffer.from('-- MySQL dump 10.13\nCREATE TABLE t (a int);\n'),
    says: /not a binary log|no binary log|not a binlog|no binlog/i,
  },
  {
    title: 'an empty file',
    bytes: () => Buffer.alloc(0),
    says: /empty|not a binary log|no binary log|ends/i,
  },
  {
    title: 'an encrypted log',
    bytes: (good) => Buffer.concat([Buffer.from([0xfd, 0x62, 0x69, 0x6e]), good.subarray(4)]),
    says: /encrypt/i,
  },
  {
    title: 'a log that ends inside an event',
    bytes: (good) => good.subarray(0, Math.floor(good.length / 2) + 7),
    says: /ends|truncated|cut/i,
  },
  {
    title: 'a log with a flipped byte',
    bytes: (good) => {
      const copy = Buffer.from(good);
      const at = copy.indexOf(`né 😀 ${flippedOrder}`);
      if (at < 0) throw new Error('the row to damage is not in the log');
      copy.writeUInt8(copy.readUInt8(at) ^ 0xff, at);
      return copy;
    },
    says: /checksum|CRC32/i,
  },
];

for (const { title, bytes, says } of badLogs) {
  test(`write stops at ${title}`, async (t) => {
    const folder = temporaryFolder(t);
    const file = path.join(folder, 'binlog.000001');
    const engine = path.join(folder, 'engine');
    writeFileSync(file, bytes(readFileSync(goodLog)));

    const result = await runCli(['write', '--engine', engine, '--binlog', file]);
    t.is(result.code, 1, result.stderr);
    t.regex(oneParagraph(result), says);
    t.true(result.stderr.includes('binlog.000001'), 'the file is named');
    const applied = await rowsApplied(engine, 'shop.orders');
    t.is(applied, await rowsApplied(engine, 'shop.lines'), 'only whole transactions');
    t.true(applied < shopPairs);
  });
}

test('write stops at a change that is logged as a statement', async (t) => {
  const folder = temporaryFolder(t);
  const engine = path.join(folder, 'engine');
  await writeLogs(engine, [goodLog]);
  const before = await scanTable(engine, 'shop.orders');

  const result = await runCli(['write', '--engine', engine, '--binlog', statementLog]);
  t.is(result.code, 1, result.stderr);
  t.regex(oneParagraph(result), /statement/i);
  const after = await scanTable(engine, 'shop.orders');
  t.deepEqual(after.toArray().map(String).sort(), before.toArray().map(String).sort());
});

test('write names a file that is missing', async (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, 'binlog.000404');
  const result = await runCli(['write', '--engine', path.join(folder, 'e'), '--binlog', file]);
  t.is(result.code, 1, result.stderr);
  t.true(oneParagraph(result).includes('binlog.000404'));
  t.false(existsSync(path.join(folder, 'e')), 'no engine is made for nothing');
});

// Permissions do not stop root, as which containers run: these two stop everybody.
for (const unwritable of ['file/engine', '/proc/engine']) {
  test(`write names an engine folder that can't be made: ${unwritable}`, async (t) => {
    const folder = temporaryFolder(t);
    copyFileSync(goodLog, path.join(folder, 'file'));
    const engine = path.resolve(folder, unwritable);
    const result = await runCli(['write', '--engine', engine, '--binlog', goodLog]);
    t.true(result.code === 1 || result.code === 2, result.stderr);
    t.true(oneParagraph(result).includes(unwritable));
  });
}

test('scan names a table and an engine that do not exist, and a wrong filter', async (t) => {
  const folder = temporaryFolder(t);
  const engine = path.join(folder, 'engine');
  await writeLogs(engine, [goodLog]);

  const noTable = await runCli(['scan', 'shop.nothing', '--engine', engine]);
  t.is(noTable.code, 1, noTable.stderr);
  t.regex(oneParagraph(noTable), /shop\.nothing/);

  const noEngine = path.join(folder, 'nowhere');
  const missing = await runCli(['scan', 'shop.orders', '--engine', noEngine]);
  t.is(missing.code, 1, missing.stderr);
  t.true(oneParagraph(missing).includes(noEngine));
  t.false(existsSync(noEngine), 'a scan makes no engine');

  for (const where of ['nothing_such = 1', 'total >', 'total > 1; DROP TABLE shop.orders']) {
    const wrong = await runCli(['scan', 'shop.orders', '--engine', engine, '--where', where]);
    t.true(wrong.code === 1 || wrong.code === 2, `${where}: ${wrong.stderr}`);
    t.true(oneParagraph(wrong).length > 0);
    t.is(wrong.stdout.length, 0, 'nothing goes to stdout');
  }
  t.is((await scanTable(engine, 'shop.orders')).numRows, shopPairs);
});

test('wrong usage ends with 2', async (t) => {
  for (const args of [['write'], ['scan', '--nonsense'], ['nonsense'], ['write', '--binlog']]) {
    const result = await runCli(args);
    t.is(result.code, 2, `${args.join(' ')}: ${result.stderr}`);
  }
});

/** The error as one line of text; throws where it is not one paragraph or shows a stack. */
function oneParagraph({ stderr }: CliResult): string {
  const paragraphs = stderr.trim().split(/\n\s*\n/);
  if (paragraphs.length !== 1) throw new Error(`not one paragraph:\n${stderr}`);
  if (/^\s+at .*[:(]\d+/m.test(stderr)) throw new Error(`a stack is shown:\n${stderr}`);
  return stderr.replace(/\s*\n[\s›»▸]*/g, ' ').trim();
}

/** Rows of a table in the engine, 0 where there is no engine or no such table. */
async function rowsApplied(engine: string, table: string): Promise<number> {
  if (!existsSync(engine)) return 0;
  const { code, stderr } = await runCli(['scan', table, '--engine', engine, '--limit', '1']);
  if (code === 0) return (await scanTable(engine, table)).numRows;
  if (!stderr.includes(table)) throw new Error(stderr);
  return 0;
}
