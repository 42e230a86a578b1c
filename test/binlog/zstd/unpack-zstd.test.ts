import { spawnSync } from 'node:child_process';
import test from 'ava';
import fc from 'fast-check';
import { unpackZstd } from '../../../src/binlog/zstd/index.js';
import { leastMs } from '../../least-ms.js';
import { chooseSeed, createRandom } from '../../workload/index.js';

// Goal: what the zstd program has packed comes back byte by byte, at every level and window; damaged
// streams are refused, in time that their size bounds.
const testWithZstd = spawnSync('zstd', ['--version']).status === 0 ? test : test.skip;

function pack(bytes: Uint8Array, args: readonly string[]): Uint8Array {
  const { status, stdout, stderr } = spawnSync('zstd', ['-c', '-q', ...args], {
    input: bytes,
    maxBuffer: 1 << 30,
  });
  if (status !== 0) throw new Error(`zstd: ${stderr.toString()}`);
  return stdout;
}

function unpack(packed: Uint8Array): Buffer {
  const parts: Uint8Array[] = [];
  for (const part of unpackZstd(packed)) parts.push(part.slice());
  return Buffer.concat(parts);
}

/** Bytes that repeat, near and far: words of a small vocabulary, and runs of earlier parts. */
function compressible(seed: number, size: number): Buffer {
  const random = createRandom(seed);
  const words = Array.from({ length: 200 }, () => random.bytes(random.int(1, 20)));
  const parts: Buffer[] = [];
  for (let length = 0; length < size;) {
    const part = random.chance(10)
      ? random.bytes(random.int(1, 300))
      : (words[random.int(0, words.length - 1)] ?? Buffer.alloc(0));
    parts.push(part);
    length += part.length;
  }
  return Buffer.concat(parts).subarray(0, size);
}

testWithZstd('streams of the zstd program at every level are unpacked', (t) => {
  const seed = chooseSeed();
  t.log(`SEED=${seed}`);
  const samples = [
    Buffer.alloc(0),
    Buffer.from('a'),
    Buffer.alloc(3_000_000),
    Buffer.from('the same again, '.repeat(20_000)),
    createRandom(seed).bytes(300_000),
    compressible(seed, 1_000_000),
    compressible(seed + 1, 70_000),
    Buffer.from(Array.from({ length: 50_000 }, (_, i) => `${i * 7},`).join('')),
  ];
  for (const level of [1, 3, 9, 17, 22]) {
    for (const sample of samples) {
      const packed = pack(sample, ['--ultra', `-${level}`]);
      t.true(unpack(packed).equals(sample), `level ${level}, ${sample.length} bytes`);
    }
  }
  t.true(unpack(pack(samples[5] ?? Buffer.alloc(0), ['--no-check', '--fast=5'])).length > 0);
});

testWithZstd('matches reach as far back as the largest window', (t) => {
  const seed = chooseSeed();
  t.log(`SEED=${seed}`);
  const far = createRandom(seed).bytes(200_000);
  const sample = Buffer.concat([far, createRandom(seed + 1).bytes(40_000_000), far, far]);
  const packed = pack(sample, ['--long=27', '-3']);
  t.true(packed.length < sample.length - 300_000, 'the match is far');
  t.true(unpack(packed).equals(sample));
});

testWithZstd('frames that follow each other are one stream', (t) => {
  const [first, second] = [Buffer.from('one '.repeat(99)), Buffer.from('two '.repeat(99))];
  const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
  const both = Buffer.concat([pack(first, []), skippable, pack(second, ['-19'])]);
  t.true(unpack(both).equals(Buffer.concat([first, second])));
});

testWithZstd('a stream cut at any byte is refused', (t) => {
  const packed = pack(compressible(1, 20_000), ['-9']);
  for (let size = 0; size < packed.length; size += 1) {
    t.throws(() => unpack(packed.subarray(0, size)), { name: 'ZstdError' }, String(size));
  }
});

testWithZstd('a damaged stream gives bytes or an error, and never takes long', async (t) => {
  const seed = chooseSeed();
  const packed = [3, 9, 19].map((level) => pack(compressible(seed, 30_000), [`-${level}`]));
  const damage = fc.record({
    which: fc.nat(2),
    at: fc.nat(4000),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
  });
  t.log(`SEED=${seed}`);
  await fc.assert(
    fc.asyncProperty(damage, async ({ which, at, bytes }) => {
      const broken = Buffer.from(packed[which] ?? []);
      broken.set(bytes.subarray(0, broken.length - (at % broken.length)), at % broken.length);
      const tookMs = await leastMs(1000, () => {
        const startMs = performance.now();
        try {
          unpack(broken);
        } catch (error) {
          if (!(error instanceof Error) || error.name !== 'ZstdError') throw error;
        }
        return performance.now() - startMs;
      });
      return tookMs < 1000;
    }),
    { seed, numRuns: 2000 },
  );
  t.pass();
});

test('a block whose sequences claim more than the block may give is refused at once', async (t) => {
  // One compressed block: no literals, 98,558 sequences of the longest match (code 52), all from
  // tables of one symbol, which take no bits.
  const sequences = [255, 0xff, 0xff, 0b0101_0100, 0, 0, 52, 0x01];
  const block = [0x00, ...sequences];
  const header = (block.length << 3) | (2 << 1) | 1;
  const frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58];
  const bytes = [...frame, header & 255, (header >> 8) & 255, header >> 16, ...block];
  const tookMs = await leastMs(100, () => {
    const startMs = performance.now();
    t.throws(() => unpack(Uint8Array.from(bytes)), { name: 'ZstdError' });
    return performance.now() - startMs;
  });
  t.true(tookMs < 100, `${tookMs} ms`);
});
