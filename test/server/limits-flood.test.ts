// Attacks on a server's time, over real sockets, while another client's PINGs are timed.
import test, { type ExecutionContext } from 'ava';
import {
  encodeMeta,
  encodePreface,
  FrameEncoder,
  frameTypes,
} from '../../src/protocol/wire/index.js';
import { startLimitsProcess } from './limits-process.js';
import { pingDuring, pingProblem, type PingTimes } from './ping-probe.js';
import { RawClient } from './raw-client.js';

const pause = (timeMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, timeMs));
const hello = { type: 'HELLO', client: 'flood', frameBytesMax: 65_536, checksum: true } as const;
const millions = 16 * 1024 * 1024 - 64;

// JSON that is cheap to send and dear to parse: each kind from 12 connections at once.
for (const [name, type, json, code] of [
  ['16 MB of brackets', 'EXECUTE', '['.repeat(millions), 'TOO_LARGE'],
  ['16 MB of brackets in a PLAN', 'PLAN', '['.repeat(millions), 'TOO_LARGE'],
  ['8 million empty lists', 'QUERY', `{"a":[${'[],'.repeat(millions / 3 - 9)}1]}`, 'TOO_LARGE'],
  ['8 million numbers', 'COMMIT', `{"a":[${'1,'.repeat(millions / 2 - 9)}1]}`, 'TOO_LARGE'],
  ['a megabyte where names are due', 'WRITE', `{"batchId":"${'x'.repeat(1e6)}"}`, 'TOO_LARGE'],
  ['16 MB that no client sends', 'TABLES_OK', '['.repeat(millions), 'PROTOCOL'],
  ['as many values as a PLAN may have', 'PLAN', `{"a":[${'{},'.repeat(219_900)}1]}`, 'PROTOCOL'],
  ['16 MB of escapes', 'EXECUTE', `{"sql":"${'\\"'.repeat(millions / 2 - 9)}"}`, 'TOO_LARGE'],
  ['a million escapes', 'EXECUTE', `{"sql":"${'\\"'.repeat(999_000)}"}`, 'PROTOCOL'],
  ['16 MB of text', 'EXECUTE', `{"sql":"${'x'.repeat(millions - 9)}"}`, 'PROTOCOL'],
] as const) {
  test.serial(`JSON: ${name}`, async (t) => {
    const server = await startLimitsProcess();
    const clients: RawClient[] = [];
    try {
      const baseline = await pingDuring(server, () => pause(300));
      const bytes = requestOf(frameTypes[type], json);
      const times = await pingDuring(server, async () => {
        for (let index = 0; index < 12; index += 1) {
          clients.push(await RawClient.connect(server.port));
        }
        for (const client of clients) client.socket.write(bytes);
        for (const client of clients) {
          t.is(await client.nextError(), 'HELLO_OK');
          t.is(await client.nextError(), code);
        }
        await pause(500);
      });
      report(t, times, baseline);
    } finally {
      for (const each of clients) each.socket.destroy();
      await server.stop();
    }
  });
}

test.serial('a client that sends PINGs and reads nothing is held, then ended', async (t) => {
  const server = await startLimitsProcess({ limits: { unreadTimeoutMs: 1_000 } });
  const clients: RawClient[] = [];
  try {
    const baseline = await pingDuring(server, () => pause(300));
    const before = server.residentMib();
    const bytes = pings(600_000);
    const times = await pingDuring(server, async () => {
      for (let index = 0; index < 2; index += 1) {
        const client = await RawClient.connect(server.port);
        client.socket.pause();
        client.socket.write(bytes);
        clients.push(client);
      }
      const ended = 'theflash_connections_ended_total{limit="unread"}';
      while ((await server.metric(ended)) < clients.length) await pause(20);
    });
    report(t, times, baseline);
    const grownMib = server.residentMib() - before;
    t.log(`${grownMib} MiB more`);
    t.true(grownMib < 100, `${grownMib} MiB`);
    await server.logWith(/"code":"TIMEOUT","message":"The client left \d+ bytes of answers unread/);
  } finally {
    for (const each of clients) each.socket.destroy();
    await server.stop();
  }
});

test.serial(
  'clients that send PINGs without end and read them do not hold others up',
  async (t) => {
    const server = await startLimitsProcess();
    const clients: RawClient[] = [];
    try {
      const baseline = await pingDuring(server, () => pause(300));
      const bytes = pings(100_000);
      const times = await pingDuring(server, async () => {
        for (let index = 0; index < 8; index += 1) {
          const client = await RawClient.connect(server.port);
          client.socket.removeAllListeners('data');
          client.socket.resume();
          client.socket.write(bytes);
          clients.push(client);
        }
        await pause(1_500);
      });
      report(t, times, baseline);
      t.is(await server.metric('theflash_connections_ended_total{limit="unread"}'), 0);
    } finally {
      for (const each of clients) each.socket.destroy();
      await server.stop();
    }
  },
);

/** Preface, HELLO and one request with that JSON. */
function requestOf(type: number, json: string): Uint8Array {
  const encoder = new FrameEncoder();
  return Buffer.concat([
    encodePreface(),
    ...encoder.encode({ type: frameTypes.HELLO, streamId: 0, meta: encodeMeta(hello) }),
    ...encoder.encode({ type, streamId: 1, meta: Buffer.from(json) }),
  ]);
}

/** Preface, HELLO and so many PINGs, without checksums: then all are the same 16 bytes. */
function pings(count: number): Uint8Array {
  const encoder = new FrameEncoder();
  const meta = encodeMeta({ ...hello, checksum: false });
  const first = encoder.encode({ type: frameTypes.HELLO, streamId: 0, meta });
  encoder.checksum = false;
  const none = new Uint8Array(0);
  const [ping = none] = encoder.encode({ type: frameTypes.PING, streamId: 0, meta: none });
  return Buffer.concat([encodePreface(), ...first, Buffer.alloc(count * ping.length, ping)]);
}

function report(t: ExecutionContext, times: PingTimes, baseline: PingTimes): void {
  t.log(`PING: ${JSON.stringify(times)}, unattacked ${JSON.stringify(baseline)}`);
  t.is(pingProblem(times, baseline), undefined);
}
