import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { openRemoteEngine } from '../../src/engine/remote/index.js';
import { FlashError, type Engine } from '../../src/protocol/index.js';
import { encodePreface } from '../../src/protocol/wire/index.js';
import { startServer } from '../../src/server/index.js';
import { RawClient } from './raw-client.js';
import { openTestEngine, serveEngine, until } from './test-server.js';

let local: { engine: Engine; remove: () => Promise<void> } | undefined;
let folder = '';

const token = 'a token of more than sixteen characters';

test.before(async () => {
  local = await openTestEngine();
  folder = await mkdtemp(path.join(tmpdir(), 'theflash-login-'));
  await writeFile(path.join(folder, 'token'), `${token}\n`);
});

test.after.always(async () => {
  await local?.remove();
  await rm(folder, { recursive: true, force: true });
});

const engine = (): Engine => {
  if (local === undefined) throw new Error('the engine did not open');
  return local.engine;
};

test.serial('a token lets in who has it, and nobody else', async (t) => {
  const tokenFile = path.join(folder, 'token');
  const served = await serveEngine(engine(), { tokenFile });
  try {
    const remote = await served.connect({ token });
    t.is((await remote.info()).patches.length > 0, true);
    for (const wrong of [`${token}x`, '', undefined]) {
      const options = wrong === undefined ? {} : { token: wrong };
      const error = await t.throwsAsync(() => served.connect(options), { instanceOf: FlashError });
      t.is(error.code, 'AUTH');
    }
    await writeFile(tokenFile, 'another token that is long enough');
    await served.server.reload();
    t.is(codeOf(await t.throwsAsync(() => served.connect({ token }))), 'AUTH');
    await served.connect({ token: 'another token that is long enough' });
    t.true((await remote.info()).patches.length > 0, 'open sessions stay');
    await writeFile(tokenFile, 'short');
    t.is(codeOf(await t.throwsAsync(() => served.server.reload())), 'INVALID_REQUEST');
    await served.connect({ token: 'another token that is long enough' });
    t.false(JSON.stringify(served.log).includes(token), 'no token in the log');
  } finally {
    await served.stop();
    await writeFile(tokenFile, `${token}\n`);
  }
});

test.serial('an open address needs a token and TLS, unless told', async (t) => {
  const options = { host: '0.0.0.0', port: 0, version: 'x', log: () => undefined };
  const error = await t.throwsAsync(() => startServer(engine(), options), {
    instanceOf: FlashError,
  });
  t.is(error.code, 'INVALID_REQUEST');
  t.regex(error.message, /token.*TLS/);
  const server = await startServer(engine(), { ...options, allowOpenNetwork: true });
  await server.close();
});

test.serial('requests before the login are refused', async (t) => {
  const served = await serveEngine(engine(), { tokenFile: path.join(folder, 'token') });
  try {
    const client = await RawClient.hello(served.server.port);
    client.send({ type: 'STATUS' }, 1);
    t.is(await client.nextError(), 'PROTOCOL');
    t.is(await client.nextError(), 'closed');
  } finally {
    await served.stop();
  }
});

test.serial('versions that are too old or too new, and other protocols, are told so', async (t) => {
  const served = await serveEngine(engine());
  try {
    for (const [first, code] of [
      [encodePreface({ min: 2, max: 9 }), 'VERSION'],
      [encodePreface({ min: 0, max: 0 }), 'VERSION'],
      [Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'PROTOCOL'],
      [Buffer.from([0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3]), 'PROTOCOL'],
    ] as const) {
      const client = await RawClient.connect(served.server.port);
      client.socket.write(first);
      t.is(await client.nextError(), code);
      t.is(await client.nextError(), 'closed');
    }
  } finally {
    await served.stop();
  }
});

test.serial('a login that drips is ended, while others are served', async (t) => {
  const served = await serveEngine(engine(), { limits: { loginTimeoutMs: 3_000, loginsMax: 20 } });
  try {
    const slow = await Promise.all(
      Array.from({ length: 30 }, () => RawClient.connect(served.server.port)),
    );
    const drip = setInterval(() => {
      for (const client of slow) client.socket.write('T');
    }, 50);
    const remote = await served.connect();
    t.true((await remote.info()).patches.length > 0);
    await until(() => slow.every((client) => client.isClosed));
    clearInterval(drip);
    await until(() => served.server.counts().connections === 1);
    t.pass();
  } finally {
    await served.stop();
  }
});

test.serial('1,000 idle connections leave the server quick', async (t) => {
  const served = await serveEngine(engine());
  const idle: RawClient[] = [];
  try {
    for (let index = 0; index < 1000; index += 1)
      idle.push(await RawClient.hello(served.server.port, `127.0.0.${1 + (index % 2)}`));
    t.is(served.server.counts().connections, 1000);
    const remote = await served.connect();
    const start = performance.now();
    await remote.execute('SELECT 1');
    t.log(`a statement beside them: ${(performance.now() - start).toFixed(1)} ms`);
    for (const client of idle) client.socket.destroy();
    await until(() => served.server.counts().connections === 1);
    t.pass();
  } finally {
    for (const client of idle) client.socket.destroy();
    await served.stop();
  }
});

test.serial('connections over the limit are told so', async (t) => {
  const served = await serveEngine(engine(), { limits: { connectionsMax: 2 } });
  try {
    const first = await RawClient.hello(served.server.port);
    await RawClient.hello(served.server.port);
    const third = await RawClient.connect(served.server.port);
    t.is(await third.nextError(), 'BUSY');
    first.socket.destroy();
    await until(() => served.server.counts().connections < 2);
    t.is((await RawClient.hello(served.server.port)).isClosed, false);
  } finally {
    await served.stop();
  }
});

test.serial(
  'TLS: trusted, untrusted, plain clients, and TLS clients on a plain port',
  async (t) => {
    const certFile = path.join(folder, 'cert.pem');
    const keyFile = path.join(folder, 'key.pem');
    try {
      await makeCertificate(certFile, keyFile);
    } catch (error) {
      t.log(`skipped: no openssl (${String(error)})`);
      t.pass();
      return;
    }
    const served = await serveEngine(engine(), {
      tls: { certFile, keyFile },
      tokenFile: path.join(folder, 'token'),
    });
    const plain = await serveEngine(engine());
    try {
      const ca = await readFile(certFile);
      const remote = await served.connect({ token, ca });
      t.true((await remote.info()).patches.length > 0);
      t.is(codeOf(await t.throwsAsync(() => served.connect({ token }))), 'AUTH', 'untrusted');
      const tcp = `tcp://127.0.0.1:${served.server.port}`;
      const error = await t.throwsAsync(() => openRemoteEngine(tcp), { instanceOf: FlashError });
      t.is(error.code, 'PROTOCOL');
      t.regex(error.message, /TLS/);
      const tls = `tls://127.0.0.1:${plain.server.port}`;
      const other = await t.throwsAsync(() => openRemoteEngine(tls, { ca }), {
        instanceOf: FlashError,
      });
      t.is(other.code, 'PROTOCOL', other.message);
      await makeCertificate(certFile, keyFile);
      await served.server.reload();
      t.is(codeOf(await t.throwsAsync(() => served.connect({ token, ca }))), 'AUTH', 'the old one');
      await served.connect({ token, ca: await readFile(certFile) });
    } finally {
      await served.stop();
      await plain.stop();
    }
  },
);

test.serial('TLS: connections of an address are counted until they are closed', async (t) => {
  const certFile = path.join(folder, 'counted-cert.pem');
  const keyFile = path.join(folder, 'counted-key.pem');
  try {
    await makeCertificate(certFile, keyFile);
  } catch (error) {
    t.log(`skipped: no openssl (${String(error)})`);
    t.pass();
    return;
  }
  const served = await serveEngine(engine(), {
    ...{ tls: { certFile, keyFile }, limits: { connectionsPerAddressMax: 2 } },
  });
  try {
    const ca = await readFile(certFile);
    const first = await served.connect({ ca });
    // Before its handshake.
    const silent = await RawClient.connect(served.server.port);
    const { metrics } = served.server;
    await until(() => metrics.connections === 2);
    await t.throwsAsync(() => served.connect({ ca, timeouts: { reconnectMs: 0 } }));
    t.is(metrics.connectionsRefused, 1);
    silent.socket.destroy();
    await first.close();
    // Both places are had again, once the server has seen that they are free.
    for (let open = 0; open < 2;) {
      try {
        await served.connect({ ca });
        open += 1;
      } catch (error) {
        t.is(codeOf(error), 'CONNECTION');
      }
    }
  } finally {
    await served.stop();
  }
});

function codeOf(error: unknown): string {
  return error instanceof FlashError ? error.code : String(error);
}

async function makeCertificate(certFile: string, keyFile: string): Promise<void> {
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-keyout', keyFile, '-out', certFile, '-days', '2', '-subj', '/CN=127.0.0.1'],
    ...['-addext', 'subjectAltName=IP:127.0.0.1'],
  ]);
}
