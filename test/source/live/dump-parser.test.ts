import test from 'ava';
import { crc32 } from 'node:zlib';
import { EventFramer } from '../../../src/binlog/index.js';
import { DumpParser, type DumpItem } from '../../../src/source/live/dump-parser.js';
import { chooseSeed, createRandom } from '../../workload/index.js';

const fileOffset = 4;

/** An event as a server writes it. `endOffset` 0: the server does not say. */
function event(
  type: number,
  body: Buffer,
  { endOffset = 0, flags = 0 }: { endOffset?: number; flags?: number } = {},
): Buffer {
  const bytes = Buffer.alloc(19 + body.length + 4);
  bytes[4] = type;
  bytes.writeUInt32LE(bytes.length, 9);
  bytes.writeUInt32LE(endOffset, 13);
  bytes.writeUInt16LE(flags, 17);
  body.copy(bytes, 19);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, -4)), bytes.length - 4);
  return bytes;
}

/** FORMAT_DESCRIPTION of MySQL 5.7 with CRC32, without the sizes of events. */
function description(): Buffer {
  const body = Buffer.alloc(2 + 50 + 4 + 1 + 40 + 1);
  body.writeUInt16LE(4, 0);
  body.write('5.7.29', 2);
  body[56] = 19;
  body[body.length - 1] = 1;
  return event(15, body, { endOffset: fileOffset + body.length + 23 });
}

function rotate(file: string, offset: number, flags: number): Buffer {
  const body = Buffer.alloc(8 + file.length);
  body.writeBigUInt64LE(BigInt(offset), 0);
  body.write(file, 8);
  return event(4, body, { flags });
}

/** Puts payloads into packets, as the protocol does. */
function packets(payloads: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [];
  let sequence = 1;
  for (const payload of payloads) {
    for (let at = 0; ; at += 0xffffff) {
      const piece = payload.subarray(at, at + 0xffffff);
      const header = Buffer.alloc(4);
      header.writeUIntLE(piece.length, 0, 3);
      header[3] = sequence & 0xff;
      sequence += 1;
      parts.push(header, piece);
      if (piece.length < 0xffffff) break;
    }
  }
  return Buffer.concat(parts);
}

const status = Buffer.of(0);
const asPayload = (bytes: Buffer): Buffer => Buffer.concat([status, bytes]);

/** A dump of two logs: a heartbeat, an event of 16 MiB, and one that the server leaves out. */
function makeDump(): { dump: Buffer; log: Buffer; left: number } {
  const first = description();
  let at = fileOffset + first.length;
  const next = (type: number, size: number, says = true): Buffer => {
    at += size + 23;
    return event(type, Buffer.alloc(size, type), says ? { endOffset: at } : {});
  };
  const small = next(30, 100);
  const large = next(30, 0xffffff + 10);
  const silent = next(30, 7, false);
  const left = next(164, 17);
  const last = next(16, 8);
  const dump = packets(
    [
      rotate('b.000001', 4, 0x20),
      first,
      small,
      event(27, Buffer.from('b.000001')),
      large,
      silent,
      last,
      rotate('b.000002', 4, 0x20),
      first,
    ]
      .map(asPayload)
      .concat(Buffer.from([0xfe, 0, 0, 2, 0])),
  );
  return { dump, log: Buffer.concat([first, small, large, silent, left, last]), left: left.length };
}

function parse(dump: Buffer, sizes: () => number): DumpItem[] {
  const parser = new DumpParser(fileOffset);
  const items: DumpItem[] = [];
  for (let at = 0; at < dump.length;) {
    const size = sizes();
    items.push(...parser.push(dump.subarray(at, at + size)));
    at += size;
  }
  return items;
}

function bytesOf(items: readonly DumpItem[]): Buffer {
  return Buffer.concat(items.map((item) => (item.kind === 'bytes' ? item.bytes : Buffer.alloc(0))));
}

test('whatever the pieces are, the bytes are those of the files', (t) => {
  const seed = chooseSeed();
  t.log(`SEED=${seed}`);
  const random = createRandom(seed);
  const { dump, log } = makeDump();
  const whole = parse(dump, () => dump.length);
  const found = bytesOf(whole);
  t.is(found.length, log.length + description().length);
  const kinds = whole.map(({ kind }) => kind).filter((kind) => kind !== 'bytes');
  t.deepEqual(kinds, ['log', 'description', 'log', 'description', 'end']);
  for (let round = 0; round < 20; round += 1) {
    const longest = random.int(1, 6);
    const size = (): number => (random.int(0, 3) === 0 ? random.int(1, 40) : 10 ** longest);
    const items = parse(dump, longest < 3 ? () => 1000 + random.int(0, 40) : size);
    t.true(bytesOf(items).equals(found), `round ${round}`);
  }
  const start = dump.subarray(0, 2000);
  const bytewise = bytesOf(parse(start, () => 1));
  t.true(bytewise.length > 1800 && bytewise.equals(found.subarray(0, bytewise.length)));
});

test('an event that the server leaves out becomes one that readers pass', (t) => {
  const { dump, log, left } = makeDump();
  const found = bytesOf(parse(dump, () => dump.length)).subarray(0, log.length);
  const framer = new EventFramer('b.000001');
  const magic = Buffer.from([0xfe, 0x62, 0x69, 0x6e]);
  const events = [...framer.push(Buffer.concat([magic, found]))].map(({ header }) => header);
  t.deepEqual(
    events.map(({ type }) => type),
    [15, 30, 30, 30, 28, 16],
  );
  const filler = events[4];
  t.is(Number(filler?.endOffset) - Number(filler?.offset), left);
  t.is(events[5]?.endOffset, log.length + fileOffset);
});

test('bytes that are out of step are refused', (t) => {
  const { dump } = makeDump();
  const lost = packets([rotate('b.1', 4, 0x20), description()].map(asPayload));
  const outOfStep = [
    // A packet is missing; an event ends before the one before it; a packet ends inside an event.
    Buffer.concat([lost, packets([asPayload(description())])]),
    packets([asPayload(event(30, Buffer.alloc(10), { endOffset: 20 }))]),
    packets([asPayload(description().subarray(0, 50))]),
    packets([asPayload(Buffer.concat([description(), status]))]),
    packets([Buffer.of(7, 1, 2)]),
    packets([Buffer.alloc(0)]),
    packets([asPayload(event(4, Buffer.alloc(3), { flags: 0x20 }))]),
  ];
  for (const bytes of outOfStep) {
    t.throws(() => parse(bytes, () => bytes.length), { code: 'PROTOCOL' });
  }
  const damaged = Buffer.from(dump.subarray(0, 3000));
  for (let at = 0; at < damaged.length; at += 1) {
    damaged[at] = (damaged[at] ?? 0) ^ 0x55;
    try {
      parse(damaged, () => 700);
    } catch (error) {
      t.like(error, { code: 'PROTOCOL' });
    }
    damaged[at] = (damaged[at] ?? 0) ^ 0x55;
  }
});

test("the server's own words come as they are", (t) => {
  const said = Buffer.concat([Buffer.of(0xff, 0xd4, 4), Buffer.from('#HY000no such log')]);
  t.deepEqual(
    parse(packets([said]), () => 3),
    [{ kind: 'error', errno: 1236, message: 'no such log' }],
  );
});
