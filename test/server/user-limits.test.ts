// Goal: the limits of a user hold through every door, and no statement goes around them. Method: a real engine, served over
// TCP and HTTP: statements within the limits and over them, settings that would raise them, and then others without
// limits, on the same connections of the engine.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { connect } from 'node:net';
import path from 'node:path';
import test from 'ava';
import { openRemoteEngine } from '../../src/engine/remote/index.js';
import { FlashError, queryRows } from '../../src/protocol/index.js';
import { Accounts, hashPassword } from '../../src/server/index.js';
import type { EmbeddedEngine } from '../../src/engine/index.js';
import { openEmbeddedEngine } from '../engine/open-engine.js';
import { send } from './http/http-server.js';
import { serveEngine, type TestServer } from './test-server.js';

let folder = '';
let engine: EmbeddedEngine;
let accounts: Accounts;
let served: TestServer;

const token = 'the-token-of-the-owner-0123456789';
const password = 'password-of-everybody';
const limits = { resultBytesMax: 100_000, memoryBytesMax: 60_000_000 };

async function writeUsers(ofSmall: object): Promise<void> {
  const hash = await hashPassword(password);
  const users = {
    small: { password: hash, write: ['shop.*'], ...ofSmall },
    seldom: { password: hash, read: ['shop.*'], queriesPerMinuteMax: 3 },
    free: { password: hash, read: ['shop.*'] },
  };
  await writeFile(path.join(folder, 'users.json'), JSON.stringify({ users }), { mode: 0o600 });
}

test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'theflash-limits-'));
  await writeUsers(limits);
  await writeFile(path.join(folder, 'token'), token);
  accounts = await Accounts.open(path.join(folder, 'users.json'));
  engine = await openEmbeddedEngine(path.join(folder, 'data'), { rights: accounts.rights });
  await engine.execute(`CREATE DATABASE shop;
    CREATE TABLE shop.orders (id Int32, v String) ENGINE = MutableMergeTree ORDER BY id;
    INSERT INTO shop.orders SELECT number, 'v' FROM numbers(1000)`);
  served = await serveEngine(engine, {
    tokenFile: path.join(folder, 'token'),
    http: { host: '127.0.0.1', port: 0, isOpen: false },
    accounts,
    readStatus: () => Promise.reject(new Error('nobody gets so far')),
    limits: { wrongTokenDelayMs: 0 },
  });
});
test.after.always(async () => {
  await served.stop();
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

/** What a statement comes to: `ok`, or the engine's code, or ours where it has none. */
type Door = (sql: string, address?: string) => Promise<{ outcome: string; rows: number }>;

function overHttp(user: string): Door {
  const port = Number(new URL(served.server.httpUrl ?? '').port);
  // Held back to its end, an answer has its status.
  return async (body, address = '/?wait_end_of_query=1') => {
    const headers = {
      'x-clickhouse-user': user,
      'x-clickhouse-key': user === 'owner' ? token : password,
    };
    const reply = await send({ port, token }, address, { body, headers });
    const code = String(reply.headers['x-clickhouse-exception-code'] ?? '');
    const isTooLarge = reply.text.includes('The result has more than');
    const outcome = isTooLarge ? 'TOO_LARGE' : reply.status === 200 ? 'ok' : code;
    return { outcome, rows: reply.text.split('\n').length - 1 };
  };
}

/** Errors: those of the connection. */
async function overTcp(user: string): Promise<Door & { close: () => Promise<void> }> {
  const at = user === 'owner' ? '' : `${user}@`;
  const remote = await openRemoteEngine(`tcp://${at}127.0.0.1:${served.server.port}`, {
    token: user === 'owner' ? token : password,
  });
  const door: Door = async (sql) => {
    try {
      return { outcome: 'ok', rows: (await queryRows(remote, sql)).length };
    } catch (error) {
      if (!(error instanceof FlashError)) throw error;
      return { outcome: String(error.place.engineCode ?? error.code), rows: 0 };
    }
  };
  return Object.assign(door, { close: () => remote.close() });
}

const within = [
  'SELECT id FROM shop.orders',
  'SELECT count(), sum(id) FROM shop.orders',
  "SELECT repeat('x', 90000)",
  "INSERT INTO shop.orders SELECT number, 'w' FROM numbers(500)",
  "UPDATE shop.orders SET v = 'x' WHERE id < 400",
  'DELETE FROM shop.orders WHERE id >= 900',
  'SHOW TABLES FROM shop',
];

/** Statements, and what they are refused with over HTTP and TCP; `cut` after the beginning was sent. */
const over = [
  ['SELECT number FROM numbers(200000)', ['TOO_LARGE']],
  ["SELECT repeat('x', 110000)", ['TOO_LARGE']],
  ["SELECT repeat('x', 60000) UNION ALL SELECT repeat('y', 60000)", ['TOO_LARGE']],
  ['SELECT * FROM numbers(100000000) SETTINGS max_block_size = 10000000', ['TOO_LARGE', '241']],
  ['SELECT length(groupArray(number)) FROM numbers(30000000)', ['241']],
  ['INSERT INTO shop.orders SELECT length(groupArray(number)), 1 FROM numbers(30000000)', ['241']],
  ['SELECT 1 SETTINGS max_memory_usage = 0', ['36', 'INVALID_REQUEST']],
  ['SELECT * FROM (SELECT 1 SETTINGS max_memory_usage = 0)', ['36', 'INVALID_REQUEST']],
] as const;

for (const kind of ['http', 'tcp'] as const) {
  test.serial(
    `${kind}: what is within the limits runs, and what is over them is refused`,
    async (t) => {
      const tcp = await overTcp('small');
      t.teardown(tcp.close);
      const door = kind === 'tcp' ? tcp : overHttp('small');
      for (const sql of within) t.is((await door(sql)).outcome, 'ok', sql);
      for (const [sql, codes] of over) {
        const { outcome } = await door(sql);
        t.true((codes as readonly string[]).includes(outcome), `${sql}: ${outcome}`);
      }
      // Nobody else is held to them, on the connections that they ran on.
      const owner = overHttp('owner');
      const free = overHttp('free');
      for (let count = 0; count < 20; count += 1) {
        const asked = "SELECT number FROM numbers(30000) WHERE getSetting('max_memory_usage') = 0";
        for (const other of [owner, free])
          t.deepEqual(await other(asked), { outcome: 'ok', rows: 30000 });
      }
    },
  );
}

test.serial('an answer that has begun is cut before the limit', async (t) => {
  const port = Number(new URL(served.server.httpUrl ?? '').port);
  const socket = connect({ port, host: '127.0.0.1' });
  const key = Buffer.from(`small:${password}`).toString('base64');
  const sql = 'SELECT number FROM numbers(200000)';
  socket.write(
    `POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic ${key}\r\nContent-Length: ${sql.length}\r\n\r\n${sql}`,
  );
  let came = '';
  for await (const piece of socket.on('error', () => undefined)) came += String(piece);
  t.regex(came, /^HTTP\/1\.1 200/);
  t.regex(came, /__exception__[^]*The result has more than 100000 bytes/);
  t.true(came.length < limits.resultBytesMax + 4000, String(came.length));
});

test.serial('no setting of an address or a session raises the memory', async (t) => {
  const door = overHttp('small');
  const sql = 'SELECT length(groupArray(number)) FROM numbers(30000000)';
  for (const address of [
    ...[
      '/?wait_end_of_query=1&max_memory_usage=0',
      '/?wait_end_of_query=1&max_memory_usage=10000000000',
      '/?wait_end_of_query=1&profile=default',
    ],
    ...[
      '/?wait_end_of_query=1&compatibility=20.1',
      '/?wait_end_of_query=1&max_memory_usage_for_user=0',
      '/?wait_end_of_query=1&memory_usage_overcommit_max_wait_microseconds=1',
    ],
  ]) {
    t.not((await door(sql, address)).outcome, 'ok', address);
  }
  await door('SET max_memory_usage = 0', '/?wait_end_of_query=1&session_id=raise');
  t.is((await door(sql, '/?wait_end_of_query=1&session_id=raise')).outcome, '241');
});

test.serial('statements of a minute are counted over all doors', async (t) => {
  const tcp = await overTcp('seldom');
  t.teardown(tcp.close);
  const http = overHttp('seldom');
  t.is((await tcp('SELECT 1')).outcome, 'ok');
  t.is((await tcp('SELECT 1')).outcome, 'ok');
  t.is((await http('SELECT 1')).outcome, 'ok');
  t.is((await http('SELECT 1')).outcome, '202');
});

test.serial('a reload takes other limits', async (t) => {
  await writeUsers({ ...limits, resultBytesMax: 200_000 });
  await accounts.reload();
  const door = overHttp('small');
  t.is((await door("SELECT repeat('x', 190000)")).outcome, 'ok');
  t.is((await door("SELECT repeat('x', 210000)")).outcome, 'TOO_LARGE');
});
