// Attacks by many connections and by wrong tokens, over real sockets, while another client's PINGs are timed.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { encodePreface } from '../../src/protocol/wire/index.js';
import { type ServeOptions } from '../../src/server/index.js';
import { leastMs } from '../least-ms.js';
import { startLimitsProcess, type LimitsProcess } from './limits-process.js';
import { pingDuring, pingProblem, type PingTimes } from './ping-probe.js';
import { RawClient } from './raw-client.js';

const token = 'a token of more than sixteen characters';
const perAddress = 'theflash_connections_ended_total{limit="connections-per-address"}';
const pause = (timeMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, timeMs));

let folder = '';
test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'theflash-clients-'));
  await writeFile(path.join(folder, 'token'), token);
});
test.after.always(() => rm(folder, { recursive: true, force: true }));

test.serial('an address has a part of the connections alone, and is told', async (t) => {
  const server = await startLimitsProcess();
  const clients: RawClient[] = [];
  try {
    const baseline = await pingDuring(server, () => pause(300));
    const times = await pingDuring(server, async () => {
      let refused = 0;
      for (let index = 0; index < 700; index += 1) {
        const client = await RawClient.connect(server.port, '127.0.0.2');
        clients.push(client);
        client.socket.write(encodePreface());
        client.send({ type: 'HELLO', client: 'many', frameBytesMax: 65_536, checksum: true }, 0);
        const answer = await client.next();
        if (answer?.type === 'HELLO_OK') continue;
        t.like(answer, { type: 'ERROR', code: 'BUSY', fatal: true });
        refused += 1;
      }
      t.is(refused, 100);
      t.is((await RawClient.hello(server.port, '127.0.0.3')).hello.auth, 'none');
    });
    report(t, times, baseline);
    t.is(await server.metric(perAddress), 100);
    // A place that is free again can be had.
    clients[0]?.socket.destroy();
    while ((await server.metric('theflash_connections_open')) > 600) await pause(5);
    t.is((await RawClient.hello(server.port, '127.0.0.2')).hello.auth, 'none');
  } finally {
    for (const each of clients) each.socket.destroy();
    await server.stop();
  }
});

test.serial('more connections than all may have are told BUSY', async (t) => {
  const server = await startLimitsProcess({ limits: { connectionsMax: 3 } });
  try {
    for (const address of ['127.0.0.2', '127.0.0.3', '127.0.0.4']) {
      t.is((await RawClient.hello(server.port, address)).hello.auth, 'none');
    }
    const client = await RawClient.connect(server.port, '127.0.0.5');
    t.is(await client.nextError(), 'BUSY');
    t.is(await client.nextError(), 'closed');
    t.is(await server.metric('theflash_connections_ended_total{limit="connections"}'), 1);
  } finally {
    await server.stop();
  }
});

test.serial('an address that opens logins and leaves them does not push out others', async (t) => {
  const server = await startLimitsProcess({ limits: { loginsMax: 20 } });
  const flood: RawClient[] = [];
  try {
    // The oldest of all, and slow.
    const slow = await RawClient.connect(server.port, '127.0.0.3');
    while ((await server.metric('theflash_connections_open')) < 1) await pause(5);
    for (let index = 0; index < 100; index += 1) {
      flood.push(await RawClient.connect(server.port, '127.0.0.2'));
    }
    while ((await server.metric('theflash_connections_ended_total{limit="logins"}')) < 81) {
      await pause(5);
    }
    slow.socket.write(encodePreface());
    slow.send({ type: 'HELLO', client: 'slow', frameBytesMax: 65_536, checksum: true }, 0);
    t.is(await slow.nextError(), 'HELLO_OK');
  } finally {
    for (const each of flood) each.socket.destroy();
    await server.stop();
  }
});

test.serial(
  'wrong tokens are answered later and later, right ones of this machine at once',
  async (t) => {
    const server = await startTokenServer({ wrongTokenDelayMs: 50, wrongTokenDelayMsMax: 800 });
    const guessers: Promise<number>[] = [];
    try {
      const baseline = await pingDuring({ ...server, token }, () => pause(300));
      const times = await pingDuring({ ...server, token }, async () => {
        const waits = [];
        for (let index = 0; index < 10; index += 1) {
          waits.push(await logInMs(t, server, '127.0.0.2', 'a wrong token, long enough', 'AUTH'));
        }
        t.log(`waits of ${waits.map(Math.round).join(', ')} ms`);
        waits.forEach((waitMs, index) => {
          t.true(waitMs >= Math.min(50 * 2 ** index, 800) - 5, `${index}: ${waitMs} ms`);
        });
        t.true(Math.min(...waits.slice(-6)) < 2_000, 'no longer than the longest');
        for (let index = 0; index < 100; index += 1) {
          guessers.push(logInMs(t, server, '127.0.0.2', `wrong token number ${index}`, 'AUTH'));
        }
        for (const address of ['127.0.0.2', '127.0.0.3']) {
          const waitMs = await leastMs(700, () => logInMs(t, server, address, token, 'AUTH_OK'));
          t.true(waitMs < 700, `${address}: ${waitMs} ms`);
        }
        await Promise.all(guessers);
      });
      report(t, times, baseline);
      t.is(await server.metric('theflash_errors_total{code="AUTH"}'), 110);
    } finally {
      await server.stop();
    }
  },
);

const external = Object.values(networkInterfaces())
  .flat()
  .find((each) => each?.internal === false && each.family === 'IPv4')?.address;

(external === undefined ? test.skip : test.serial)(
  'after wrong tokens of another machine, right ones of it wait too, and no others',
  async (t) => {
    if (external === undefined) return;
    const server = await startTokenServer({
      wrongTokenDelayMs: 500,
      wrongTokenDelayMsMax: 2_000,
      idleTimeoutMs: 500,
    });
    try {
      await logsInBelow(t, 1_000, server, external);
      for (let index = 0; index < 3; index += 1) {
        await logInMs(t, server, external, 'a wrong token, long enough', 'AUTH');
      }
      await logsInBelow(t, 4_000, server, external, 1_995);
      await logsInBelow(t, 1_000, server, '127.0.0.2');
      // A login that had to wait is ended when it is idle, as others are.
      const idle = await RawClient.hello(server.port, external);
      idle.sendProof(token);
      t.is(await idle.nextError(), 'AUTH_OK');
      t.is(await idle.nextError(), 'TIMEOUT');
    } finally {
      await server.stop();
    }
  },
);

async function startTokenServer(
  limits: NonNullable<ServeOptions['limits']>,
): Promise<LimitsProcess> {
  const tokenFile = path.join(folder, 'token');
  return await startLimitsProcess({ tokenFile, limits });
}

/** Logs in with a token, and gives how long the answer took, which has to be of that type or code. */
async function logInMs(
  t: ExecutionContext,
  server: LimitsProcess,
  address: string,
  given: string,
  expected: string,
): Promise<number> {
  const client = await RawClient.hello(server.port, address);
  const startMs = performance.now();
  client.sendProof(given);
  t.is(await client.nextError(), expected);
  const tookMs = performance.now() - startMs;
  client.socket.destroy();
  return tookMs;
}

/** Right tokens of that address are answered in less than `belowMs`, and never before `atLeastMs`. */
async function logsInBelow(
  t: ExecutionContext,
  belowMs: number,
  server: LimitsProcess,
  address: string,
  atLeastMs = 0,
): Promise<void> {
  const least = await leastMs(belowMs, async () => {
    const waitMs = await logInMs(t, server, address, token, 'AUTH_OK');
    t.true(waitMs >= atLeastMs, `${waitMs} ms`);
    return waitMs;
  });
  t.true(least < belowMs, `${least} ms`);
}

function report(t: ExecutionContext, times: PingTimes, baseline: PingTimes): void {
  t.log(`PING: ${JSON.stringify(times)}, unattacked ${JSON.stringify(baseline)}`);
  t.is(pingProblem(times, baseline), undefined);
}
