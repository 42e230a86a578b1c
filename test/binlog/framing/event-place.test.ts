// Goal: bytes that are missing in a log, or are there twice, are found where they are. Method: logs that real servers
// wrote, changed at every border between two events.
import test from 'ava';
import { EventFramer, type RawEvent } from '../../../src/binlog/index.js';
import { FlashError } from '../../../src/protocol/index.js';
import { caseNames, readCase } from '../fixtures/cases.js';

const firstOffset = 4;

/** Offsets of the events of a log. */
function offsetsOf(log: Uint8Array): number[] {
  return [...new EventFramer('whole').push(log)].map(({ header }) => header.offset);
}

/** Reads a log to where it is refused, and gives the error's place and text. */
function refusal(log: Uint8Array): { offset: number | undefined; message: string } | undefined {
  try {
    const framer = new EventFramer('log.binlog');
    Array.from(framer.push(log));
    framer.finish();
    return undefined;
  } catch (error) {
    if (!(error instanceof FlashError) || error.code !== 'BINLOG_FORMAT') throw error;
    return { offset: error.place.offset, message: error.message };
  }
}

for (const name of caseNames()) {
  const { log } = readCase(name);
  const offsets = offsetsOf(log);

  test(`${name}: a hole at any event is found at its place`, (t) => {
    let holes = 0;
    // After the format description, and such that an event follows; from each event on, some of the later ones.
    offsets.slice(1).forEach((start, index) => {
      const ends = offsets.slice(index + 2);
      for (const end of ends.filter((_, at) => at % Math.ceil(ends.length / 5) === 0)) {
        const found = refusal(Buffer.concat([log.subarray(0, start), log.subarray(end)]));
        t.is(found?.offset, start, `${start} to ${end}`);
        t.regex(found?.message ?? '', new RegExp(` ${end - start} bytes before it are missing`));
        holes += 1;
      }
    });
    t.true(holes > 10);
  });

  test(`${name}: events that stand twice are found at the second`, (t) => {
    offsets.slice(1).forEach((start, index) => {
      const end = offsets[index + 2] ?? log.length;
      const found = refusal(Buffer.concat([log.subarray(0, end), log.subarray(start)]));
      t.is(found?.offset, end);
      t.regex(found?.message ?? '', new RegExp(` ${end - start} bytes too many come before it`));
    });
  });

  test(`${name}: another log inside of it is found, with its magic and without`, (t) => {
    for (const end of offsets.slice(1)) {
      for (const from of [0, firstOffset]) {
        const found = refusal(Buffer.concat([log.subarray(0, end), log.subarray(from)]));
        t.is(found?.offset, end, `${end} and ${from}`);
        t.regex(found?.message ?? '', /another log begins here/);
      }
    }
  });
}

test('places are kept in 32 bits: a log of more than 4 GiB is read', (t) => {
  const { log } = readCase('changes-mysql-5.7');
  const offsets = offsetsOf(log);
  const [, second = 0] = offsets;
  for (const beyond of [2 ** 32, 3 * 2 ** 32]) {
    const read = (shift: number): RawEvent[] => {
      const framer = new EventFramer('log.binlog', { startOffset: second + beyond + shift });
      const [description] = Array.from(framer.push(log.subarray(0, second)));
      t.is(description?.header.offset, firstOffset);
      t.is(framer.nextOffset, second + beyond + shift);
      return [...framer.push(log.subarray(second))];
    };
    const places = read(0).map(({ header }) => header.offset);
    t.deepEqual(
      places,
      offsets.slice(1).map((offset) => offset + beyond),
    );
    for (const shift of [-second, -1, 1, 100]) {
      const error = t.throws(() => read(shift), { instanceOf: FlashError });
      t.is(error.code, 'BINLOG_FORMAT');
    }
  }
});
