// Goal: the rows of a server's answer that ch.so reads are those that the reference reads, byte by byte, and with
// the same error where there is one. Method: values of every type as servers show them, and damaged ones, at
// random, as packets that are cut anywhere. That both are right is shown where tables of real servers are loaded.
import test, { type ExecutionContext } from 'ava';
import { loadRowKernel } from '../../../src/engine/embedded/index.js';
import { TextRows } from '../../../src/load/index.js';
import { FlashError, type ColumnType, type RowKernel } from '../../../src/protocol/index.js';
import { ResultParser } from '../../../src/source/live/result-parser.js';
import type { KnownTable } from '../../../src/writer/index.js';
import { difference } from '../../binlog/fixtures/same-changes.js';
import { chooseSeed, createRandom, type Random } from '../../workload/index.js';

const plain = loadRowKernel();
/** Outcome::kLeftToReference. */
const leftToReference = 4;
const seen = { rows: 0, left: 0 };
const counting: RowKernel = {
  addressOf: (bytes) => plain.addressOf(bytes),
  crc32: (bytes) => plain.crc32(bytes),
  append: (...args) => plain.append(...args),
  appendText: (...args) => {
    const outcome = plain.appendText(...args);
    if (outcome === leftToReference) seen.left += 1;
    return outcome;
  },
};

/** A whole number from 0 on, below `count`. */
const below = (random: Random, count: number): number => random.int(0, count - 1);
const digits = (random: Random, max: number): string =>
  Array.from({ length: 1 + below(random, max) }, () => below(random, 10)).join('');
const sign = (random: Random): string => random.pick(['', '', '-']);
const pair = (random: Random, max: number): string => String(below(random, max)).padStart(2, '0');
const date = (random: Random): string =>
  `${random.pick(['2026', '0000', '9999', '1970', '2024'])}-${pair(random, 14)}-${pair(random, 33)}`;
const clock = (random: Random): string => `${pair(random, 61)}:${pair(random, 61)}`;
const fraction = (random: Random): string => random.pick(['', '', `.${digits(random, 6)}`]);
const number = (random: Random): string =>
  `${sign(random)}${digits(random, 20)}${random.pick(['', '.', `.${digits(random, 20)}`])}`;
const text = (random: Random): Buffer =>
  random.pick([
    Buffer.from(digits(random, 20)),
    Buffer.from('Grüße ✓ 😀'),
    Buffer.from(Array.from({ length: below(random, 300) }, () => below(random, 256))),
    Buffer.alloc(random.pick([0, 250, 251, 65_535, 65_536]), 'x'),
  ]);

/** Each type, and how a server may show its values; most of them are values. */
const types: readonly [string, ColumnType, (random: Random) => string | Buffer][] = [
  ...([8, 16, 24, 32, 64] as const).flatMap((bits) =>
    [true, false].map((unsigned): (typeof types)[number] => [
      `${unsigned ? 'unsigned ' : ''}${bits}`,
      { kind: 'int', bits, unsigned },
      (random) => {
        const limit = 2n ** BigInt(unsigned ? bits : bits - 1);
        const near = BigInt(below(random, 5)) - 2n;
        const value = random.pick([0n, limit, -limit, limit / 3n]) + near;
        return random.pick([String(value), String(value), `${sign(random)}${digits(random, 22)}`]);
      },
    ]),
  ),
  ...(
    [
      [10, 2],
      [65, 30],
      [38, 0],
      [39, 39],
      [1, 0],
      [5, 5],
      [18, 9],
    ] as const
  ).map(([precision, scale]): (typeof types)[number] => [
    `decimal ${precision}.${scale}`,
    { kind: 'decimal', precision, scale, unsigned: false },
    (random) => {
      const whole = precision > scale ? digits(random, precision - scale + 1) : '0';
      const zeros = random.pick(['', '', '000']);
      const after = scale > 0 ? `.${digits(random, scale + 1)}` : '';
      return `${sign(random)}${zeros}${whole}${random.pick(['', after, after])}`;
    },
  ]),
  ...([32, 64] as const).map((bits): (typeof types)[number] => [
    `float ${bits}`,
    { kind: 'float', bits },
    (random) =>
      random.pick([
        number(random),
        `${number(random)}e${sign(random)}${below(random, 340)}`,
        String(below(random, 1_000_000) / 7),
        '-0',
        '1.7976931348623157e308',
        '5e-324',
        '1e-400',
        '3.4028235677973366e38',
        '3.5e38',
        'inf',
        'nan',
        '.5',
        '+1',
      ]),
  ]),
  ['bit', { kind: 'bit', length: 64 }, (random) => text(random).subarray(0, below(random, 9))],
  [
    'year',
    { kind: 'year' },
    (random) => random.pick(['0000', '1901', '2155', '2156', digits(random, 4)]),
  ],
  ['date', { kind: 'date' }, date],
  ...[0, 3, 6].flatMap((fsp): (typeof types)[number][] => [
    [
      `datetime ${fsp}`,
      { kind: 'datetime', fsp },
      (random) => `${date(random)} ${pair(random, 25)}:${clock(random)}${fraction(random)}`,
    ],
    [
      `timestamp ${fsp}`,
      { kind: 'timestamp', fsp },
      (random) => `${date(random)} ${pair(random, 25)}:${clock(random)}${fraction(random)}`,
    ],
    [
      `time ${fsp}`,
      { kind: 'time', fsp },
      (random) => `${sign(random)}${digits(random, 3)}:${clock(random)}${fraction(random)}`,
    ],
  ]),
  ...['utf8mb4', 'latin1', 'ascii', 'gbk', 'utf16', 'cp1251', 'binary'].map(
    (charset): (typeof types)[number] => [`text ${charset}`, { kind: 'text', charset }, text],
  ),
  ['bytes', { kind: 'bytes' }, text],
  [
    'fixed',
    { kind: 'bytes', fixedLength: 16 },
    (random) => text(random).subarray(0, 12 + below(random, 6)),
  ],
  ['geometry', { kind: 'geometry' }, text],
  ['enum', { kind: 'enum', members: ['a', 'b'] }, text],
  ['set', { kind: 'set', members: ['a', 'b'] }, text],
  ['json', { kind: 'json' }, text],
  ['uuid', { kind: 'uuid' }, text],
  ['inet6', { kind: 'inet6' }, text],
  ['vector', { kind: 'vector' }, (random) => text(random).subarray(0, 8)],
];

const nullMark = 0xfb;

function field(value: Buffer | undefined): Buffer {
  if (value === undefined) return Buffer.of(nullMark);
  if (value.length < nullMark) return Buffer.concat([Buffer.of(value.length), value]);
  const head = Buffer.alloc(value.length < 65_536 ? 3 : 4);
  head[0] = value.length < 65_536 ? 0xfc : 0xfd;
  head.writeUIntLE(value.length, 1, head.length - 1);
  return Buffer.concat([head, value]);
}

function packet(payload: Buffer, sequence: number): Buffer {
  const head = Buffer.alloc(4);
  head.writeUIntLE(payload.length, 0, 3);
  head[3] = sequence & 0xff;
  return Buffer.concat([head, payload]);
}

function tableOf(columns: readonly ColumnType[], nullable: boolean): KnownTable {
  const schema = {
    database: 'd',
    table: 't',
    columns: [
      {
        ...{ name: 'id', mysqlType: 'int', nullable: false },
        type: { kind: 'int', bits: 32, unsigned: false } as const,
      },
      ...columns.map((type, i) => ({ name: `c${i}`, mysqlType: type.kind, type, nullable })),
    ],
    primaryKey: ['id'],
  };
  return { schema, defaultCharset: 'utf8mb4' };
}

/** What became of an answer: the rows, and what ended it early. */
function read(
  known: KnownTable,
  pieces: readonly Buffer[],
  options: { zeroDate: 'null' | 'error'; kernel?: RowKernel },
) {
  const rows = new TextRows(known, known.schema, options);
  const parser = new ResultParser(rows);
  let error = '';
  try {
    for (const piece of pieces) parser.push(piece);
  } catch (thrown) {
    if (!(thrown instanceof FlashError)) throw thrown;
    error = `${thrown.code} ${thrown.message}`;
  }
  return { rows, error };
}

function compare(
  t: ExecutionContext,
  known: KnownTable,
  payloads: readonly Buffer[],
  random: Random,
): string {
  const zeroDate = random.pick(['null', 'null', 'error'] as const);
  const definition = Buffer.of(3, 0x64, 0x65, 0x66, 0, 0);
  const columns = known.schema.columns.length;
  const eof = Buffer.of(0xfe, 0, 0, 2, 0);
  const all = [
    Buffer.of(columns),
    ...Array.from({ length: columns }, () => definition),
    eof,
    ...payloads,
    eof,
  ];
  const bytes = Buffer.concat(all.map((payload, i) => packet(payload, i + 1)));
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = 1 + below(random, random.pick([10, 1000, 100_000]));
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  const [plainRead, kernelRead] = [
    read(known, pieces, { zeroDate }),
    read(known, pieces, { zeroDate, kernel: counting }),
  ];
  t.is(kernelRead.error, plainRead.error);
  t.is(kernelRead.rows.rows, plainRead.rows.rows);
  if (plainRead.error === '') t.is(kernelRead.rows.bytesRead, plainRead.rows.bytesRead);
  t.is(difference(plainRead.rows.builder, kernelRead.rows.builder), undefined);
  seen.rows += kernelRead.rows.rows;
  return plainRead.error;
}

const seed = chooseSeed();

for (const [name, type, valueOf] of types) {
  test.serial(
    `${name}: the kernel and the reference give the same bytes, or the same error`,
    (t) => {
      t.log(`SEED=${seed}`);
      const random = createRandom(seed);
      let whole = 0;
      for (let run = 0; run < 60; run += 1) {
        const known = tableOf([type], below(random, 4) > 0);
        const payloads: Buffer[] = [];
        // One value that is none ends an answer, so answers are short.
        for (let row = 0; row < 1 + below(random, 12); row += 1) {
          const shown = random.chance(50) ? sample(type) : valueOf(random);
          const value = random.chance(15) ? undefined : Buffer.from(shown);
          payloads.push(Buffer.concat([field(Buffer.from(String(row))), field(value)]));
        }
        if (compare(t, known, payloads, random) === '') whole += 1;
      }
      t.true(whole > 0, 'each answer had an error');
    },
  );
}

/** What is a value of a type, whatever its size. */
function sample({ kind }: ColumnType): string {
  switch (kind) {
    case 'date':
      return '2026-11-25';
    case 'datetime':
    case 'timestamp':
      return '2026-11-25 10:00:00';
    case 'time':
      return '10:00:00';
    case 'decimal':
      return '0';
    default:
      return '12';
  }
}

test.serial('rows of all types, whole and with a byte changed', (t) => {
  t.log(`SEED=${seed}`);
  const random = createRandom(seed);
  Object.assign(seen, { rows: 0, left: 0 });
  const columns = types.flatMap(([, type]) => (type.kind === 'vector' ? [] : [type]));
  const known = tableOf(columns, true);
  for (let run = 0; run < 100; run += 1) {
    const payloads = Array.from({ length: 1 + below(random, 300) }, (_, row) => {
      const values = columns.map((type) =>
        field(random.chance(10) ? undefined : Buffer.from(sample(type))),
      );
      return Buffer.concat([field(Buffer.from(String(row))), ...values]);
    });
    const damaged = payloads[below(random, payloads.length)];
    if (run % 2 === 1 && damaged !== undefined) {
      damaged[below(random, damaged.length)] = below(random, 256);
    }
    compare(t, known, payloads, random);
  }
  t.true(seen.rows > 10 * seen.left, 'most rows were left to the reference');
});
