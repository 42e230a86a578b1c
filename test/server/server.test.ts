import test from 'ava';
import { FlashError, queryRows, type Engine } from '../../src/protocol/index.js';
import type { Message } from '../../src/protocol/wire/index.js';
import { randomFrom } from '../faults/fault-runs.js';
import { endsInTime } from '../engine/cancel-time.js';
import { buildStream, column } from '../engine/change-builder.js';
import { readValue, waitForQuery } from '../engine/engine-suite.js';
import { RawClient } from './raw-client.js';
import { openTestEngine, serveEngine, until } from './test-server.js';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const endless = 'SELECT sum(sipHash64(number, number)) FROM numbers(1000000000000)';
let local: { engine: Engine; remove: () => Promise<void> } | undefined;

test.before(async (t) => {
  t.log(`SEED=${seed}`);
  local = await openTestEngine();
});

test.after.always(() => local?.remove());

const engine = (): Engine => {
  if (local === undefined) throw new Error('the engine did not open');
  return local.engine;
};

const runningCount = async (): Promise<number> => {
  const rows = await queryRows(
    engine(),
    `SELECT count() AS n FROM system.processes WHERE query = '${endless}'`,
  );
  return Number(rows[0]?.['n']);
};

async function untilNoQuery(): Promise<void> {
  while ((await runningCount()) > 0) await new Promise((resolve) => setTimeout(resolve, 10));
}

test.serial('a dropped socket stops the query within 200 ms', async (t) => {
  const served = await serveEngine(engine());
  try {
    await endsInTime(t, async () => {
      const client = await RawClient.hello(served.server.port);
      client.send({ type: 'QUERY', sql: endless, credit: 1, timeoutMs: 0 }, 1);
      await waitForQuery(engine(), endless);
      const start = performance.now();
      client.socket.destroy();
      await until(() => served.server.counts().connections === 0);
      t.is(await runningCount(), 0);
      return performance.now() - start;
    });
    await until(() => served.server.counts().connections === 0);
  } finally {
    await served.stop();
  }
});

test.serial('a reader without credit gets the schema, and holds one batch', async (t) => {
  const served = await serveEngine(engine());
  try {
    const client = await RawClient.hello(served.server.port);
    const sql = 'SELECT number FROM numbers(100000000) SETTINGS max_block_size = 10000';
    client.send({ type: 'QUERY', sql, credit: 1, timeoutMs: 0 }, 1);
    t.is((await client.next())?.type, 'OPENED');
    t.is((await client.next())?.type, 'SCHEMA');
    const before = process.memoryUsage.rss();
    client.send({ type: 'CREDIT', bytes: 100_000 }, 1);
    t.is((await client.next())?.type, 'BATCH');
    client.send({ type: 'CREDIT', bytes: 1 }, 1);
    const [scan] = await scansOf(served);
    t.true(scan !== undefined && scan.bytes < 500_000, `sent ${scan?.bytes}`);
    t.true(process.memoryUsage.rss() - before < 200_000_000);
    client.send({ type: 'CANCEL' }, 1);
    let last: Message | undefined;
    do last = await client.next();
    while (last?.type === 'BATCH');
    t.is(last?.type === 'ERROR' ? last.code : last?.type, 'CANCELLED');
    client.send({ type: 'EXECUTE', sql: 'SELECT 1', timeoutMs: 0 }, 2);
    t.is((await client.next())?.type, 'EXECUTE_OK', 'the connection goes on');
  } finally {
    await served.stop();
  }
});

test.serial('a reader that takes nothing is ended', async (t) => {
  const served = await serveEngine(engine(), { limits: { stallTimeoutMs: 150 } });
  try {
    const client = await RawClient.hello(served.server.port);
    client.send({ type: 'QUERY', sql: 'SELECT 1', credit: 0, timeoutMs: 0 }, 1);
    t.deepEqual([await client.nextError(), await client.nextError()], ['OPENED', 'SCHEMA']);
    t.is(await client.nextError(), 'TIMEOUT');
  } finally {
    await served.stop();
  }
});

test.serial("statements end at their time, or at the server's", async (t) => {
  const served = await serveEngine(engine(), { limits: { statementTimeoutMsMax: 200 } });
  try {
    const client = await RawClient.hello(served.server.port);
    for (const [streamId, timeoutMs] of [
      [1, 50],
      [2, 0],
      [3, 9_000],
    ] as const) {
      client.send({ type: 'EXECUTE', sql: endless, timeoutMs }, streamId);
      t.is(await client.nextError(), 'TIMEOUT');
    }
    await untilNoQuery();
  } finally {
    await served.stop();
  }
});

test.serial(
  'scans over the limit are refused, and a remote engine waits for its turn',
  async (t) => {
    const served = await serveEngine(engine(), {
      limits: { scansMax: 2 },
      metrics: { host: '127.0.0.1', port: 0 },
    });
    try {
      const remote = await served.connect();
      const sums = await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          readValue(remote, `(SELECT sum(number) FROM numbers(${index * 1000}))`),
        ),
      );
      t.is(Number(sums[11]), (11_000 * 10_999) / 2);
      const response = await fetch(served.server.metricsUrl ?? '');
      t.regex(await response.text(), /theflash_errors_total\{code="BUSY"\} [1-9]/);
      t.is((await fetch((served.server.metricsUrl ?? '').replace('/metrics', '/'))).status, 404);
    } finally {
      await served.stop();
    }
  },
);

test.serial('a second COMMIT of a batch id applies nothing, and RESOLVE is final', async (t) => {
  const served = await serveEngine(engine());
  const schema = {
    ...{ database: 'once', table: 't', primaryKey: [] },
    columns: [column('v', { kind: 'int', bits: 64, unsigned: false })],
  };
  await engine().execute(
    'CREATE DATABASE once; CREATE TABLE once.t (v Int64) ENGINE = MutableMergeTree ORDER BY tuple()',
  );
  const write = async (
    client: RawClient,
    streamId: number,
    batchId: string,
  ): Promise<Message | undefined> => {
    client.send({ type: 'WRITE', batchId }, streamId);
    const opened = await client.next();
    if (opened?.type !== 'WRITE_OK') return opened;
    client.send({ type: 'RESERVE', count: 1 }, streamId);
    const reserved = await client.next();
    const first = reserved?.type === 'RESERVE_OK' ? reserved.firstVersion : 0n;
    client.send(
      { type: 'APPEND', database: 'once', table: 't' },
      streamId,
      buildStream(schema, [{ values: [1] }], first),
    );
    await client.next();
    client.send({ type: 'COMMIT', source: 's', checkpoint: batchId }, streamId);
    return await client.next();
  };
  const resolve = async (
    client: RawClient,
    streamId: number,
    batchId: string,
  ): Promise<Message | undefined> => {
    client.send({ type: 'RESOLVE', source: 's', batchId }, streamId);
    return await client.next();
  };
  try {
    const client = await RawClient.hello(served.server.port);
    t.deepEqual(await write(client, 1, 'one'), { type: 'COMMIT_OK', repeated: false });
    t.deepEqual(await write(client, 2, 'one'), { type: 'COMMIT_OK', repeated: true });
    for (let index = 0; index < 40; index += 1) await write(client, 10 + index, `more ${index}`);
    t.is(await readValue(engine(), '(SELECT count() FROM once.t)'), '41');
    t.is(
      await readValue(
        engine(),
        `(SELECT count() FROM theflash.applied_batches WHERE source = 's')`,
      ),
      '32',
    );
    t.deepEqual(await resolve(client, 100, 'more 39'), { type: 'RESOLVE_OK', applied: true });

    const half = await RawClient.hello(served.server.port);
    half.send({ type: 'WRITE', batchId: 'half' }, 1);
    t.is((await half.next())?.type, 'WRITE_OK');
    t.deepEqual(await resolve(client, 101, 'half'), { type: 'RESOLVE_OK', applied: false });
    t.is(await half.nextError(), 'CANCELLED');
    const refused = await write(client, 102, 'half');
    t.is(refused?.type === 'ERROR' ? refused.code : refused?.type, 'INVALID_REQUEST');
  } finally {
    await served.stop();
  }
  // What was applied is known to the next server as well.
  const next = await serveEngine(engine());
  try {
    const client = await RawClient.hello(next.server.port);
    t.deepEqual(await resolve(client, 1, 'more 39'), { type: 'RESOLVE_OK', applied: true });
    t.deepEqual(await resolve(client, 2, 'never'), { type: 'RESOLVE_OK', applied: false });
  } finally {
    await next.stop();
  }
});

test.serial('a writer that falls silent or leaves does not keep the next one out', async (t) => {
  const served = await serveEngine(engine(), { limits: { writeIdleTimeoutMs: 150 } });
  try {
    const silent = await RawClient.hello(served.server.port);
    silent.send({ type: 'WRITE', batchId: 'silent' }, 1);
    t.is((await silent.next())?.type, 'WRITE_OK');
    const next = await RawClient.hello(served.server.port);
    next.send({ type: 'WRITE', batchId: 'next' }, 1);
    t.is((await next.next())?.type, 'WRITE_OK');
    t.is(await silent.nextError(), 'TIMEOUT');
    const waiting = await RawClient.hello(served.server.port);
    waiting.send({ type: 'WRITE', batchId: 'gone' }, 1);
    waiting.socket.destroy();
    next.socket.destroy();
    await until(() => served.server.counts().writes === 0);
    const batch = await (await served.connect()).openBatch();
    await batch.close();
    t.pass();
  } finally {
    await served.stop();
  }
});

test.serial('a server that stops lets scans end, and refuses what is new', async (t) => {
  const served = await serveEngine(engine(), { limits: { drainTimeoutMs: 5_000 } });
  const idle = await RawClient.hello(served.server.port);
  const reader = await RawClient.hello(served.server.port);
  reader.send({ type: 'QUERY', sql: 'SELECT number FROM numbers(3)', credit: 0, timeoutMs: 0 }, 1);
  t.deepEqual([await reader.nextError(), await reader.nextError()], ['OPENED', 'SCHEMA']);
  const stopped = served.server.close();
  t.deepEqual([await idle.nextError(), await idle.nextError()], ['GOAWAY', 'closed']);
  t.is(await reader.nextError(), 'GOAWAY');
  reader.send({ type: 'CREDIT', bytes: 1_000 }, 1);
  t.deepEqual([await reader.nextError(), await reader.nextError()], ['BATCH', 'END']);
  t.is(await reader.nextError(), 'closed');
  await stopped;
  const error = await t.throwsAsync(() => served.connect(), { instanceOf: FlashError });
  t.is(error.code, 'CONNECTION');
});

test.serial('scans that outlast the drain are cancelled', async (t) => {
  const served = await serveEngine(engine(), { limits: { drainTimeoutMs: 100 } });
  const reader = await RawClient.hello(served.server.port);
  reader.send({ type: 'QUERY', sql: endless, credit: 1, timeoutMs: 0 }, 1);
  t.is((await reader.next())?.type, 'OPENED');
  await served.server.close();
  await untilNoQuery();
  t.deepEqual([await reader.nextError(), await reader.nextError()], ['GOAWAY', 'CANCELLED']);
});

test.serial('random and mutated frames end their own connection only', async (t) => {
  const served = await serveEngine(engine(), { limits: { loginTimeoutMs: 3_000 } });
  const random = randomFrom(seed);
  const noise = (lengthBytes: number): Buffer =>
    Buffer.from(Array.from({ length: lengthBytes }, () => Math.floor(random() * 256)));
  const kinds: readonly Message[] = [
    { type: 'CANCEL' },
    { type: 'CREDIT', bytes: 5 },
    { type: 'COMMIT', source: 's', checkpoint: 'x' },
    { type: 'SCAN', ticket: 'x.y', credit: 9, timeoutMs: 0 },
    { type: 'EXECUTE', sql: 'SELEC', timeoutMs: 0 },
    { type: 'WRITE', batchId: 'fuzz' },
    { type: 'BATCH', rows: 3 },
    {
      type: 'HELLO_OK',
      version: 1,
      server: '',
      serverId: '',
      auth: 'none',
      nonce: '',
      checksum: true,
      limits: {
        frameBytesMax: 1,
        messageBytesMax: 1,
        appendBytesMax: 1,
        idleTimeoutMs: 1,
        writeIdleTimeoutMs: 1,
        stallTimeoutMs: 1,
        statementTimeoutMsMax: 1,
      },
    },
  ];
  try {
    const remote = await served.connect();
    const before = process.memoryUsage.rss();
    for (let run = 0; run < 200; run += 1) {
      const client =
        random() < 0.3
          ? await RawClient.connect(served.server.port)
          : await RawClient.hello(served.server.port);
      if (random() < 0.5) client.socket.write(noise(1 + Math.floor(random() * 400)));
      for (let count = Math.floor(random() * 4); count > 0; count -= 1) {
        const message = kinds[Math.floor(random() * kinds.length)];
        const payload = random() < 0.3 ? noise(64) : undefined;
        if (message !== undefined) client.send(message, Math.floor(random() * 4), payload);
      }
      client.socket.end();
      if (run % 50 === 0) t.is(await readValue(remote, '1'), '1');
    }
    await until(() => served.server.counts().connections === 1);
    t.deepEqual(served.server.counts(), { connections: 1, scans: 0, writes: 0 });
    t.true(process.memoryUsage.rss() - before < 300_000_000);
    t.false(
      served.log.some((entry) => entry.fields['code'] === 'INTERNAL'),
      'no bug was met',
    );
  } finally {
    await served.stop();
  }
});

interface Served {
  connect(): Promise<{ serverStatus(): Promise<{ openScans: readonly { bytes: number }[] }> }>;
}

async function scansOf(served: Served): Promise<readonly { bytes: number }[]> {
  return (await (await served.connect()).serverStatus()).openScans;
}
