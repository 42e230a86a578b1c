import { crc32 } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { FlashError } from '../../../src/protocol/index.js';
import {
  combineCrc32,
  decodeMessage,
  decodePreface,
  chooseVersion,
  encodePreface,
  FrameDecoder,
  FrameEncoder,
  frameTypes,
  MessageReader,
  parseFilter,
  type Frame,
} from '../../../src/protocol/wire/index.js';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const capBytes = 4096;

test.before((t) => {
  t.log(`SEED=${seed}`);
});

const knownTypes = fc.constantFrom(...Object.values(frameTypes));
const frames = fc.array(
  fc.record({
    type: knownTypes,
    streamId: fc.nat(0xffffffff),
    meta: fc.uint8Array({ maxLength: 200 }),
    payload: fc.uint8Array({ maxLength: 900 }),
    more: fc.boolean(),
  }),
  { maxLength: 8 },
);

test('a payload that was checksummed before makes the same frame', (t) => {
  fc.assert(
    fc.property(frames, (sent) => {
      const [plain, summed] = [new FrameEncoder(), new FrameEncoder()];
      for (const frame of sent) {
        const known = { ...frame, payloadSum: crc32(frame.payload) };
        t.deepEqual(
          Buffer.concat([...summed.encode(known)]),
          Buffer.concat([...plain.encode(frame)]),
        );
      }
    }),
    { seed },
  );
  const long = new Uint8Array(5_000_000).fill(7);
  for (const cut of [0, 1, 255, 256, 65_537, 4_194_304, 5_000_000]) {
    const [first, second] = [long.subarray(0, cut), long.subarray(cut)];
    t.is(combineCrc32(crc32(first), crc32(second), second.length), crc32(long), `cut at ${cut}`);
  }
});

test('frames come back the same, cut anywhere', (t) => {
  fc.assert(
    fc.property(
      frames,
      fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }),
      (sent, sizes) => {
        const encoder = new FrameEncoder();
        const bytes = Buffer.concat(sent.flatMap((frame) => [...encoder.encode(frame)]));
        const got = decodeAll(bytes, sizes);
        t.deepEqual(
          got.map(({ type, streamId, more, meta, payload }) => [
            type,
            streamId,
            more,
            hex(meta),
            hex(payload),
          ]),
          sent.map(({ type, streamId, more, meta, payload }) => [
            type,
            streamId,
            more,
            hex(meta),
            hex(payload),
          ]),
        );
      },
    ),
    { seed, numRuns: 200 },
  );
});

test('any bytes in any chunks give frames or a typed error, within the cap', (t) => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1 }),
      (bytes, sizes) => {
        try {
          for (const frame of decodeAll(bytes, sizes)) decodeMessage(frame);
        } catch (error) {
          if (!(error instanceof FlashError)) throw error;
        }
        t.pass();
      },
    ),
    { seed, numRuns: 500 },
  );
});

test('every flipped bit of a frame is found', (t) => {
  const encoder = new FrameEncoder();
  const bytes = Buffer.concat([
    ...encoder.encode({
      type: frameTypes.BATCH,
      streamId: 5,
      meta: Buffer.from('{"rows":3}'),
      payload: Buffer.alloc(24, 7),
    }),
    ...encoder.encode({ type: frameTypes.PING, streamId: 0, meta: new Uint8Array(0) }),
  ]);
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    let count = 0;
    try {
      count = decodeAll(changed, [bytes.length]).length;
    } catch (error) {
      t.true(error instanceof FlashError);
    }
    t.true(count < 2, `bit ${bit} went through`);
  }
});

test('a header over the cap is refused before its body is allocated', (t) => {
  const decoder = new FrameDecoder(capBytes);
  const header = new Uint8Array(16);
  new DataView(header.buffer).setUint32(0, 0xffffffff, true);
  decoder.push(header);
  const before = process.memoryUsage().arrayBuffers;
  const error = t.throws(() => decoder.next(), { instanceOf: FlashError });
  t.is(error.code, 'TOO_LARGE');
  t.true(process.memoryUsage().arrayBuffers - before < 1_000_000);
});

test('a payload in pieces is bounded as a whole', (t) => {
  const reader = new MessageReader(capBytes, 10_000);
  const encoder = new FrameEncoder();
  const error = t.throws(
    () => {
      for (let piece = 0; piece < 10; piece += 1) {
        const meta = piece === 0 ? Buffer.from('{"rows":1}') : new Uint8Array(0);
        for (const bytes of encoder.encode({
          type: frameTypes.BATCH,
          streamId: 1,
          more: true,
          meta,
          payload: Buffer.alloc(3000),
        })) {
          reader.push(bytes);
          reader.next();
        }
      }
    },
    { instanceOf: FlashError },
  );
  t.is(error.code, 'TOO_LARGE');
});

test('unknown types from 0x80 on are skipped', (t) => {
  const encoder = new FrameEncoder();
  const bytes = Buffer.concat([
    ...encoder.encode({
      type: 0x90,
      streamId: 1,
      meta: Buffer.from('{}'),
      payload: Buffer.alloc(9),
    }),
    ...encoder.encode({ type: frameTypes.PING, streamId: 0, meta: new Uint8Array(0) }),
  ]);
  t.deepEqual(
    decodeAll(bytes, [5]).map((frame) => frame.type),
    [frameTypes.PING],
  );
});

test('versions are agreed on, or refused with both ranges', (t) => {
  t.is(chooseVersion({ min: 1, max: 9 }), 1);
  t.deepEqual(decodePreface(encodePreface({ min: 2, max: 3 })), { min: 2, max: 3 });
  for (const range of [
    { min: 2, max: 3 },
    { min: 0, max: 0 },
    { min: 3, max: 1 },
  ]) {
    t.is(t.throws(() => chooseVersion(range), { instanceOf: FlashError }).code, 'VERSION');
  }
  t.is(
    t.throws(() => decodePreface(Buffer.from('GET / HT')), { instanceOf: FlashError }).code,
    'PROTOCOL',
  );
});

test('filters of any JSON are parsed or refused', (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      try {
        parseFilter(value);
      } catch (error) {
        if (!(error instanceof FlashError)) throw error;
      }
      t.pass();
    }),
    { seed, numRuns: 300 },
  );
  let deep: unknown = { op: 'true' };
  for (let level = 0; level < 100; level += 1) deep = { op: 'not', filter: deep };
  t.is(t.throws(() => parseFilter(deep), { instanceOf: FlashError }).code, 'TOO_LARGE');
});

function decodeAll(bytes: Uint8Array, sizes: readonly number[]): readonly Frame[] {
  const decoder = new FrameDecoder(capBytes);
  const got: Frame[] = [];
  for (let offset = 0, index = 0; offset < bytes.length; index += 1) {
    const end = offset + (sizes[index % sizes.length] ?? 1);
    decoder.push(bytes.subarray(offset, end));
    for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) got.push(frame);
    offset = end;
  }
  return got;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
