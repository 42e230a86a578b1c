// Attacks on a server's memory, over real sockets, while another client's PINGs are timed.
import test, { type ExecutionContext } from 'ava';
import { tableToIPC, Table, Utf8, vectorFromArray } from 'apache-arrow';
import {
  encodeMeta,
  encodePreface,
  FrameEncoder,
  frameTypes,
} from '../../src/protocol/wire/index.js';
import { startLimitsProcess, type LimitsProcess } from './limits-process.js';
import { pingDuring, pingProblem, type PingTimes } from './ping-probe.js';
import { RawClient } from './raw-client.js';
import { waitUntil } from '../until.js';

const mib = 1024 * 1024;
const pause = (timeMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, timeMs));

test.serial('1,180 connections that announce 64 MiB and send a byte cost bytes', async (t) => {
  const server = await startLimitsProcess();
  const attackers: RawClient[] = [];
  try {
    const baseline = await pingDuring(server, () => pause(500));
    const before = server.residentMib();
    const bytes = announce(64 * mib, 1);
    const times = await pingDuring(server, async () => {
      for (let index = 0; index < 1180; index += 1) {
        const address = index % 2 === 0 ? '127.0.0.1' : '127.0.0.2';
        const attacker = await RawClient.connect(server.port, address);
        attacker.socket.write(bytes);
        attackers.push(attacker);
      }
      while ((await server.metric('theflash_connections_open')) < 1181) await pause(20);
      const startMs = performance.now();
      const client = await RawClient.hello(server.port, '127.0.0.3');
      client.send({ type: 'STATUS' }, 1);
      t.is((await client.next())?.type, 'STATUS_OK');
      t.log(`a login and its STATUS beside them: ${Math.round(performance.now() - startMs)} ms`);
      client.socket.destroy();
    });
    report(t, times, baseline);
    const grownMib = server.residentMib() - before;
    t.log(`${grownMib} MiB more`);
    t.true(grownMib < 150, `${grownMib} MiB`);
    t.true((await server.metric('theflash_received_held_bytes')) < 16 * mib);
  } finally {
    for (const each of attackers) each.socket.destroy();
    await server.stop();
  }
});

// The budget is 16 MiB, and each of 40 connections holds 1 MiB of a message that never ends. Those
// that are quiet are ended as they stand still, 16 of them at a time, those that drip while they have
// to wait. So an insert that comes last waits for up to three times the stall's limit.
for (const [name, drips] of [
  ['are quiet', false],
  ['drip', true],
] as const) {
  test.serial(
    `connections that hold the budget and ${name} do not keep an insert out`,
    async (t) => {
      const server = await startLimitsProcess({
        limits: { receiveBytesMax: 16 * mib, receiveStallMs: 2_000, receiveWaitMs: 12_000 },
      });
      const attackers: RawClient[] = [];
      let drip: NodeJS.Timeout | undefined;
      try {
        await makeTable(server);
        const baseline = await pingDuring(server, () => pause(500));
        const bytes = announce(32 * mib, mib);
        const before = server.residentMib();
        const times = await pingDuring(server, async () => {
          for (let index = 0; index < 40; index += 1) {
            const attacker = await RawClient.connect(server.port);
            attacker.socket.write(bytes);
            attackers.push(attacker);
          }
          if (drips) {
            drip = setInterval(() => {
              for (const each of attackers) each.socket.write('x');
            }, 100);
          }
          while ((await server.metric('theflash_received_held_bytes')) < 16 * mib) await pause(5);
          const startMs = performance.now();
          t.is(await insert(server, 'rightful', 24 * mib), 'INSERT_OK');
          t.log(`24 MiB beside them: ${Math.round(performance.now() - startMs)} ms`);
        });
        report(t, times, baseline);
        t.true(server.residentMib() - before < 300);
        t.true(
          (await server.metric('theflash_connections_ended_total{limit="received-bytes"}')) > 0,
        );
        const codes = new Set<string>();
        for (const each of attackers)
          if (each.isClosed) for (const code of errorsOf(each)) codes.add(code);
        t.deepEqual([...codes], ['BUSY'], 'they are told');
      } finally {
        clearInterval(drip);
        for (const each of attackers) each.socket.destroy();
        await server.stop();
      }
    },
  );
}

test.serial('when all have to wait, all get through, one after the other', async (t) => {
  const server = await startLimitsProcess({
    limits: { receiveBytesMax: 8 * mib, receiveStallMs: 60_000, receiveWaitMs: 120_000 },
  });
  try {
    await makeTable(server);
    let mostBytes = 0;
    const over = new AbortController();
    const watch = (async (): Promise<void> => {
      while (!over.signal.aborted) {
        mostBytes = Math.max(mostBytes, await server.metric('theflash_received_held_bytes'));
      }
    })();
    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, index) => insert(server, `all ${index}`, 6 * mib)),
    );
    over.abort();
    await watch;
    t.deepEqual([...new Set(answers)], ['INSERT_OK']);
    t.log(`at most ${(mostBytes / mib).toFixed(1)} MiB were held`);
    t.true(mostBytes > 6 * mib, 'the budget was met');
    // A message and its buffer's room to grow, and what each connection may have besides.
    t.true(mostBytes < 8 * mib + 2 * 8 * mib + 24 * 0.125 * mib, `${mostBytes / mib} MiB`);
    const held = 'theflash_received_held_bytes';
    await waitUntil('none is held', async () => (await server.metric(held)) === 0);
  } finally {
    await server.stop();
  }
});

/** What a client sends that announces an INSERT of `announced` bytes and sends some of them. */
function announce(announced: number, sent: number): Uint8Array {
  const encoder = new FrameEncoder();
  const hello = { type: 'HELLO', client: 'hoard', frameBytesMax: 65_536, checksum: true } as const;
  const message = {
    type: 'INSERT',
    batchId: 'x',
    serverId: 'x',
    database: 'd',
    table: 't',
  } as const;
  const payload = new Uint8Array(announced - 128);
  const [head, body] = encoder
    .encode({ type: frameTypes.HELLO, streamId: 0, meta: encodeMeta(hello) })
    .concat(
      encoder
        .encode({ type: frameTypes.INSERT, streamId: 1, meta: encodeMeta(message), payload })
        .slice(0, 1),
    );
  return Buffer.concat([
    encodePreface(),
    head ?? payload,
    body ?? payload,
    payload.subarray(0, sent),
  ]);
}

/** Inserts rows of so many bytes as a good client, and gives the answer's type, or the error. */
async function insert(server: LimitsProcess, batchId: string, bytes: number): Promise<string> {
  const client = await RawClient.hello(server.port, '127.0.0.4');
  const rows = Array.from({ length: bytes / mib }, () => 'x'.repeat(mib));
  const stream = tableToIPC(new Table({ v: vectorFromArray(rows, new Utf8()) }), 'stream');
  const { serverId } = client.hello;
  client.send({ type: 'INSERT', batchId, serverId, database: 'd', table: 't' }, 2, stream);
  const answer = await client.next();
  client.socket.destroy();
  if (answer?.type === 'ERROR') return `${answer.code}: ${answer.message}`;
  return answer?.type ?? 'closed';
}

async function makeTable(server: LimitsProcess): Promise<void> {
  const client = await RawClient.hello(server.port);
  const sql = 'CREATE DATABASE d; CREATE TABLE d.t (v String) ENGINE = MergeTree ORDER BY tuple()';
  client.send({ type: 'EXECUTE', sql, timeoutMs: 0 }, 1);
  if ((await client.next())?.type !== 'EXECUTE_OK') throw new Error('no table was made');
  client.socket.destroy();
}

function errorsOf(client: RawClient): string[] {
  return client.received.flatMap(({ message }) => (message.type === 'ERROR' ? [message.code] : []));
}

function report(t: ExecutionContext, times: PingTimes, baseline: PingTimes): void {
  t.log(`PING: ${JSON.stringify(times)}, unattacked ${JSON.stringify(baseline)}`);
  t.is(pingProblem(times, baseline), undefined);
}
