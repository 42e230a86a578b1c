// Goal: what SQL may not do over TCP it may not over HTTP: no way out of the engine folder, no way past
// the versions of mutable tables, no row or column that is hidden. Method: the lists of the engine's own
// tests, sent to `theflash serve` in its sandbox.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { splitStatements } from '../../../src/protocol/index.js';
import { plainOf } from '../../engine/disguise/disguise.js';
import { refusedTemplates } from '../../engine/disguise/templates.js';
import { listen, makePlace, secret, type Listener } from '../../engine/ways-out/place.js';
import { setUp, ways } from '../../engine/ways-out/ways.js';
import { startServe, type ServeProcess } from '../serve-process.js';
import { send, type Reply } from './http-server.js';

let folder = '';
let port = 0;
let server: ServeProcess | undefined;
let listener: Listener;

test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'theflash-http-refused-'));
  port = await freePort();
  const args = ['--http', `127.0.0.1:${port}`, '--http-open'];
  server = await startServe(path.join(folder, 'data'), { args });
  listener = await listen();
  const made = `${setUp}; CREATE DATABASE db;
    CREATE TABLE db.t (k Int64, v String, d Date) ENGINE = MutableMergeTree ORDER BY k;
    CREATE TABLE db.u (k Int64, v String) ENGINE = MutableMergeTree ORDER BY tuple();
    CREATE TABLE db.p (k Int64, v String) ENGINE = MergeTree ORDER BY k;
    INSERT INTO db.t (k, v) VALUES (1, 'old'), (2, 'gone-row'); UPDATE db.t SET v = 'new' WHERE k = 1;
    DELETE FROM db.t WHERE k = 2`;
  for (const { text } of splitStatements(made)) {
    const reply = await post(text);
    if (reply.status !== 200) throw new Error(`${text}: ${reply.text}`);
  }
});
test.after.always(async () => {
  listener.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const post = (sql: string, query = '/'): Promise<Reply> =>
  send({ port, token: '' }, query, { body: sql });

test.serial('no way out of the engine folder', async (t) => {
  for (const way of ways) {
    const place = makePlace(listener);
    for (const { text } of splitStatements(way.sql(place))) {
      const replies = [await post(text), await post(text, '/?default_format=JSON')];
      for (const reply of replies)
        t.false(reply.text.includes(secret), `${way.name}: ${reply.text}`);
    }
    t.deepEqual(place.traces(), [], way.name);
    place.remove();
  }
});

test.serial('no way past the versions of mutable tables', async (t) => {
  // FORMAT is in place here: each answer is in one.
  const templates = refusedTemplates.filter((each) => !/\bFORMAT JSON/.test(each));
  t.is(templates.length, refusedTemplates.length - 1);
  for (const template of templates) {
    const sql = plainOf(template).replaceAll('{db}', 'db');
    t.not((await post(sql)).status, 200, sql);
    t.is((await post('SELECT k, v FROM db.t ORDER BY k')).text, '1\tnew\n', sql);
  }
});

test.serial('no hidden row, no hidden column', async (t) => {
  for (const sql of [
    'SELECT * FROM db.t',
    "SELECT COLUMNS('.*') FROM db.t",
    'SELECT * FROM db.t FORMAT JSON',
    "SELECT * FROM merge('db', 't')",
    'SELECT * FROM (SELECT * FROM db.t) AS a JOIN db.t AS b USING (k)',
    'DESCRIBE TABLE db.t',
    'SHOW CREATE TABLE db.t',
    'SHOW COLUMNS FROM db.t',
    'SELECT _INTERNAL_VERSION FROM db.t',
    'SELECT * FROM db.t SETTINGS final = 0',
    "SELECT * FROM mergeTreeIndex('db', 't')",
  ]) {
    for (const query of [
      '/',
      '/?database=db',
      '/?default_format=Native',
      '/?wait_end_of_query=1',
    ]) {
      const { status, text } = await post(sql, query);
      t.false(text.includes('gone-row') || text.includes('old'), sql);
      if (status === 200) t.false(text.includes('_INTERNAL_'), `${sql}: ${text}`);
    }
  }
  for (const setting of [
    'final=0',
    'asterisk_include_materialized_columns=1',
    'query_cache_tag=9',
  ]) {
    const reply = await post('SELECT * FROM db.t', `/?${setting}`);
    t.is(reply.headers['x-clickhouse-exception-code'], '452', setting);
  }
});
