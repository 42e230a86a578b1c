// Goal: nobody gets in without the token, by any way that a client or a page of a browser has.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import path from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { FlashError } from '../../../src/protocol/index.js';
import { startServer } from '../../../src/server/index.js';
import { send, startHttp, type HttpServer } from './http-server.js';

let server: HttpServer;
test.before(async () => {
  server = await startHttp({ limits: { wrongTokenDelayMs: 100, wrongTokenDelayMsMax: 100 } });
});
test.after.always(async () => {
  await server.stop();
});

const statement = '/?query=SELECT%201';
const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

test('the token is the password, wherever a client puts it', async (t) => {
  const none = { 'x-clickhouse-key': undefined };
  const { token } = server;
  for (const headers of [
    { 'x-clickhouse-key': token },
    { 'x-clickhouse-user': 'default', 'x-clickhouse-key': token },
    { ...none, authorization: basic('default', token) },
    { ...none, authorization: `Bearer ${token}` },
  ]) {
    t.is((await send(server, statement, { headers })).text, '1\n', Object.keys(headers).join());
  }
  const inUrl = `${statement}&user=me&password=${token}`;
  t.is((await send(server, inUrl, { headers: none })).text, '1\n');
});

test('without one, or with another, nothing is run', async (t) => {
  const none = { 'x-clickhouse-key': undefined };
  const asked = await send(server, statement, { headers: none });
  t.deepEqual([asked.status, asked.headers['x-clickhouse-exception-code']], [401, '194']);
  t.regex(String(asked.headers['www-authenticate']), /^Basic/);
  for (const headers of [
    { 'x-clickhouse-key': `${server.token}x` },
    { 'x-clickhouse-key': server.token.slice(0, -1) },
    { ...none, authorization: basic(server.token, 'default') },
    { ...none, authorization: basic('default', 'wrong') },
    { 'x-clickhouse-key': 'wrong', authorization: basic('default', server.token) },
  ]) {
    const beganMs = performance.now();
    const reply = await send(server, '/', { headers, body: 'CREATE DATABASE broken_in' });
    t.deepEqual([reply.status, reply.headers['x-clickhouse-exception-code']], [403, '516']);
    t.true(performance.now() - beganMs >= 98, 'a wrong password waits');
    t.false(reply.text.includes(server.token));
  }
  t.is((await send(server, '/?query=EXISTS%20DATABASE%20broken_in')).text, '0\n');
  t.true(server.served.server.metrics.loginsFailed >= 5);
});

test('a page of a browser can do nothing', async (t) => {
  const { port } = server;
  for (const headers of [
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: `http://localhost:${port + 1}` },
    { host: 'evil.example' },
    { host: `evil.example:${port}` },
    { host: '127.0.0.1.evil.example' },
    { 'sec-fetch-site': 'cross-site' },
  ]) {
    const reply = await send(server, '/', { headers, body: 'SELECT 1' });
    t.deepEqual(
      [reply.status, reply.headers['x-clickhouse-exception-code']],
      [403, '497'],
      JSON.stringify(headers),
    );
    t.is(reply.headers['access-control-allow-origin'], undefined);
  }
  const own = { origin: `http://127.0.0.1:${port}` };
  t.is((await send(server, '/', { headers: own, body: 'SELECT 1' })).text, '1\n');
  const name = { host: `localhost:${port}` };
  t.is((await send(server, '/', { headers: name, body: 'SELECT 1' })).text, '1\n');
  t.is((await send(server, '/', { method: 'OPTIONS' })).status, 405);
});

test('a token is needed on this machine too, unless it is said to be open', async (t) => {
  const { engine } = server;
  const log = (): void => undefined;
  const base = { host: '127.0.0.1', port: 0, version: '0', log };
  const http = { host: '127.0.0.1', port: 0, isOpen: false };
  const error = await t.throwsAsync(startServer(engine, { ...base, http }), {
    instanceOf: FlashError,
  });
  t.regex(error.hint ?? '', /--http-open/);
  const wide = { host: '0.0.0.0', port: 0, isOpen: true };
  await t.throwsAsync(startServer(engine, { ...base, http: wide }), { instanceOf: FlashError });
  const open = await startServer(engine, { ...base, http: { ...http, isOpen: true } });
  const port = Number(new URL(open.httpUrl ?? '').port);
  const headers = { 'x-clickhouse-key': undefined };
  t.is((await send({ port, token: '' }, statement, { headers })).text, '1\n');
  const page = { ...headers, origin: 'http://evil.example' };
  t.is((await send({ port, token: '' }, '/', { headers: page, body: 'SELECT 1' })).status, 403);
  await open.close();
});

test.serial('a changed token holds from the reload on', async (t) => {
  await writeFile(server.tokenFile, 'another token that is long enough');
  await server.served.server.reload();
  t.is((await send(server, statement)).status, 403);
  const headers = { 'x-clickhouse-key': 'another token that is long enough' };
  t.is((await send(server, statement, { headers })).text, '1\n');
  await writeFile(server.tokenFile, server.token);
  await server.served.server.reload();
  t.is((await send(server, statement)).text, '1\n');
});

test('HTTPS, with the certificate of the server', async (t) => {
  const folder = path.dirname(server.tokenFile);
  const certFile = path.join(folder, 'cert.pem');
  const keyFile = path.join(folder, 'key.pem');
  const subject = [
    '-subj',
    '/CN=localhost',
    '-addext',
    'subjectAltName=DNS:localhost,IP:127.0.0.1',
  ];
  const make = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    keyFile,
    '-out',
    certFile,
  ];
  await promisify(execFile)('openssl', [...make, ...subject]);
  const log = (): void => undefined;
  const secure = await startServer(server.engine, {
    ...{ host: '127.0.0.1', port: 0, version: '0', log, tokenFile: server.tokenFile },
    tls: { certFile, keyFile },
    http: { host: '127.0.0.1', port: 0, isOpen: false },
  });
  const url = new URL(`${secure.httpUrl ?? ''}${statement}`);
  t.is(url.protocol, 'https:');
  const ca = await readFile(certFile);
  const text = await new Promise<string>((resolve, reject) => {
    request(url, { ca, headers: { 'x-clickhouse-key': server.token } }, (response) => {
      response.setEncoding('utf8').on('data', resolve);
    })
      .on('error', reject)
      .end();
  });
  t.is(text, '1\n');
  await secure.close();
});
