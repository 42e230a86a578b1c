// Goal: frames of another program are unpacked, however their bytes come, and damaged ones never give
// other bytes without an error of ours. Method: frames of python-lz4; every cut, every byte changed.
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import test from 'ava';
import { FlashError } from '../../../src/protocol/index.js';
import { unpackLz4Block } from '../../../src/server/http/lz4-block.js';
import { Lz4Unpacker } from '../../../src/server/http/lz4-unpacker.js';

const fixture = JSON.parse(
  readFileSync(new URL('fixtures/lz4-frames.json', import.meta.url), 'utf8'),
) as { plain: string; frames: Record<string, string> };
const plain = Buffer.from(fixture.plain, 'base64');
const frames = Object.entries(fixture.frames).map(
  ([name, text]) => [name, Buffer.from(text, 'base64')] as const,
);

async function unpack(pieces: readonly Buffer[]): Promise<Buffer> {
  const unpacked: Buffer[] = [];
  for await (const piece of Readable.from(pieces).pipe(new Lz4Unpacker())) {
    if (Buffer.isBuffer(piece)) unpacked.push(piece);
  }
  return Buffer.concat(unpacked);
}

for (const [name, frame] of frames) {
  test(`${name}: as it was, in one piece, in bytes, and twice`, async (t) => {
    t.deepEqual(await unpack([frame]), plain);
    t.deepEqual(await unpack(Array.from(frame, (byte) => Buffer.of(byte))), plain);
    t.deepEqual(await unpack([frame, frame]), Buffer.concat([plain, plain]));
  });

  test(`${name}: cut anywhere, it is an error`, async (t) => {
    for (let length = 1; length < frame.length; length += 1) {
      const error = await t.throwsAsync(unpack([frame.subarray(0, length)]));
      t.true(error instanceof FlashError && error.code === 'INVALID_REQUEST', String(length));
    }
  });

  test(`${name}: with a byte changed, it gives no other bytes where it has a checksum`, async (t) => {
    const hasChecksum = ((frame[4] ?? 0) & 4) !== 0;
    for (let at = 0; at < frame.length; at += 1) {
      const changed = Buffer.from(frame);
      changed[at] = (changed[at] ?? 0) ^ 0x41;
      const came = await unpack([changed]).catch((error: unknown) => error);
      if (Buffer.isBuffer(came)) t.true(!hasChecksum || came.equals(plain), `byte ${at}`);
      else t.true(came instanceof FlashError, `byte ${at}`);
    }
  });
}

test('there are frames with a checksum, and without', (t) => {
  t.is(new Set(frames.map(([, frame]) => (frame[4] ?? 0) & 4)).size, 2);
});

test('a block refers to what stands before it, and to nothing else', (t) => {
  const history = Buffer.from('abcdef');
  // One literal 'x', four bytes from six back, then the literal 'y'.
  const block = Buffer.from([0x10, 0x78, 7, 0, 0x10, 0x79]);
  t.is(unpackLz4Block(block, history, 100)?.toString(), 'xabcdy');
  t.is(unpackLz4Block(block, Buffer.alloc(0), 100), undefined);
  t.is(unpackLz4Block(block, history, 5), undefined);
  t.is(unpackLz4Block(Buffer.from([0x10, 0x78, 0, 0, 0x10, 0x79]), history, 100), undefined);
  t.is(unpackLz4Block(Buffer.from([0xf0, 0xff]), history, 1000), undefined);
});
