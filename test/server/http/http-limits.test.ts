// Goal: a client of the HTTP door holds up no other, and no memory. Method: clients that read nothing, go
// away, send without end or come in numbers, and the figures of the server beside them.
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import test from 'ava';
import { gzipSync } from 'node:zlib';
import { queryRows } from '../../../src/protocol/index.js';
import { run, send, startHttp, type HttpServer } from './http-server.js';

let server: HttpServer;
test.before(async () => {
  server = await startHttp({
    limits: {
      scansMax: 4,
      scanWaitMs: 1_000,
      statementsMax: 2,
      appendBytesMax: 1024 * 1024,
      connectionsPerAddressMax: 20,
      stallTimeoutMs: 5_000,
      drainTimeoutMs: 200,
    },
  });
  await server.engine.execute(`CREATE DATABASE db;
    CREATE TABLE db.t (k Int64, v String) ENGINE = MutableMergeTree ORDER BY k;
    INSERT INTO db.t VALUES (1, 'a')`);
});
test.after.always(async () => {
  await server.stop();
});

const endless = "SELECT number, repeat('x', 100) FROM system.numbers";

/** Begins a query and reads none of its answer. */
async function open(sql: string): Promise<{ sent: ClientRequest; response: IncomingMessage }> {
  const { port, token } = server;
  return await new Promise((resolve, reject) => {
    const headers = { 'x-clickhouse-key': token };
    const sent = request({ host: '127.0.0.1', port, method: 'POST', agent: false, headers });
    sent.on('response', (response) => {
      response.on('error', () => undefined);
      resolve({ sent, response });
    });
    sent.on('error', reject);
    sent.end(sql);
  });
}

/** Waits for a condition; the test's own time-out ends it when it never holds. */
async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await wait(5);
}

const isIdle = async (): Promise<boolean> => {
  const sql =
    "SELECT count() AS n FROM system.processes WHERE query LIKE '%system.numbers%' AND query NOT LIKE '%processes%'";
  const [row] = await queryRows(server.engine, sql);
  return server.served.server.counts().scans === 0 && Number(row?.['n']) === 0;
};

test.serial('queries beside as many as may run wait for a place, for a time', async (t) => {
  // Sixteen for four places: each takes less than the second that the last may wait.
  const short = 'SELECT sleep(0.05)';
  const replies = await Promise.all(
    Array.from({ length: 16 }, () => send(server, '/', { body: short })),
  );
  t.deepEqual(
    replies.map(({ status, text }) => [status, text]),
    Array.from({ length: 16 }, () => [200, '0\n']),
  );
  const readers = await Promise.all(Array.from({ length: 4 }, () => open(endless)));
  const waiting = [1, 2].map(() => send(server, '/', { body: 'SELECT 1' }));
  for (const reply of await Promise.all(waiting)) {
    t.is(reply.headers['x-clickhouse-exception-code'], '202', reply.text);
  }
  for (const { sent } of readers) sent.destroy();
  await until(isIdle);
});

test.serial('a slow reader holds little memory and no writer, and is ended', async (t) => {
  await run(server, "SELECT number, repeat('x', 100) FROM numbers(1000000)");
  const before = process.memoryUsage().rss;
  const readers = await Promise.all([open(endless), open(endless), open(endless)]);
  const scans = (): number => server.served.server.counts().scans;
  t.is(scans(), 3);
  await run(server, "INSERT INTO db.t VALUES (2, 'b')");
  // As it is just before the first of them is ended: it grows no more then.
  let last = before;
  while (scans() === 3) {
    last = process.memoryUsage().rss;
    await wait(20);
  }
  const heldMib = (last - before) / 2 ** 20 / readers.length;
  t.log(`${Math.round(heldMib)} MiB a reader`);
  t.true(heldMib < 64, `${heldMib} MiB a reader`);
  await until(isIdle);
  for (const { sent } of readers) sent.destroy();
});

test.serial('a client that goes away ends its query', async (t) => {
  const { sent } = await open(endless);
  t.is(server.served.server.counts().scans, 1);
  sent.destroy();
  await until(isIdle);
  t.is(await run(server, 'SELECT 1'), '1\n');
});

test.serial('more queries than there are places are told so', async (t) => {
  const readers = await Promise.all([1, 2, 3, 4].map(() => open(endless)));
  const refused = await send(server, '/', { body: 'SELECT 1' });
  t.deepEqual([refused.status, refused.headers['x-clickhouse-exception-code']], [503, '202']);
  await run(server, "INSERT INTO db.t VALUES (3, 'c')");
  for (const { sent } of readers) sent.destroy();
  await until(isIdle);
});

test.serial('a body is bounded, packed or not', async (t) => {
  const rows = Buffer.from('1\ta\n'.repeat(500_000));
  const query = `/?query=${encodeURIComponent('INSERT INTO db.t FORMAT TSV')}`;
  const large = await send(server, query, { body: rows });
  t.is(large.headers['x-clickhouse-exception-code'], '307');
  const headers = { 'content-encoding': 'gzip' };
  const bomb = await send(server, query, { body: gzipSync(rows), headers });
  t.is(bomb.headers['x-clickhouse-exception-code'], '307');
  t.is(await run(server, 'SELECT count() FROM db.t'), '3\n');
});

test.serial('connections of an address are bounded', async (t) => {
  const sockets = Array.from({ length: 20 }, () => connect(server.port, '127.0.0.1'));
  await Promise.all(
    sockets.map((socket) => new Promise((resolve) => socket.on('connect', resolve))),
  );
  await until(() => server.served.server.counts().connections >= 20);
  const refused = await send(server, '/ping');
  t.is(refused.status, 503);
  for (const socket of sockets) socket.destroy();
  await until(() => server.served.server.counts().connections === 0);
  t.is((await send(server, '/ping')).text, 'Ok.\n');
});

test.serial('more requests than may wait on a connection end it', async (t) => {
  const socket = connect(server.port, '127.0.0.1');
  const head = `Host: localhost\r\nX-ClickHouse-Key: ${server.token}\r\n\r\n`;
  const slow = encodeURIComponent('SELECT count() FROM system.numbers');
  socket.write(`GET /?query=${slow} HTTP/1.1\r\n${head}`);
  await until(() => server.served.server.counts().scans === 1);
  socket.write(`GET /ping HTTP/1.1\r\n${head}`.repeat(200));
  await new Promise((resolve) => socket.on('close', resolve));
  await until(isIdle);
  t.is(await run(server, 'SELECT 1'), '1\n');
});

test.serial('a server that stops ends what does not end by itself', async (t) => {
  const { sent, response } = await open(endless);
  await server.served.server.close();
  t.is(server.served.server.counts().connections, 0);
  sent.destroy();
  response.destroy();
  const [row] = await queryRows(server.engine, 'SELECT count() AS n FROM db.t');
  t.is(Number(row?.['n']), 3);
});
