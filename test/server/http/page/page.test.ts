// Goal: people see how the server stands in a browser, and programs get what they got before. Method: real requests to a
// real engine, whose names and texts are full of what HTML is made of.
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import test from 'ava';
import { readEngineStatus } from '../../../../src/cli/index.js';
import { acceptsHtml } from '../../../../src/server/http/page/accepts-html.js';
import { serveEngine, until, type TestServer } from '../../test-server.js';
import { run, send, type HttpServer, type Reply } from '../http-server.js';
import { browserHeaders, startPage } from './page-server.js';

let server: HttpServer;
test.before(async () => {
  server = await startPage({
    limits: { wrongTokenDelayMs: 100, wrongTokenDelayMsMax: 100 },
  });
  await run(server, `CREATE DATABASE "${hostile}"`);
  await run(
    server,
    `CREATE TABLE "${hostile}"."${hostile}" (id Int32, "${hostile}" String) ENGINE = MutableMergeTree ORDER BY id`,
  );
  await run(server, `INSERT INTO "${hostile}"."${hostile}" VALUES (1, '${hostile}'), (2, 'b')`);
  await run(server, `DELETE FROM "${hostile}"."${hostile}" WHERE id = 2`);
  await run(server, `CREATE SNAPSHOT monday OF "${hostile}"."${hostile}"`);
});
test.after.always(async () => {
  await server.stop();
});

const hostile = '</td><script>alert(1)</script>&amp; <img src=x onerror=alert(2)>';
const escaped =
  '&#60;/td&#62;&#60;script&#62;alert(1)&#60;/script&#62;&#38;amp; &#60;img src=x onerror=alert(2)&#62;';

const http = { host: '127.0.0.1', port: 0, isOpen: false };
const portOf = ({ server: { httpUrl } }: TestServer): number => Number(new URL(httpUrl ?? '').port);
const browser = (): ReturnType<typeof browserHeaders> => browserHeaders(server);
const pages = [
  '/',
  '/status',
  '/sql',
  '/status?refresh=0',
  `/sql?query=${encodeURIComponent('SELECT 1')}`,
];

test('a browser gets the page at /, and everybody else what ClickHouse gives', async (t) => {
  const page = await send(server, '/', { headers: browser() });
  t.is(page.status, 200);
  t.regex(page.text, /^<!doctype html>/);
  const java = 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2';
  const newerJava = 'text/html, image/gif, image/jpeg, */*; q=0.2';
  for (const accept of [
    undefined,
    '*/*',
    'application/json',
    java,
    newerJava,
    'text/html;q=0',
    '',
  ]) {
    for (const path of ['/', '/?', '/ping', '/replicas_status', '/query']) {
      const reply = await send(server, path, {
        headers: { 'x-clickhouse-key': undefined, accept },
      });
      t.deepEqual([reply.status, reply.text], [200, 'Ok.\n'], `${path} ${accept ?? ''}`);
    }
  }
  t.is((await send(server, '/ping', { headers: browser() })).text, 'Ok.\n');
  t.is((await send(server, '/?query=SELECT+1', { headers: browser() })).text, '1\n');
  t.is((await send(server, '/', { headers: browser(), body: 'SELECT 2' })).text, '2\n');
  const head = await send(server, '/status', { headers: browser(), method: 'HEAD' });
  t.deepEqual([head.status, head.text], [200, '']);
});

test('what asks for HTML', (t) => {
  for (const accept of [
    'text/html',
    'text/html;q=0.9, */*',
    'application/xhtml+xml,TEXT/HTML ; charset=x',
  ]) {
    t.true(acceptsHtml(accept), accept);
  }
  for (const accept of ['text/*', 'text/htmlx', 'text/html;q=0.000', 'x/text/html']) {
    t.false(acceptsHtml(accept), accept);
  }
});

test('nobody sees it without the login, and a browser asks for it again', async (t) => {
  const none = { ...browser(), authorization: undefined };
  const wrong = {
    ...browser(),
    authorization: `Basic ${Buffer.from('me:wrong').toString('base64')}`,
  };
  for (const path of [...pages, '/status.json']) {
    for (const headers of [none, wrong]) {
      const beganMs = performance.now();
      const reply = await send(server, path, { headers });
      t.is(reply.status, 401, path);
      t.regex(String(reply.headers['www-authenticate']), /^Basic realm="TheFlash"/);
      t.false(reply.text.includes('alert(1)') || reply.text.includes('monday'), path);
      t.true(headers === none || performance.now() - beganMs >= 98, 'a wrong password waits');
    }
  }
  const cancel = await send(server, '/cancel', { headers: none, body: 'id=http-1&token=' });
  t.is(cancel.status, 401);
  // It would be in the history of the browser.
  t.is((await send(server, `/status?password=${server.token}`, { headers: none })).status, 401);
  t.is(
    (await send(server, '/status', { headers: { 'x-clickhouse-key': server.token } })).status,
    200,
  );
});

test('pages of other places get nothing', async (t) => {
  for (const headers of [
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { host: 'evil.example' },
    { 'sec-fetch-site': 'cross-site' },
  ]) {
    const reply = await send(server, '/status', { headers: { ...browser(), ...headers } });
    t.is(reply.status, 403, JSON.stringify(headers));
    t.false(reply.text.includes('monday'));
    t.is(reply.headers['access-control-allow-origin'], undefined);
  }
});

test('names are text, whatever is in them, and nothing but the style may run', async (t) => {
  const select = `SELECT *, '${hostile}' AS "${hostile} 2" FROM "${hostile}"."${hostile}"`;
  const shown = [
    ...pages,
    `/sql?query=${encodeURIComponent(select)}`,
    `/sql?query=${encodeURIComponent(`SELECT ${hostile}`)}`,
    `/sql?query=${encodeURIComponent(`</textarea>${hostile}`)}`,
    `/status?cancelled=${encodeURIComponent(hostile)}`,
    `/status?refresh=${encodeURIComponent(hostile)}`,
  ];
  for (const path of shown) {
    const { text, headers } = await send(server, path, { headers: browser() });
    t.notRegex(text, /<script|<img|onerror=alert\(2\)>|<\/textarea>&#60;\/td/i, path);
    const style = /<style>([^<]*)<\/style>/.exec(text)?.[1] ?? '';
    const sum = createHash('sha256').update(style).digest('base64');
    const policy = String(headers['content-security-policy']).split('; ');
    t.deepEqual(policy, [
      "default-src 'none'",
      `style-src 'sha256-${sum}'`,
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ]);
    t.is(headers['x-content-type-options'], 'nosniff');
    t.is(headers['cache-control'], 'no-store');
  }
  const { text } = await send(server, `/sql?query=${encodeURIComponent(select)}`, {
    headers: browser(),
  });
  t.is(text.split(escaped).length - 1, 8, 'four in the box, two names, two values');
});

test('tables and snapshots as status has them, and its JSON', async (t) => {
  const engine = await server.served.connect({ token: server.token });
  const { text } = await send(server, '/status', { headers: browser() });
  t.true(text.includes(`<th scope="row">${escaped}.${escaped}</th>`));
  t.regex(text, /<th scope="row">monday<\/th><td>a user, by CREATE SNAPSHOT<\/td>/);
  // The engine merges parts, and takes those away that were merged: what it says twice is compared.
  let status = await readEngineStatus(engine, null);
  let reply: Reply;
  for (;;) {
    const before = status;
    reply = await send(server, '/status.json', { headers: browser() });
    status = await readEngineStatus(engine, null);
    if (isDeepStrictEqual(status.tables, before.tables)) break;
  }
  t.is(reply.headers['content-type'], 'application/json');
  const { warnings, readAt, ...document } = JSON.parse(reply.text) as Record<string, unknown>;
  t.deepEqual(warnings, []);
  t.true(Math.abs(Date.parse(String(readAt)) - Date.now()) < 60_000);
  const here = {
    engine: server.engine.location,
    server: document['server'],
    disk: document['disk'],
  };
  t.deepEqual(document, JSON.parse(JSON.stringify({ ...status, ...here })));
  t.is(status.tables.length, 1);
  t.like(status.tables[0], { rows: 1, deletedRows: 1 });
  t.like(document['server'], { version: 'theflash/0.0.0-test', openWrites: 0 });
});

test('without a reader of the status there is no page', async (t) => {
  const { engine, tokenFile, token } = server;
  const plain = await serveEngine(engine, { tokenFile, http });
  const port = portOf(plain);
  t.is((await send({ port, token }, '/', { headers: browser() })).text, 'Ok.\n');
  t.is((await send({ port, token }, '/status', { headers: browser() })).status, 404);
  await plain.stop();
});

test('many who look cost one reading, and an engine that does not answer leaves the rest', async (t) => {
  let count = 0;
  const { engine, tokenFile, token } = server;
  const silent = await serveEngine(engine, {
    tokenFile,
    http,
    readStatus: () => {
      count += 1;
      return new Promise(() => undefined);
    },
  });
  const to = { port: portOf(silent), token };
  const replies = await Promise.all(
    Array.from({ length: 20 }, () => send(to, '/status', { headers: browser() })),
  );
  for (const { status, text } of replies) {
    t.is(status, 200);
    t.regex(text, /TIMEOUT<\/code> The engine has not told for 3 s/);
    t.regex(text, /Running queries/);
  }
  t.is(count, 1);
  const json = await send(to, '/status.json', { headers: browser() });
  t.is(json.status, 408);
  t.like(JSON.parse(json.text), { error: { code: 'TIMEOUT' } });
  await silent.stop();
});

test('the last errors, without what a client asked', async (t) => {
  t.is(
    (await send(server, `/?query=${encodeURIComponent("SELECT 'secret value' + 1")}`)).status,
    500,
  );
  await until(() => server.served.log.some(({ fields }) => fields['engineCode'] === 43));
  const { text } = await send(server, '/status', { headers: browser() });
  t.regex(
    text,
    /<td>INVALID_REQUEST 43<\/td><td>The client has the text\.<\/td><td>docs\/operations\.md/,
  );
  t.false(text.includes('secret value'));
});
