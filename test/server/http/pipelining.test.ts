// Goal: requests that come on a connection before the answers to those before them are answered, in order
// and one at a time; a client that goes away still ends its statement. Method: raw bytes to a real engine.
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import test from 'ava';
import { queryRows } from '../../../src/protocol/index.js';
import { run, startHttp, type HttpServer } from './http-server.js';

let server: HttpServer;
test.before(async () => {
  server = await startHttp();
  await server.engine.execute(`CREATE DATABASE db;
    CREATE TABLE db.t (k Int64) ENGINE = MutableMergeTree ORDER BY k`);
});
test.after.always(async () => {
  await server.stop();
});

const post = (sql: string, more = ''): string =>
  `POST / HTTP/1.1\r\nHost: localhost\r\nX-ClickHouse-Key: ${server.token}\r\n${more}` +
  `Content-Length: ${sql.length}\r\n\r\n${sql}`;
const get = (sql: string, more = ''): string =>
  `GET /?query=${encodeURIComponent(sql)} HTTP/1.1\r\nHost: localhost\r\n` +
  `X-ClickHouse-Key: ${server.token}\r\n${more}\r\n`;
const last = 'Connection: close\r\n';

interface Answer {
  status: number;
  text: string;
}

/** Sends the pieces at once, and reads answers until the server closes the connection. */
async function exchange(requests: string): Promise<Answer[]> {
  const socket = connect(server.port, '127.0.0.1');
  socket.write(requests);
  const pieces: Buffer[] = [];
  socket.on('data', (piece) => pieces.push(piece));
  await new Promise((resolve) => socket.on('close', resolve));
  return readAnswers(Buffer.concat(pieces).toString());
}

/** Answers of one chunk each. */
function readAnswers(text: string): Answer[] {
  return text
    .split(/(?=HTTP\/1\.1 \d)/)
    .filter((each) => each !== '')
    .map((each) => {
      const [head = '', ...rest] = each.split('\r\n\r\n');
      const body = rest.join('\r\n\r\n');
      const isChunked = /transfer-encoding: chunked/i.test(head);
      const data = isChunked
        ? body.replace(/^[\da-f]+\r\n|\r\n0$|^0$/g, '').trimEnd()
        : body.trimEnd();
      return { status: Number(head.slice(9, 12)), text: data.replace(/\s+0$/, '') };
    });
}

test('all are answered, in order', async (t) => {
  const slow = get("SELECT 'slow' WHERE NOT ignore(sleep(0.3))");
  const answers = await exchange(
    slow +
      post("SELECT 'body'") +
      get('SELECT nosuch') +
      'GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n' +
      get("SELECT 'five'") +
      post("SELECT 'last'", last),
  );
  t.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 404, 200, 200, 200],
  );
  const texts = answers.map(({ text }) => text);
  t.deepEqual([...texts.slice(0, 2), ...texts.slice(3)], ['slow', 'body', 'Ok.', 'five', 'last']);
  t.regex(texts[2] ?? '', /^Code: 47\./);
});

test.serial('fifty at once, and ones that come while others run', async (t) => {
  const numbers = Array.from({ length: 50 }, (_, index) => index);
  const requests = numbers.map((number) => get(`SELECT 'n${number}'`, number === 49 ? last : ''));
  const answers = await exchange(requests.join(''));
  t.deepEqual(
    answers.map(({ text }) => text),
    numbers.map((number) => `n${number}`),
  );
  const socket = connect(server.port, '127.0.0.1');
  let got = '';
  socket.on('data', (piece) => (got += piece.toString()));
  socket.setNoDelay(true);
  socket.write(get('SELECT sleep(3)'));
  while (server.served.server.counts().scans === 0) await wait(5);
  const second = post("SELECT 'second'", last);
  await new Promise((resolve) => socket.write(second.slice(0, 30), resolve));
  socket.write(second.slice(30));
  await new Promise((resolve) => socket.on('close', resolve));
  t.deepEqual(
    readAnswers(got).map(({ text }) => text),
    ['0', 'second'],
  );
});

test.serial('a statement runs after those before it', async (t) => {
  const answers = await exchange(
    post('INSERT INTO db.t SELECT number FROM numbers(3) WHERE NOT ignore(sleepEachRow(0.1))') +
      post("SELECT 'n' || count() FROM db.t") +
      post('DELETE FROM db.t WHERE k = 1') +
      get("SELECT 'n' || count() FROM db.t", last),
  );
  t.deepEqual(
    answers.map(({ text }) => text),
    ['', 'n3', '', 'n2'],
  );
});

test.serial('what comes after the last request of a connection is not run', async (t) => {
  await exchange(get("SELECT 'end'", last) + post('INSERT INTO db.t VALUES (100)'));
  t.is(await run(server, 'SELECT count() FROM db.t WHERE k = 100'), '0\n');
});

const running = async (): Promise<number> => {
  const sql =
    "SELECT count() AS n FROM system.processes WHERE query LIKE '%system.numbers%' AND query NOT LIKE '%processes%'";
  const [row] = await queryRows(server.engine, sql);
  return Number(row?.['n']);
};

for (const [how, leave] of [
  ['closes', (socket: Socket): unknown => socket.destroy()],
  ['resets', (socket: Socket): unknown => socket.resetAndDestroy()],
] as const) {
  test.serial(`a client that ${how} ends its statement, and those that wait`, async (t) => {
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => undefined);
    const endless = get('SELECT count() FROM system.numbers');
    socket.write(endless + post('INSERT INTO db.t VALUES (200)') + endless);
    while ((await running()) === 0) await wait(5);
    leave(socket);
    while ((await running()) > 0) await wait(5);
    while (server.served.server.counts().connections > 0) await wait(5);
    t.is(await run(server, 'SELECT count() FROM db.t WHERE k = 200'), '0\n');
  });
}
