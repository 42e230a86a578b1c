// Goal: a body that was damaged on its way gives no other rows: a frame with a checksum is as it was packed, or refused.
// Method: frames of the zstd program, every bit of which is changed.
import { spawnSync } from 'node:child_process';
import test from 'ava';
import { FlashError } from '../../../src/protocol/index.js';
import { ZstdBody } from '../../../src/server/http/zstd-body.js';
import { createRandom } from '../../workload/index.js';

const testWithZstd = spawnSync('zstd', ['--version']).status === 0 ? test : test.skip;
const random = createRandom(2026);
const plain = Buffer.from(
  Array.from({ length: 60 }, (_, id) => `${id}\t${random.int(0, 1e9)}\n`).join(''),
);

function unpack(packed: Buffer): Buffer {
  const body = new ZstdBody();
  return Buffer.concat([...body.feed(packed), ...body.end()]);
}

testWithZstd('every bit of a frame with a checksum counts', (t) => {
  const { stdout: packed } = spawnSync('zstd', ['-c', '-q', '--check'], { input: plain });
  t.deepEqual(unpack(packed), plain);
  t.deepEqual(unpack(Buffer.concat([packed, packed])), Buffer.concat([plain, plain]));
  for (let bit = 0; bit < packed.length * 8; bit += 1) {
    const changed = Buffer.from(packed);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    try {
      t.deepEqual(unpack(changed), plain, `bit ${bit}`);
    } catch (error) {
      t.true(
        error instanceof FlashError && error.code === 'INVALID_REQUEST',
        `bit ${bit}: ${String(error)}`,
      );
    }
  }
});

testWithZstd('a frame without a checksum is taken', (t) => {
  const { stdout: packed } = spawnSync('zstd', ['-c', '-q', '--no-check'], { input: plain });
  t.deepEqual(unpack(packed), plain);
});
