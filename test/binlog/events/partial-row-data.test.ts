import test from 'ava';
import {
  EventDecoder,
  EventFramer,
  type BinlogEvent,
  type RawEvent,
  type RowsEvent,
} from '../../../src/binlog/index.js';
import { FlashError } from '../../../src/protocol/index.js';
import { readCase } from '../fixtures/cases.js';

/**
 * MariaDB 12.3 is not to be had here, so the fragments are built by hand, by the layout that its
 * manual states, around rows events that MariaDB 10.11 wrote.
 */
const raws: RawEvent[] = [];
for (const { header, body } of new EventFramer('log.binlog').push(readCase('types-mariadb').log)) {
  raws.push({ header, body: Uint8Array.from(body) });
}
const format = raws.slice(0, 1);
const longest = raws
  .filter((raw) => raw.header.type === 23)
  .reduce((long, raw) => (raw.body.length > long.body.length ? raw : long));

/** The rows event as it stands in a log without checksums. */
function wholeEvent({ header, body }: RawEvent): Buffer {
  const whole = Buffer.alloc(19 + body.length);
  whole.writeUInt32LE(header.timeSeconds, 0);
  whole.writeUInt8(header.type, 4);
  whole.writeUInt32LE(header.serverId, 5);
  whole.writeUInt32LE(whole.length, 9);
  whole.writeUInt16LE(header.flags, 17);
  whole.set(body, 19);
  return whole;
}

interface Split {
  parts: number;
  sequenceFirst?: boolean;
  sizeBytes?: number;
  content?: Buffer;
}

function fragments({ parts, sequenceFirst = false, ...rest }: Split): RawEvent[] {
  const content = rest.content ?? wholeEvent(longest);
  const step = Math.ceil(content.length / parts);
  return Array.from({ length: parts }, (_, i) => {
    const head = Buffer.alloc(i === 0 ? 17 : 9);
    head.writeUInt32LE(sequenceFirst ? i + 1 : parts, 0);
    head.writeUInt32LE(sequenceFirst ? parts : i + 1, 4);
    if (i === 0) {
      head.writeUInt8(1, 8);
      head.writeBigUInt64LE(BigInt(rest.sizeBytes ?? content.length), 9);
    }
    const offset = 1000 + i * 100;
    return {
      header: { ...longest.header, type: 172, flags: 0, offset, endOffset: offset + 100 },
      body: Buffer.concat([head, content.subarray(i * step, (i + 1) * step)]),
    };
  });
}

function decode(events: readonly RawEvent[]): BinlogEvent[] {
  const decoder = new EventDecoder();
  return [...format, ...events].flatMap((raw) => [...decoder.decode(raw)]).slice(1);
}

function onlyRows(events: readonly BinlogEvent[]): RowsEvent | undefined {
  const rows = events.filter((event) => event.kind === 'rows');
  return rows.length === 1 ? rows[0] : undefined;
}

for (const sequenceFirst of [false, true]) {
  const order = sequenceFirst ? 'sequence number first' : 'number of fragments first';
  test(`a rows event in fragments is the whole one, at the place of the last (${order})`, (t) => {
    const [whole] = decode([longest]);
    for (const parts of [2, 3, 7]) {
      const events = decode(fragments({ parts, sequenceFirst }));
      t.is(events.length, parts);
      t.true(events.slice(0, -1).every((event) => event.kind === 'other'));
      const { offset, endOffset } = { offset: 900 + parts * 100, endOffset: 1000 + parts * 100 };
      t.deepEqual(onlyRows(events), { ...(whole as RowsEvent), offset, endOffset });
    }
  });
}

test('one group after another is read, also after a group of one', (t) => {
  const groups = [...fragments({ parts: 1 }), ...fragments({ parts: 2 }), longest];
  t.is(decode(groups).filter((event) => event.kind === 'rows').length, 3);
});

test('fragments that are missing, doubled, out of order or interrupted stop with the place', (t) => {
  const [first, second, third] = fragments({ parts: 3 });
  const [other] = fragments({ parts: 4 });
  if (first === undefined || second === undefined || third === undefined || other === undefined) {
    return t.fail();
  }
  const cases: [RawEvent[], RegExp][] = [
    [[second, third], /offset 1100: .*begins with fragment 3, 2/],
    [[first, third], /offset 1200: .*fragment 3 of 3 .* 2 of 3/],
    [[first, first], /offset 1000: .*fragment 1 of 3 .* 2 of 3/],
    [[first, second, other], /offset 1000: .*fragment 1 of 4 .* 3 of 3/],
    [[first, longest], /WRITE_ROWS_V1 where fragment 2 of 3/],
  ];
  for (const [events, message] of cases) {
    const error = t.throws(() => decode(events), { instanceOf: FlashError });
    t.is(error.code, 'BINLOG_FORMAT');
    t.regex(error.message, message);
  }
});

test('a group of another size than stated, or of another event, stops', (t) => {
  const whole = wholeEvent(longest);
  const gtid = Buffer.from(whole);
  gtid.writeUInt8(162, 4);
  const shorter = Buffer.from(whole);
  shorter.writeUInt32LE(whole.length - 4, 9);
  const cases: [Split, RegExp][] = [
    [{ parts: 2, sizeBytes: whole.length - 1 }, /fragments of a row that pass \d+ bytes/],
    [{ parts: 2, sizeBytes: whole.length + 1 }, /which is not its size/],
    [{ parts: 2, sizeBytes: 2 ** 50 }, /which is not its size/],
    [{ parts: 2, content: shorter }, /which is not its size/],
    [{ parts: 2, content: whole.subarray(0, 10) }, /which is not its size/],
    [{ parts: 2, content: gtid }, /GTID \(MariaDB\), which is no rows event/],
  ];
  for (const [split, message] of cases) {
    const error = t.throws(() => decode(fragments(split)), { instanceOf: FlashError });
    t.is(error.code, 'BINLOG_FORMAT');
    t.regex(error.message, message);
  }
});

test('fragments that are cut at any byte, or have any byte changed, give events or an error', (t) => {
  const shortest = raws
    .filter((raw) => raw.header.type === 23)
    .reduce((short, raw) => (raw.body.length < short.body.length ? raw : short));
  const parts = fragments({ parts: 3, content: wholeEvent(shortest) });
  let errors = 0;
  for (const [i, part] of parts.entries()) {
    for (let at = 0; at < part.body.length; at++) {
      const changed = Uint8Array.from(part.body);
      changed[at] = (changed[at] ?? 0) ^ 0xff;
      for (const body of [part.body.subarray(0, at), changed]) {
        try {
          t.true(decode(parts.with(i, { header: part.header, body })).length > 0);
        } catch (error) {
          t.true(error instanceof FlashError, String(error));
          errors++;
        }
      }
    }
  }
  t.true(errors > 100);
});
