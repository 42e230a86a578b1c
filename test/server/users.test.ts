// Goal: a user of the users file has his rights, and no more, through every door. Method: a real engine, served over
// TCP and HTTP; each user sends each kind of statement through each door, and the engine's owner looks afterwards.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { openRemoteEngine, type RemoteEngine } from '../../src/engine/remote/index.js';
import { FlashError, listTables, queryRows, type Engine } from '../../src/protocol/index.js';
import { Accounts, hashPassword } from '../../src/server/index.js';
import type { EmbeddedEngine } from '../../src/engine/index.js';
import { openEmbeddedEngine } from '../engine/open-engine.js';
import { send } from './http/http-server.js';
import { waitUntil } from '../until.js';
import { serveEngine, until, type TestServer } from './test-server.js';

let folder = '';
let engine: EmbeddedEngine;
let accounts: Accounts;
let served: TestServer;
let httpPort = 0;

const token = 'the-token-of-the-owner-0123456789';
const passwords = { reader: 'password-of-reader', writer: 'password-of-writer' };

async function writeUsers(change: (users: Record<string, object>) => void): Promise<void> {
  const users: Record<string, object> = {
    reader: { password: await hashPassword(passwords.reader), read: ['shop.*'], queriesMax: 2 },
    writer: { password: await hashPassword(passwords.writer), write: ['shop.orders'] },
  };
  change(users);
  await writeFile(path.join(folder, 'users.json'), JSON.stringify({ users }), { mode: 0o600 });
}

test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'theflash-users-'));
  await writeUsers(() => undefined);
  await writeFile(path.join(folder, 'token'), token);
  accounts = await Accounts.open(path.join(folder, 'users.json'));
  engine = await openEmbeddedEngine(path.join(folder, 'data'), { rights: accounts.rights });
  await engine.execute(`CREATE DATABASE shop; CREATE DATABASE hid;
    CREATE TABLE shop.orders (id Int32, v String) ENGINE = MutableMergeTree ORDER BY id;
    CREATE TABLE shop.kept (id Int32) ENGINE = MergeTree ORDER BY id;
    CREATE TABLE hid.t (id Int32, v String) ENGINE = MutableMergeTree ORDER BY id;
    INSERT INTO shop.orders VALUES (1, 'a'), (2, 'b'); INSERT INTO hid.t VALUES (1, 'secret')`);
  served = await serveEngine(engine, {
    tokenFile: path.join(folder, 'token'),
    http: { host: '127.0.0.1', port: 0, isOpen: false },
    accounts,
    auditSql: true,
    readStatus: () => Promise.reject(new Error('nobody gets so far')),
    limits: { wrongTokenDelayMs: 0 },
  });
  httpPort = Number(new URL(served.server.httpUrl ?? '').port);
});
test.after.always(async () => {
  await served.stop();
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

/** A door, as a user or as who has the token. */
type Door = (sql: string) => Promise<{ outcome: string; text: string }>;

function overHttp(user: string, password: string): Door {
  return async (sql) => {
    const headers = { 'x-clickhouse-user': user, 'x-clickhouse-key': password };
    const reply = await send({ port: httpPort, token }, '/', { body: sql, headers });
    const code = String(reply.headers['x-clickhouse-exception-code'] ?? '');
    const outcome = reply.status === 200 ? 'ok' : code === '497' ? 'denied' : code;
    return { outcome, text: reply.text };
  };
}

async function connect(user: string | undefined, password: string): Promise<RemoteEngine> {
  const at = user === undefined ? '' : `${user}@`;
  return await openRemoteEngine(`tcp://${at}127.0.0.1:${served.server.port}`, { token: password });
}

function overTcp(remote: Engine): Door {
  return async (sql) => {
    try {
      const rows = await queryRows(remote, sql);
      return { outcome: 'ok', text: String(rows.length) };
    } catch (error) {
      if (!(error instanceof FlashError)) throw error;
      return { outcome: error.code === 'DENIED' ? 'denied' : error.code, text: error.message };
    }
  };
}

type Outcomes = Readonly<Record<'reader' | 'writer' | 'owner', 'ok' | 'denied'>>;

const readers: Outcomes = { reader: 'ok', writer: 'ok', owner: 'ok' };
const writers: Outcomes = { reader: 'denied', writer: 'ok', owner: 'ok' };
const owners: Outcomes = { reader: 'denied', writer: 'denied', owner: 'ok' };

const kinds: readonly (readonly [sql: string, outcomes: Outcomes])[] = [
  ['SELECT id FROM shop.orders WHERE id = 1', readers],
  ['SHOW TABLES FROM shop', readers],
  ['DESCRIBE shop.orders', readers],
  ['SHOW CREATE TABLE shop.orders', readers],
  ['EXPLAIN SELECT * FROM shop.orders', readers],
  ['SELECT name FROM system.tables', readers],
  ["SELECT * FROM format(CSV, 'x UInt8', '1')", readers],
  ['SELECT * FROM zeros(1)', readers],
  ["SELECT * FROM values('x UInt8', 1)", readers],
  ['SELECT * FROM hid.t', owners],
  ['SELECT * FROM shop.orders WHERE id IN (SELECT id FROM hid.t)', owners],
  ['DESCRIBE hid.t', owners],
  ['SHOW CREATE TABLE hid.t', owners],
  ["INSERT INTO shop.orders VALUES (3, 'c')", writers],
  ["INSERT INTO shop.orders SELECT 4, 'd'", writers],
  ["UPDATE shop.orders SET v = 'z' WHERE id = 3", writers],
  ['DELETE FROM shop.orders WHERE id = 4', writers],
  ["INSERT INTO hid.t VALUES (2, 'x')", owners],
  ['INSERT INTO shop.orders SELECT id + 10, v FROM hid.t', owners],
  ['CREATE TABLE IF NOT EXISTS shop.made (a Int32) ENGINE = Memory', owners],
  ['DROP TABLE IF EXISTS shop.kept', owners],
  ['CREATE SNAPSHOT snap OF shop.orders', owners],
  ['SHOW SNAPSHOTS', owners],
  ['DROP SNAPSHOT snap', owners],
  ['SHOW PROCESSLIST', owners],
  ['SELECT * FROM theflash.checkpoints', owners],
];

test.serial('users × doors × kinds of statement', async (t) => {
  const remotes = {
    reader: await connect('reader', passwords.reader),
    writer: await connect('writer', passwords.writer),
    owner: await connect(undefined, token),
  };
  const doors: readonly (readonly [keyof Outcomes, string, Door])[] = [
    ['reader', 'http', overHttp('reader', passwords.reader)],
    ['reader', 'tcp', overTcp(remotes.reader)],
    ['writer', 'http', overHttp('writer', passwords.writer)],
    ['writer', 'tcp', overTcp(remotes.writer)],
    ['owner', 'http', overHttp('default', token)],
    ['owner', 'tcp', overTcp(remotes.owner)],
  ];
  for (const [user, name, door] of doors) {
    for (const [sql, outcomes] of kinds) {
      const { outcome, text } = await door(sql);
      t.is(outcome, outcomes[user], `${user} over ${name}: ${sql}: ${text}`);
      if (outcomes[user] === 'denied') t.false(text.includes('secret'), text);
    }
  }
  await Promise.all(Object.values(remotes).map((each) => each.close()));
});

test.serial('files of a form are tables for a user, too, and no others', async (t) => {
  const ask = async (user: keyof typeof passwords, query: string): Promise<[number, string]> => {
    const form = new FormData();
    form.set('e', new Blob(['7\tseven\n']), 'e.tsv');
    const parameters = new URLSearchParams({ query, e_structure: 'id Int32, v String' });
    const reply = await fetch(`http://127.0.0.1:${httpPort}/?${parameters.toString()}`, {
      method: 'POST',
      body: form,
      headers: { 'x-clickhouse-user': user, 'x-clickhouse-key': passwords[user] },
    });
    return [Number(reply.headers.get('x-clickhouse-exception-code') ?? 0), await reply.text()];
  };
  t.deepEqual(await ask('reader', 'SELECT v FROM e'), [0, 'seven\n']);
  t.deepEqual(await ask('writer', 'INSERT INTO shop.orders SELECT * FROM e'), [0, '']);
  t.is((await ask('reader', 'INSERT INTO shop.orders SELECT * FROM e'))[0], 497);
  t.is((await ask('reader', 'SELECT * FROM e, hid.t'))[0], 497);
  // The right that table functions need makes no tables by itself.
  for (const user of ['reader', 'writer'] as const) {
    for (const door of [
      overHttp(user, passwords[user]),
      overTcp(await connect(user, passwords[user])),
    ]) {
      t.not((await door('CREATE TEMPORARY TABLE mine (a Int32)')).outcome, 'ok');
    }
  }
});

test.serial('over TCP: tables, planned scans and what needs the token', async (t) => {
  const remote = await connect('reader', passwords.reader);
  t.teardown(() => remote.close());
  const tables = await listTables(remote);
  t.deepEqual(
    tables.map(({ database, table }) => `${database}.${table}`),
    ['shop.made', 'shop.orders'],
  );
  const before = (await queryRows(engine, 'SHOW SNAPSHOTS')).length;
  const plan = await remote.plan({
    database: 'shop',
    table: 'orders',
    splitsMin: 1,
    splitsMax: 2,
    splitBytes: 1 << 20,
  });
  let rows = 0;
  for (const split of plan.splits) {
    for await (const message of await remote.scan(split.ticket)) rows += message.rows;
  }
  t.true(rows >= 2);
  t.is((await queryRows(engine, 'SHOW SNAPSHOTS')).length, before + 1);
  await remote.execute(`DROP SNAPSHOT IF EXISTS \`${plan.snapshot ?? ''}\``);
  t.is((await queryRows(engine, 'SHOW SNAPSHOTS')).length, before, 'of its own plan');
  await engine.execute('CREATE SNAPSHOT named OF hid.t');
  const told = await t.throwsAsync(
    remote.plan({
      database: 'shop',
      table: 'orders',
      snapshot: 'named',
      splitsMin: 1,
      splitsMax: 2,
      splitBytes: 1 << 20,
    }),
    { instanceOf: FlashError },
  );
  t.false(`${told.message} ${told.hint ?? ''}`.includes('hid'), 'a hint of other tables');
  await engine.execute('DROP SNAPSHOT named');
  const refused = [
    () =>
      remote.plan({ database: 'hid', table: 't', splitsMin: 1, splitsMax: 2, splitBytes: 1 << 20 }),
    () =>
      remote.plan({
        ...{ database: 'shop', table: 'orders', changesAfter: 0n },
        ...{ splitsMin: 1, splitsMax: 1, splitBytes: 1 << 20 },
      }),
    () => remote.readCheckpoint(''),
    () => remote.openBatch(),
    () => remote.insertRows({ database: 'shop', table: 'orders' }, new Uint8Array(8)),
  ];
  for (const act of refused) {
    const error = await t.throwsAsync(act as () => Promise<unknown>, { instanceOf: FlashError });
    t.is(error.code, 'DENIED', error.message);
  }
  t.is(
    (await queryRows(engine, 'SHOW SNAPSHOTS')).length,
    before,
    'none was made for what may not be read',
  );
});

test.serial(
  'wrong passwords, names that there are not, and the token with a name of the file',
  async (t) => {
    const wrong: readonly (readonly [user: string, password: string])[] = [
      ['reader', 'wrong-password-1'],
      ['reader', passwords.writer],
      ['nobody', passwords.reader],
      ['reader', token],
      ['reader', passwords.writer.toUpperCase()],
      ['', passwords.reader],
    ];
    for (const [user, password] of wrong) {
      const { outcome } = await overHttp(user, password)('SELECT 1');
      t.is(outcome, '516', `${user} ${password}`);
      if (user === '') continue;
      const error = await t.throwsAsync(connect(user, password), { instanceOf: FlashError });
      t.is(error.code, 'AUTH');
    }
    t.is(
      (await t.throwsAsync(connect(undefined, passwords.reader), { instanceOf: FlashError })).code,
      'AUTH',
    );
    t.is((await overHttp('anybody', token)('SELECT 1')).outcome, 'ok');
  },
);

test.serial('each its own sessions, its own queries to kill, and so many at once', async (t) => {
  const ask = (
    user: keyof typeof passwords | 'default',
    query: string,
    body: string,
  ): ReturnType<typeof send> =>
    send({ port: httpPort, token }, query, {
      body,
      headers: {
        'x-clickhouse-user': user,
        'x-clickhouse-key': user === 'default' ? token : passwords[user],
      },
    });
  t.is((await ask('default', '/?session_id=one', 'USE hid')).status, 200);
  t.is((await ask('default', '/?session_id=one', 'SELECT v FROM t WHERE id = 1')).text, 'secret\n');
  const other = await ask('reader', '/?session_id=one', 'SELECT currentDatabase()');
  t.is(other.text, 'default\n');
  const slow =
    'SELECT count() FROM numbers(10) WHERE NOT sleepEachRow(0.9) SETTINGS max_block_size = 1, max_threads = 1';
  const running = [ask('reader', '/?query_id=mine', slow), ask('reader', '/?query_id=mine2', slow)];
  await waitUntil('both run', async () => {
    const sql = `SELECT count() AS n FROM system.processes WHERE query LIKE '%sleepEachRow(0.9)%' AND query NOT LIKE '%processes%'`;
    return Number((await queryRows(engine, sql))[0]?.['n']) === 2;
  });
  t.is(
    (await ask('reader', '/', 'SELECT 1')).headers['x-clickhouse-exception-code'],
    '202',
    'queriesMax',
  );
  // Nobody learns of another's id, or is kept from it.
  for (const user of ['writer', 'default'] as const) {
    t.is((await ask(user, '/?query_id=mine', 'SELECT 1')).text, '1\n', user);
  }
  t.is(
    (await ask('writer', '/', "KILL QUERY WHERE query_id = 'mine'")).headers[
      'x-clickhouse-exception-code'
    ],
    '497',
  );
  t.is((await ask('default', '/', "KILL QUERY WHERE query_id = 'mine'")).status, 200);
  const [killed, done] = await Promise.all(running);
  t.is(killed?.headers['x-clickhouse-exception-code'], '394');
  t.is(done?.status, 200);
  t.is((await ask('reader', '/', 'SELECT 1')).text, '1\n');
});

test.serial('the page, which shows all, is for who has the token', async (t) => {
  for (const [user, password, status] of [
    ['reader', passwords.reader, 403],
    ['writer', passwords.writer, 403],
    ['anybody', token, 200],
  ] as const) {
    const headers = { 'x-clickhouse-user': user, 'x-clickhouse-key': password };
    const reply = await send({ port: httpPort, token }, '/status', { headers });
    t.is(reply.status, status, reply.text.slice(0, 300));
  }
});

test.serial('the log says who ran what', async (t) => {
  await overHttp('reader', passwords.reader)('SELECT 42');
  await overHttp('reader', passwords.reader)('SELECT * FROM hid.t');
  const statements = (): (typeof served.log)[number]['fields'][] =>
    served.log.filter(({ event }) => event === 'statement').map(({ fields }) => fields);
  // A statement is logged after its answer.
  const isFirst = ({ sql }: ReturnType<typeof statements>[number]): boolean => sql === 'SELECT 42';
  await until(() => statements().findIndex(isFirst) in statements().slice(0, -1));
  const lines = statements();
  const last = lines.slice(lines.findIndex(isFirst));
  t.like(last[0], {
    user: 'reader',
    door: 'http',
    kind: 'SELECT',
    outcome: 'ok',
    sql: 'SELECT 42',
  });
  t.like(last[1], { user: 'reader', kind: 'SELECT', outcome: 'DENIED' });
  t.true(lines.some(({ user, door }) => user === '(token)' && door === 'tcp'));
});

test.serial(
  'a reload takes passwords and users that are gone, and refuses other rights',
  async (t) => {
    const login = (password: string): Promise<string> =>
      overHttp('reader', password)('SELECT 1').then(({ outcome }) => outcome);
    t.is(await login(passwords.reader), 'ok');
    await writeUsers((users) => {
      users['reader'] = { ...users['reader'], read: ['*'] };
    });
    const refused = await t.throwsAsync(served.server.reload(), { instanceOf: FlashError });
    t.regex(refused.message, /gives reader other rights/);
    await chmod(path.join(folder, 'users.json'), 0o644);
    t.is((await t.throwsAsync(served.server.reload(), { instanceOf: FlashError })).code, 'DENIED');
    t.is(await login(passwords.reader), 'ok');
    await rm(path.join(folder, 'users.json'));
    const changed = await hashPassword('another-password');
    await writeUsers((users) => {
      users['reader'] = { ...users['reader'], password: changed };
      delete users['writer'];
    });
    await served.server.reload();
    t.is(await login(passwords.reader), '516');
    t.is(await login('another-password'), 'ok');
    t.is((await overHttp('writer', passwords.writer)('SELECT 1')).outcome, '516');
  },
);
