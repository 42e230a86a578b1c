import test from 'ava';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { FlashError, type Engine } from '../../src/protocol/index.js';
import { readValue } from '../engine/engine-suite.js';
import { startTcpProxy } from '../faults/tcp-proxy.js';
import { openRemoteEngine } from '../../src/engine/remote/index.js';
import { RawClient } from './raw-client.js';
import { openTestEngine, serveEngine } from './test-server.js';

let local: { engine: Engine; remove: () => Promise<void> } | undefined;

test.before(async () => {
  local = await openTestEngine();
  await local.engine.execute(
    `CREATE DATABASE i; CREATE TABLE i.plain (id Int32) ENGINE = MergeTree ORDER BY id;
     CREATE TABLE i.mutable (id Int32) ENGINE = MutableMergeTree ORDER BY id`,
  );
});

test.after.always(() => local?.remove());

const engine = (): Engine => {
  if (local === undefined) throw new Error('the engine did not open');
  return local.engine;
};
const rows = (count: number): Uint8Array =>
  tableToIPC(tableFromArrays({ id: Int32Array.from({ length: count }, (_, id) => id) }), 'stream');
const count = (): Promise<string> => readValue(engine(), '(SELECT count() FROM i.plain)');
const plain = { database: 'i', table: 'plain' };

test.serial('rows go into a plain table, in as many frames as it takes', async (t) => {
  const served = await serveEngine(engine(), {
    limits: { frameBytesMax: 65_536, appendBytesMax: 1_000_000 },
  });
  try {
    const remote = await served.connect();
    t.is(await remote.insertRows(plain, rows(100_000)), 100_000);
    t.is(await count(), '100000');
    for (const [table, stream, code] of [
      ['mutable', rows(1), 'INVALID_REQUEST'],
      ['no_such', rows(1), 'NOT_FOUND'],
      ['plain', rows(1).subarray(0, 100), 'INVALID_REQUEST'],
      ['plain', rows(300_000), 'TOO_LARGE'],
    ] as const) {
      const error = await t.throwsAsync(() => remote.insertRows({ ...plain, table }, stream), {
        instanceOf: FlashError,
      });
      t.is(error.code, code, table);
    }
    t.is(await count(), '100000');
  } finally {
    await served.stop();
  }
});

test.serial('an insert that is sent again is answered, and not applied again', async (t) => {
  await engine().execute('TRUNCATE TABLE i.plain');
  const served = await serveEngine(engine());
  try {
    const client = await RawClient.hello(served.server.port);
    const other = await RawClient.hello(served.server.port);
    const { serverId } = client.hello;
    const message = { type: 'INSERT', batchId: 'one', serverId, ...plain } as const;
    client.send(message, 1, rows(1000));
    other.send(message, 1, rows(1000));
    const answers = [await client.next(), await other.next()];
    t.deepEqual(answers.map((each) => each?.type === 'INSERT_OK' && each.repeated).sort(), [
      false,
      true,
    ]);
    client.send(message, 2, rows(1000));
    t.deepEqual(await client.next(), { type: 'INSERT_OK', rows: 1000, repeated: true });
    t.is(await count(), '1000');
    client.send({ ...message, batchId: 'bad', table: 'mutable' }, 3, rows(1));
    t.is(await client.nextError(), 'INVALID_REQUEST');
    client.send({ ...message, batchId: 'bad' }, 4, rows(1));
    t.is(await client.nextError(), 'INVALID_REQUEST', 'a failure stays one');
    client.send({ ...message, serverId: 'before the restart' }, 5, rows(1));
    t.is(await client.nextError(), 'EXPIRED');
  } finally {
    await served.stop();
  }
});

test.serial('an answer that is lost is asked for again', async (t) => {
  await engine().execute('TRUNCATE TABLE i.plain');
  const served = await serveEngine(engine());
  const proxy = await startTcpProxy(served.server.port);
  try {
    const remote = await openRemoteEngine(`tcp://127.0.0.1:${proxy.port}`);
    // The whole way up, cut off on the way down after the login.
    await remote.close();
    const loginBytes = proxy.counts.down;
    proxy.arm({ kind: 'cut', direction: 'down', atByte: loginBytes + 3, size: 1 });
    const again = await openRemoteEngine(`tcp://127.0.0.1:${proxy.port}`);
    t.is(await again.insertRows(plain, rows(500)), 500);
    t.is(await count(), '500');
    t.true(proxy.accepted() >= 3, 'it took another connection');
    await again.close();
  } finally {
    await proxy.close();
    await served.stop();
  }
});
