// Attacks on the lock that writes take turns by, over real sockets, while another client's PINGs are timed.
import test, { type ExecutionContext } from 'ava';
import { startLimitsProcess, type LimitsProcess } from './limits-process.js';
import { pingDuring, pingProblem, type PingTimes } from './ping-probe.js';
import { RawClient } from './raw-client.js';

const remove = 'DELETE FROM d.t WHERE id = 1';
const pause = (timeMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, timeMs));

test.serial('statements that wait for an open write keep nobody else waiting', async (t) => {
  const server = await startLimitsProcess();
  const waiting: RawClient[] = [];
  try {
    await makeTable(server);
    const writer = await openWrite(server, 'open');
    const baseline = await pingDuring(server, () => pause(300));
    const times = await pingDuring(server, async () => {
      // As many as the engine has connections, and more.
      for (let index = 0; index < 60; index += 1) {
        const client = await RawClient.hello(server.port, '127.0.0.2');
        client.send({ type: 'EXECUTE', sql: remove, timeoutMs: 0 }, 1);
        waiting.push(client);
      }
      const startMs = performance.now();
      for (let index = 0; index < 20; index += 1) t.is(await ask(server, 'SELECT 1'), 'END');
      t.is(await status(server), 'STATUS_OK');
      t.log(`20 queries and a STATUS: ${Math.round(performance.now() - startMs)} ms`);
      // The commit reads a table for itself.
      writer.send({ type: 'COMMIT', source: 's', checkpoint: 'c' }, 1);
      t.is(await writer.nextError(), 'COMMIT_OK');
      for (const client of waiting) t.is(await client.nextError(), 'EXECUTE_OK');
    });
    report(t, times, baseline);
  } finally {
    for (const each of waiting) each.socket.destroy();
    await server.stop();
  }
});

test.serial('the time-out of a statement covers its wait for an open write', async (t) => {
  const server = await startLimitsProcess();
  const waiting: RawClient[] = [];
  try {
    await makeTable(server);
    const writer = await openWrite(server, 'open');
    const baseline = await pingDuring(server, () => pause(300));
    const times = await pingDuring(server, async () => {
      // Some wait for the lock, some for their turn to wait for it; a query may be one, too.
      for (let index = 0; index < 30; index += 1) {
        const client = await RawClient.hello(server.port, '127.0.0.2');
        if (index % 3 > 0) client.send({ type: 'EXECUTE', sql: remove, timeoutMs: 4_000 }, 1);
        else client.send({ type: 'QUERY', sql: remove, credit: 1, timeoutMs: 4_000 }, 1);
        waiting.push(client);
      }
      const startMs = performance.now();
      for (const client of waiting) {
        for (let code = await client.nextError(); code !== 'TIMEOUT';) {
          if (code !== 'OPENED') return t.fail(code);
          code = await client.nextError();
        }
      }
      const tookMs = performance.now() - startMs;
      t.true(tookMs < 7_500, `${tookMs} ms`);
    });
    report(t, times, baseline);
    // Who was told TIMEOUT left nothing behind, and its connection can be used.
    writer.send({ type: 'ABORT' }, 1);
    t.is(await writer.nextError(), 'ABORT_OK');
    const [first] = waiting;
    first?.send({ type: 'EXECUTE', sql: remove, timeoutMs: 0 }, 2);
    t.is(await first?.nextError(), 'EXECUTE_OK');
  } finally {
    for (const each of waiting) each.socket.destroy();
    await server.stop();
  }
});

test.serial("the server's time-out covers a WRITE that waits for another one", async (t) => {
  const server = await startLimitsProcess({ limits: { statementTimeoutMsMax: 2_000 } });
  try {
    const writer = await openWrite(server, 'open');
    const second = await RawClient.hello(server.port);
    second.send({ type: 'WRITE', batchId: 'second' }, 1);
    t.is(await second.nextError(), 'TIMEOUT');
    writer.send({ type: 'ABORT' }, 1);
    t.is(await writer.nextError(), 'ABORT_OK');
    second.send({ type: 'WRITE', batchId: 'second' }, 2);
    t.is(await second.nextError(), 'WRITE_OK');
    // Not the time that it is open.
    await pause(2_500);
    second.send({ type: 'COMMIT', source: 's', checkpoint: 'c' }, 2);
    t.is(await second.nextError(), 'COMMIT_OK');
  } finally {
    await server.stop();
  }
});

test.serial('a write held open by PINGs and RESERVEs is dropped, and told', async (t) => {
  const server = await startLimitsProcess({ limits: { writeDataTimeoutMs: 1_500 } });
  try {
    const startMs = performance.now();
    const holder = await openWrite(server, 'held');
    const second = await RawClient.hello(server.port, '127.0.0.2');
    second.send({ type: 'WRITE', batchId: 'second' }, 1);
    const answers = new Set<string>();
    for (let due = 0; performance.now() - startMs < 20_000; due += 1) {
      if (due % 2 === 0) holder.send({ type: 'PING' }, 0);
      else holder.send({ type: 'RESERVE', count: 1 }, 1);
      const message = await holder.next();
      answers.add(
        message?.type === 'ERROR' ? `${message.code} ${message.fatal}` : `${message?.type}`,
      );
      if (message === undefined || message.type === 'ERROR') break;
      await pause(50);
    }
    t.deepEqual([...answers], ['PONG', 'RESERVE_OK', 'TIMEOUT true']);
    t.is(await second.nextError(), 'WRITE_OK');
    const tookMs = performance.now() - startMs;
    t.true(tookMs > 1_000 && tookMs < 10_000, `${tookMs} ms`);
    t.is(await server.metric('theflash_connections_ended_total{limit="write-data"}'), 1);
  } finally {
    await server.stop();
  }
});

async function makeTable(server: LimitsProcess): Promise<void> {
  const sql =
    'CREATE DATABASE d; CREATE TABLE d.t (id Int64) ENGINE = MutableMergeTree ORDER BY id';
  const client = await RawClient.hello(server.port);
  client.send({ type: 'EXECUTE', sql, timeoutMs: 0 }, 1);
  if ((await client.nextError()) !== 'EXECUTE_OK') throw new Error('no table was made');
  client.socket.destroy();
}

async function openWrite(server: LimitsProcess, batchId: string): Promise<RawClient> {
  const client = await RawClient.hello(server.port);
  client.send({ type: 'WRITE', batchId }, 1);
  if ((await client.nextError()) !== 'WRITE_OK') throw new Error('no write was opened');
  return client;
}

/** Runs a query on a connection of its own, and gives the type of its last answer, or the error. */
async function ask(server: LimitsProcess, sql: string): Promise<string> {
  const client = await RawClient.hello(server.port, '127.0.0.3');
  client.send({ type: 'QUERY', sql, credit: 1 << 20, timeoutMs: 0 }, 1);
  for (;;) {
    const code = await client.nextError();
    if (['OPENED', 'SCHEMA', 'BATCH'].includes(code)) continue;
    client.socket.destroy();
    return code;
  }
}

async function status(server: LimitsProcess): Promise<string> {
  const client = await RawClient.hello(server.port, '127.0.0.3');
  client.send({ type: 'STATUS' }, 1);
  const code = await client.nextError();
  client.socket.destroy();
  return code;
}

function report(t: ExecutionContext, times: PingTimes, baseline: PingTimes): void {
  t.log(`PING: ${JSON.stringify(times)}, unattacked ${JSON.stringify(baseline)}`);
  t.is(pingProblem(times, baseline), undefined);
}
