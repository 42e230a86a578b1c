// Goal: a statement leaves as one document of any format, byte for byte as ClickHouse makes it, through
// the SQL layer and its locks. Method: the real engine; what is read from it slowly, cancelled, changed
// meanwhile, and refused.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import {
  FlashError,
  queryRows,
  type Answer,
  type AnswerRequest,
} from '../../src/protocol/index.js';
import { type EmbeddedEngine } from '../../src/engine/index.js';
import { waitUntil } from '../until.js';
import { openEmbeddedEngine } from './open-engine.js';

let folder = '';
let engine: EmbeddedEngine;

test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'theflash-answer-'));
  engine = await openEmbeddedEngine(folder);
  await engine.execute(`CREATE DATABASE db;
    CREATE TABLE db.t (k Int64, v String) ENGINE = MutableMergeTree ORDER BY k;
    CREATE TABLE db.big (k Int64, v String) ENGINE = MutableMergeTree ORDER BY k;
    INSERT INTO db.t VALUES (1, 'old'), (2, 'gone'), (3, 'c'); UPDATE db.t SET v = 'new' WHERE k = 1;
    DELETE FROM db.t WHERE k = 2;
    INSERT INTO db.big SELECT number, 'before' FROM numbers(2000000)`);
});
test.after.always(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

function open(sql: string, options: Partial<AnswerRequest> = {}): Promise<Answer> {
  if (engine.answer === undefined) throw new Error('this engine gives no answers');
  return engine.answer({
    sql: Buffer.from(sql),
    database: 'db',
    format: 'TabSeparated',
    settings: new Map(),
    isReadOnly: false,
    signal: new AbortController().signal,
    ...options,
  });
}

/** The bytes of an answer, and those that came before it failed. */
async function drain(answer: Answer): Promise<{ text: string; error: unknown }> {
  const pieces: Buffer[] = [];
  const buffer = new Uint8Array(100_000);
  try {
    for (;;) {
      const length = await answer.read(buffer);
      if (length === 0) return { text: Buffer.concat(pieces).toString(), error: undefined };
      pieces.push(Buffer.from(buffer.subarray(0, length)));
    }
  } catch (error) {
    return { text: Buffer.concat(pieces).toString(), error };
  } finally {
    await answer.close();
  }
}

const run = async (sql: string, options: Partial<AnswerRequest> = {}): Promise<string> => {
  const { text, error } = await drain(await open(sql, options));
  if (error instanceof Error) throw error;
  return text;
};

test.serial('the format is that of the statement, or else the one asked for', async (t) => {
  t.is(await run('SELECT k, v FROM t ORDER BY k'), '1\tnew\n3\tc\n');
  t.is(await run('SELECT k, v FROM t ORDER BY k FORMAT CSVWithNames'), '"k","v"\n1,"new"\n3,"c"\n');
  t.is(
    await run('SELECT k FROM t ORDER BY k -- all', { format: 'JSONEachRow' }),
    '{"k":"1"}\n{"k":"3"}\n'.replaceAll('"1"', '1').replaceAll('"3"', '3'),
  );
  const json: unknown = JSON.parse(await run('SELECT k FROM t ORDER BY k FORMAT JSONCompact'));
  t.like(json, { data: [['1'], ['3']].map(([k]) => [Number(k)]), rows: 2 });
  t.is(await run('SHOW TABLES FORMAT CSV SETTINGS max_threads = 1'), '"big"\n"t"\n');
  t.is(await run('EXISTS TABLE t'), '1\n');
  t.regex(await run('SHOW CREATE TABLE t FORMAT Raw'), /^CREATE TABLE db\.t[^]*MutableMergeTree/);
});

test.serial('a result of many blocks is one document, whatever the format', async (t) => {
  const rows = 300_000;
  const text = await run(
    `SELECT number AS n FROM numbers(${rows}) SETTINGS max_block_size = 1000`,
    {
      format: 'JSON',
    },
  );
  const json = JSON.parse(text) as { rows: number; data: { n: number }[] };
  t.is(json.rows, rows);
  t.is(json.data.length, rows);
  const csv = await run(`SELECT number AS n FROM numbers(${rows}) FORMAT CSVWithNames`);
  t.is(csv.split('\n').length, rows + 2);
  t.is(csv.split('"n"').length, 2, 'one header');
});

test.serial('rows are those of the start, and a slow reader holds up no writer', async (t) => {
  const answer = await open('SELECT k, v FROM big ORDER BY k');
  const buffer = new Uint8Array(64);
  t.true((await answer.read(buffer)) > 0);
  await engine.execute("UPDATE db.big SET v = 'after' WHERE k % 2 = 0");
  const { text } = await drain(answer);
  t.false(text.includes('after'));
  t.is(await run("SELECT count() FROM big WHERE v = 'after'"), '1000000\n');
});

test.serial('an error in mid-stream comes after the rows before it', async (t) => {
  const answer = await open(
    "SELECT number, throwIf(number = 900000, 'too far') FROM numbers(1000000) SETTINGS max_block_size = 1000",
  );
  const { text, error } = await drain(answer);
  t.true(text.startsWith('0\t0\n1\t0\n'));
  t.true(error instanceof FlashError && error.place.engineCode === 395);
  t.is(await run('SELECT 1'), '1\n');
});

test.serial(
  'INSERT takes data of any format, and its rows replace those of their keys',
  async (t) => {
    t.is(await run('INSERT INTO t FORMAT JSONEachRow\n{"k":3,"v":"C"}\n{"k":4,"v":"d"}\n'), '');
    t.is(await run('SELECT k, v FROM t ORDER BY k'), '1\tnew\n3\tC\n4\td\n');
    const native = await open(
      "SELECT toInt64(number) AS k, ' \t''`' AS v FROM numbers(9, 2) FORMAT Native",
    );
    const buffer = new Uint8Array(1000);
    const length = await native.read(buffer);
    await native.close();
    const sql = Buffer.concat([
      Buffer.from('INSERT INTO t FORMAT Native\n'),
      buffer.subarray(0, length),
    ]);
    const insert = await open('', { sql });
    await drain(insert);
    t.is(
      await run('SELECT k, hex(v) FROM t WHERE k >= 9 ORDER BY k'),
      '9\t20092760\n10\t20092760\n',
    );
  },
);

test.serial('settings hold for one statement, and those of the engine are refused', async (t) => {
  const settings = new Map([['max_result_rows', '1']]);
  const { error } = await drain(await open('SELECT k FROM t', { settings }));
  t.true(error instanceof FlashError && error.place.engineCode === 396);
  t.is(await run("SELECT value FROM system.settings WHERE name = 'max_result_rows'"), '0\n');
  t.is(await run('SELECT currentDatabase()'), 'db\n');
  t.is(await run('SELECT currentDatabase()', { database: '' }), 'default\n');
  for (const name of [
    'final',
    'query_cache_tag',
    'asterisk_include_materialized_columns',
    'profile',
  ]) {
    await t.throwsAsync(run('SELECT 1', { settings: new Map([[name, '0']]) }), undefined, name);
  }
  const format = new Map([['format_template_row', '/etc/hostname']]);
  await t.throwsAsync(run('SELECT 1 FORMAT Template', { settings: format }));
  const block = new Map([['max_insert_block_size', '1']]);
  await t.throwsAsync(run("INSERT INTO t VALUES (1, 'x')", { settings: block }), {
    message: /max_insert_block_size/,
  });
});

test.serial('read only means that nothing is changed', async (t) => {
  const isReadOnly = true;
  for (const sql of [
    "INSERT INTO t VALUES (1, 'x')",
    'DROP TABLE t',
    'DELETE FROM t WHERE k = 1',
    "WITH 1 AS x INSERT INTO t SELECT x, 'y'",
    'CREATE SNAPSHOT s OF db.t',
    'KILL QUERY WHERE 1 SYNC',
    'SYSTEM FLUSH LOGS',
  ]) {
    const error = await t.throwsAsync(run(sql, { isReadOnly }), { instanceOf: FlashError }, sql);
    t.is(error.place.engineCode, 164, sql);
  }
  t.is(await run('SELECT count() FROM t', { isReadOnly }), '5\n');
});

test.serial('one statement an answer, and no file', async (t) => {
  for (const sql of ['', ' ; ', 'SELECT 1; SELECT 2', '-- nothing']) {
    const error = await t.throwsAsync(run(sql), { instanceOf: FlashError });
    t.is(error.place.engineCode, 62);
  }
  await t.throwsAsync(run("SELECT 1 INTO OUTFILE '/tmp/x' FORMAT CSV"), {
    message: /INTO OUTFILE/,
  });
  await t.throwsAsync(run('SELECT 1', { format: "CSV SETTINGS a = '" }), {
    message: /Unknown format/,
  });
  t.deepEqual(await readdir(path.join(folder, '.theflash/pipes')), []);
});

test.serial('a cancelled answer frees its connection at once', async (t) => {
  const controller = new AbortController();
  const answer = await open('SELECT number FROM system.numbers', { signal: controller.signal });
  t.true((await answer.read(new Uint8Array(10))) > 0);
  controller.abort();
  await t.throwsAsync(answer.read(new Uint8Array(10)), { instanceOf: FlashError });
  await answer.close();
  const planning = new AbortController();
  const slow = open('SELECT (SELECT count() FROM system.numbers WHERE NOT ignore(number))', {
    signal: planning.signal,
  });
  setImmediate(() => planning.abort());
  const error = await t.throwsAsync(slow, { instanceOf: FlashError });
  t.is(error.code, 'CANCELLED');
  await waitUntil('only what asks runs', async () => {
    const [row] = await queryRows(engine, 'SELECT count() AS n FROM system.processes');
    return Number(row?.['n']) === 1;
  });
});

test.serial('closing the engine ends an answer that nobody reads', async (t) => {
  const other = await mkdtemp(path.join(tmpdir(), 'theflash-answer-'));
  await engine.close();
  engine = await openEmbeddedEngine(other);
  const answer = await open('SELECT number FROM system.numbers', { database: 'default' });
  t.true((await answer.read(new Uint8Array(10))) > 0);
  await engine.close();
  await t.throwsAsync(answer.read(new Uint8Array(10)), { instanceOf: FlashError });
  await rm(other, { recursive: true, force: true });
});
