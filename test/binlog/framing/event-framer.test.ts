import test from 'ava';
import fc from 'fast-check';
import { EventFramer, type RawEvent } from '../../../src/binlog/index.js';
import { FlashError } from '../../../src/protocol/index.js';
import { caseNames, readCase } from '../fixtures/cases.js';

const { log } = readCase('changes-mysql-5.7');

interface Frame {
  type: number;
  offset: number;
  endOffset: number;
  body: string;
}

function frame({ header, body }: RawEvent): Frame {
  const { type, offset, endOffset } = header;
  return { type, offset, endOffset, body: Buffer.from(body).toString('hex') };
}

function framesOf(bytes: Uint8Array, chunkSizes: readonly number[], startOffset = 0): Frame[] {
  const framer = new EventFramer('log.binlog', { startOffset });
  const frames: Frame[] = [];
  for (let i = 0; framer.nextOffset < bytes.length; i++) {
    const size = chunkSizes[i % chunkSizes.length] ?? bytes.length;
    const chunk = bytes.subarray(framer.nextOffset, framer.nextOffset + size);
    for (const event of framer.push(chunk)) frames.push(frame(event));
  }
  framer.finish();
  return frames;
}

test('the events are the same wherever the log is cut into chunks', (t) => {
  const whole = framesOf(log, [log.length]);
  t.true(whole.length > 30);
  t.is(whole.at(-1)?.endOffset, log.length);
  t.deepEqual(framesOf(log, [1]), whole);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1 }), (sizes) => {
      t.deepEqual(framesOf(log, sizes), whole);
    }),
    { numRuns: 50 },
  );
});

test('reading from an offset gives the format description and the events from there on', (t) => {
  const whole = framesOf(log, [log.length]);
  for (const { offset } of whole.slice(2)) {
    for (const size of [7, 300, log.length]) {
      const frames = framesOf(log, [size], offset);
      t.deepEqual(frames, [whole[0], ...whole.filter((one) => one.offset >= offset)]);
    }
  }
});

test('an offset that is no event start is refused', (t) => {
  const error = t.throws(() => framesOf(log, [log.length], 200), { instanceOf: FlashError });
  t.is(error.code, 'BINLOG_FORMAT');
});

test('a log that is cut anywhere but between events is an error with the place', (t) => {
  const ends = new Set(framesOf(log, [log.length]).map((one) => one.endOffset));
  for (let length = 0; length < 2000; length++) {
    const cut = log.subarray(0, length);
    if (ends.has(length)) {
      t.notThrows(() => framesOf(cut, [100]));
      continue;
    }
    const framer = new EventFramer('log.binlog');
    const error = t.throws(
      () => {
        Array.from(framer.push(cut));
        framer.finish();
      },
      { instanceOf: FlashError },
    );
    t.is(error.code, 'BINLOG_FORMAT');
    t.is(error.place.file, 'log.binlog');
    t.true((error.place.offset ?? -1) <= length);
  }
});

test('a log in use may end inside an event, and says so', (t) => {
  const inUse = Uint8Array.from(log);
  // Flags of the format description: the server sets LOG_EVENT_BINLOG_IN_USE_F without summing anew.
  inUse[4 + 17] = 1;
  const framer = new EventFramer('log.binlog');
  const events = Array.from(framer.push(inUse.subarray(0, log.length - 3)), frame);
  t.deepEqual(
    events,
    framesOf(log, [log.length])
      .slice(0, -1)
      .map((one) => ({ ...one })),
  );
  const end = framer.finish();
  t.true(end.inUse);
  t.true(end.unfinishedBytes > 0);
});

test('every flipped byte of a checksummed log is found', (t) => {
  const end = Math.min(log.length, 1500);
  for (let at = 0; at < end; at++) {
    // The in-use flag is the one byte whose change the checksum allows.
    if (at === 4 + 17) continue;
    const flipped = log.slice(0, end);
    flipped[at] = (flipped[at] ?? 0) ^ 0x10;
    const error = t.throws(
      () => {
        const framer = new EventFramer('log.binlog');
        Array.from(framer.push(flipped));
        framer.finish();
      },
      { instanceOf: FlashError },
      `byte ${at}`,
    );
    t.true(error.code === 'BINLOG_FORMAT' || error.code === 'UNSUPPORTED', `byte ${at}`);
  }
});

test('files that are no binary log say what they are', (t) => {
  const open = (hex: string): FlashError =>
    t.throws(() => Array.from(new EventFramer('x').push(Buffer.from(hex.padEnd(80, '0'), 'hex'))), {
      instanceOf: FlashError,
    });
  t.regex(open('fd62696e').message, /encrypted/);
  t.is(open('fd62696e').code, 'UNSUPPORTED');
  t.regex(open('fefe0d01').message, /InnoDB/);
  t.is(open('fefe0d01').code, 'UNSUPPORTED');
  t.regex(open('504b0304').message, /not a binary log/);
  t.is(open('504b0304').code, 'BINLOG_FORMAT');
  t.throws(() => new EventFramer('x').finish(), { instanceOf: FlashError });
});

test('every recorded log is read to its end', (t) => {
  for (const name of caseNames()) {
    const bytes = readCase(name).log;
    t.is(framesOf(bytes, [4096]).at(-1)?.endOffset, bytes.length, name);
  }
});
