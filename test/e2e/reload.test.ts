// Goal: SIGHUP brings new tokens and certificates into a server that works: open connections stay, and a file that does
// not parse leaves the old in force. Method: the built command over TLS, with certificates that openssl makes; what a new
// handshake shows, and whom it lets in.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { openRemoteEngine, type RemoteEngine } from '../../src/engine/remote/index.js';
import { FlashError, queryRows } from '../../src/protocol/index.js';
import { startServe, type ServeProcess } from '../server/serve-process.js';
import { startCli, temporaryFolder } from './cli.js';

const first = 'first-token-0123456789';
const second = 'second-token-0123456789';

test.serial(
  'SIGHUP: new token and certificate, old connections, files that do not parse',
  async (t) => {
    t.timeout(900_000);
    const folder = temporaryFolder(t);
    const file = (name: string): string => path.join(folder, name);
    try {
      makeCertificate(file('cert'), file('key'), 'one');
    } catch (error) {
      t.log(`skipped: no openssl (${String(error)})`);
      t.pass();
      return;
    }
    await writeFile(file('token'), first);
    const served = await startServe(file('engine'), {
      args: [
        ...['--token-file', file('token'), '--tls-cert', file('cert'), '--tls-key', file('key')],
        ...['--http', '127.0.0.1:0'],
      ],
    });
    t.teardown(() => served.stop());
    const httpPort = Number(new URL(served.httpUrl).port);
    const logIn = async (token: string): Promise<RemoteEngine> => {
      const location = served.location.replace('tcp:', 'tls:');
      const ca = await readFile(file('trusted'));
      return openRemoteEngine(location, { token, ca, timeouts: { reconnectMs: 0 } });
    };
    await writeFile(file('trusted'), await readFile(file('cert')));
    const old = await logIn(first);
    t.teardown(() => old.close());

    // Nothing of a reload holds where one file is bad: neither is the new token asked for.
    const good = { cert: await readFile(file('cert')), key: await readFile(file('key')) };
    makeCertificate(file('cert2'), file('key2'), 'two');
    await writeFile(file('token'), second);
    for (const [name, bytes, said] of [
      ['cert', '-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----\n', /no certificate/],
      ['cert', '', /no certificate/],
      ['cert', await readFile(file('cert2')), /no certificate and its key/],
    ] as const) {
      await writeFile(file(name), bytes);
      const entry = await hangUp(t, served, 'reload-failed');
      t.regex(String(entry['message']), said);
      t.is(entry['code'], 'INVALID_REQUEST');
      t.truthy(entry['hint']);
      await (await logIn(first)).close();
      await t.throwsAsync(() => logIn(second), { instanceOf: FlashError });
      t.is(await nameShownAt(httpPort), 'one');
    }
    await writeFile(file('cert'), good.cert);
    await writeFile(file('token'), 'short');
    t.regex(String((await hangUp(t, served, 'reload-failed'))['message']), /has 5 characters/);
    await (await logIn(first)).close();

    await writeFile(file('token'), second);
    await writeFile(file('cert'), await readFile(file('cert2')));
    await writeFile(file('key'), await readFile(file('key2')));
    const done = await hangUp(t, served, 'reloaded');
    t.true(Date.parse(String(done['certificateUntil'])) > Date.now());
    t.is(await nameShownAt(served.port), 'two');
    t.is(await nameShownAt(httpPort), 'two');
    await t.throwsAsync(() => logIn(second), { instanceOf: FlashError }, 'the old one is trusted');
    await writeFile(file('trusted'), await readFile(file('cert2')));
    await (await logIn(second)).close();
    t.is((await t.throwsAsync(() => logIn(first), { instanceOf: FlashError })).code, 'AUTH');
    t.deepEqual(await queryRows(old, 'SELECT 7 AS n'), [{ n: 7 }], 'an open connection stays');
  },
);

test.serial('SIGHUP while the engine is being opened does not end the server', async (t) => {
  let wasEarly = false;
  // A test that is kept waiting may look when the server listens already.
  for (let tries = 0; tries < 10 && !wasEarly; tries += 1) {
    wasEarly = await hangsUpEarly(t);
  }
  t.true(wasEarly, 'the signal came before it listened');
});

/** Sends SIGHUP to a new server as soon as it takes that, and gives whether it did not listen yet. */
async function hangsUpEarly(t: ExecutionContext): Promise<boolean> {
  const folder = path.join(temporaryFolder(t), 'engine');
  const run = startCli(['serve', '--engine', folder, '--listen', '127.0.0.1:0']);
  let output = '';
  run.child.stdout?.on('data', (chunk: Buffer) => (output += String(chunk)));
  // The signal handlers are there by now, which Node itself shows; the engine takes longer.
  const status = `/proc/${run.child.pid ?? 0}/status`;
  while (!(await catchesHangup(status))) await delay(1);
  const wasEarly = !output.includes('Listening');
  run.child.kill('SIGHUP');
  while (!output.includes('Listening')) {
    t.is(run.child.exitCode ?? run.child.signalCode, null);
    await delay(10);
  }
  run.child.kill('SIGTERM');
  t.is((await run.done).code, 0);
  return wasEarly;
}

/** SIGHUP is signal 1: the lowest bit of the mask of signals that are caught (proc(5), SigCgt). */
async function catchesHangup(status: string): Promise<boolean> {
  const mask = /^SigCgt:\s+([0-9a-f]+)$/m.exec(await readFile(status, 'utf8'))?.[1] ?? '0';
  return (BigInt(`0x${mask}`) & 1n) === 1n;
}

/** Sends SIGHUP and gives the line that the log has for it. */
async function hangUp(
  t: ExecutionContext,
  served: ServeProcess,
  event: string,
): Promise<ServeProcess['log'][number]> {
  const before = served.log.length;
  served.signal('SIGHUP');
  for (let tries = 0; tries < 18_000; tries += 1) {
    const entry = served.log.slice(before).find((each) => each.event.startsWith('reload'));
    if (entry !== undefined) {
      t.is(entry.event, event);
      return entry;
    }
    await delay(10);
  }
  throw new Error('the log has no line for the reload');
}

/** The name on the certificate that a new connection gets. */
async function nameShownAt(port: number): Promise<string | undefined> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { O: name } = socket.getPeerCertificate().subject;
  socket.destroy();
  return String(name);
}

function makeCertificate(certFile: string, keyFile: string, name: string): void {
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-keyout', keyFile, '-out', certFile, '-days', '2', '-subj', `/O=${name}/CN=127.0.0.1`],
      ...['-addext', 'subjectAltName=IP:127.0.0.1'],
    ],
    { stdio: 'pipe' },
  );
}
