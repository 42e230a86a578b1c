import test from 'ava';
import { Outbox } from '../../src/server/outbox.js';

/** A network that takes messages when it is told to. */
function slowNetwork(): {
  send: (copy: Uint8Array) => Promise<void>;
  seen: string[];
  take(): void;
} {
  const seen: string[] = [];
  const waiting: (() => void)[] = [];
  return {
    seen,
    send: (copy) =>
      new Promise((resolve) => {
        waiting.push(() => {
          seen.push(Buffer.from(copy).toString());
          resolve();
        });
      }),
    take: () => waiting.shift()?.(),
  };
}

const text = (value: string): Uint8Array => Buffer.from(value);

function send(outbox: Outbox, bytes: Uint8Array, by: (copy: Uint8Array) => Promise<void>): void {
  const copy = outbox.keep(bytes);
  outbox.add(copy, by(copy));
}

test('what is sent is what was given, although the bytes change at once', async (t) => {
  const outbox = new Outbox(10);
  const network = slowNetwork();
  const bytes = text('first');
  send(outbox, bytes, network.send);
  bytes.set(text('xxxxx'));
  send(outbox, bytes, network.send);
  let isRoom = false;
  const room = outbox.waitForRoom(1).then(() => (isRoom = true));
  await Promise.resolve();
  t.false(isRoom, 'ten bytes are on their way');
  network.take();
  await room;
  send(outbox, text('third'), network.send);
  network.take();
  network.take();
  await outbox.waitUntilEmpty();
  t.deepEqual(network.seen, ['first', 'xxxxx', 'third']);
});

test('what lies in a buffer of the outbox is sent from there', async (t) => {
  const outbox = new Outbox(10_000);
  const network = slowNetwork();
  const bytes = outbox.buffers.take(5_000);
  t.is(outbox.keep(bytes), bytes);
  send(outbox, bytes, network.send);
  t.not(outbox.buffers.take(5_000).buffer, bytes.buffer, 'it is still on its way');
  network.take();
  await outbox.waitUntilEmpty();
  t.is(outbox.buffers.take(5_000).buffer, bytes.buffer, 'and used again then');
});

test('a message larger than the bound goes alone', async (t) => {
  const outbox = new Outbox(4);
  const network = slowNetwork();
  await outbox.waitForRoom(9);
  send(outbox, text('very long'), network.send);
  network.take();
  await outbox.waitForRoom(9);
  t.deepEqual(network.seen, ['very long']);
});

test('a failure to send is told to whoever waits next', async (t) => {
  const outbox = new Outbox(4);
  send(outbox, text('lost'), () => Promise.reject(new Error('the client went away')));
  await t.throwsAsync(() => outbox.waitForRoom(1), { message: 'the client went away' });
  await t.throwsAsync(() => outbox.waitUntilEmpty(), { message: 'the client went away' });
});
