// Goal: a chunk is used only until the next one is asked for, as the engine's memory may be its own.
// Method: a source that writes each chunk into the same buffer.
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import { compress } from '../../src/cli/compression.js';

test('chunks that share one buffer are compressed each as it was', async (t) => {
  const buffer = Buffer.alloc(100_000);
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let value = 0; value < 50; value += 1) yield await Promise.resolve(buffer.fill(value));
  }
  const packed: Uint8Array[] = [];
  for await (const piece of compress(chunks(), 'gz')) packed.push(piece);
  const expected = Array.from({ length: 50 }, (_, value) => Buffer.alloc(100_000, value));
  t.true(gunzipSync(Buffer.concat(packed)).equals(Buffer.concat(expected)));
});

test('an error of the source is the error of the result, and a reader that leaves ends the source', async (t) => {
  let ends = 0;
  async function* chunks(fails: boolean): AsyncGenerator<string> {
    try {
      for (let count = 0; count < 100; count += 1) {
        yield await Promise.resolve('x'.repeat(100_000));
        if (fails && count === 50) throw new Error('the query failed');
      }
    } finally {
      ends += 1;
    }
  }
  const readAll = async (): Promise<void> => {
    for await (const piece of compress(chunks(true), 'gz')) t.true(piece.length > 0);
  };
  await t.throwsAsync(readAll(), { message: 'the query failed' });
  for await (const piece of compress(chunks(false), 'gz')) {
    t.true(piece.length > 0);
    break;
  }
  t.is(ends, 2);
});
