import test from 'ava';
import { BufferPool, MessageReader, MessageWriter } from '../../../src/protocol/wire/index.js';

test('buffers that were given back are used again, within the bound', (t) => {
  const pool = new BufferPool(20_000);
  const first = pool.take(8_000);
  const second = pool.take(8_000);
  t.not(first.buffer, second.buffer);
  pool.give(first.buffer);
  pool.give(second.buffer);
  const third = pool.take(7_000);
  t.true(third.buffer === first.buffer || third.buffer === second.buffer);
  t.is(third.length, 7_000);
  t.true(pool.owns(third));
  t.false(pool.owns(new Uint8Array(7_000)));
  const large = pool.take(30_000);
  pool.give(large.buffer);
  t.not(pool.take(30_000).buffer, large.buffer, 'over the bound it is dropped');
});

test('with a pool, payloads outlive the chunk that they came in', (t) => {
  const writer = new MessageWriter();
  writer.frameBytesMax = 65_536;
  const payloads = [100, 70_000, 5_000, 1].map((length, index) =>
    Uint8Array.from({ length }, (_, at) => (at * 7 + index) & 255),
  );
  const wire = Buffer.concat(
    payloads.flatMap((payload) => [...writer.encode({ type: 'BATCH', rows: 1 }, 1, payload)]),
  );
  for (const chunkBytes of [1, 4096, wire.length]) {
    const reader = new MessageReader(65_536, 1_000_000, { buffers: new BufferPool(1_000_000) });
    const chunk = new Uint8Array(chunkBytes);
    const seen: Uint8Array[] = [];
    for (let at = 0; at < wire.length; at += chunkBytes) {
      const part = wire.subarray(at, at + chunkBytes);
      chunk.set(part);
      reader.push(chunk.subarray(0, part.length));
      for (let next = reader.next(); next !== undefined; next = reader.next()) {
        seen.push(next.payload);
      }
      chunk.fill(0xee);
    }
    t.deepEqual(seen, payloads, `chunks of ${chunkBytes}`);
    t.is(new Set(seen.map((payload) => payload.buffer)).size, seen.length, 'one buffer each');
  }
});
