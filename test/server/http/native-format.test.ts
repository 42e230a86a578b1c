// Goal: clients that name their client_protocol_version get Native as that version has it, as clickhouse-go needs
// it. Method: the answer with a version against the one without, which libchdb writes: heads and bytes are in
// their places, every other byte is as it was. (clickhouse-connect and clickhouse-go read it in other tests.)
import test from 'ava';
import type { Answer } from '../../../src/protocol/index.js';
import { RevisedAnswer } from '../../../src/server/http/native-format/index.js';
import { chooseSeed, createRandom } from '../../workload/index.js';
import { run, send, startHttp, type HttpServer } from './http-server.js';

let server: HttpServer;
test.before(async () => {
  server = await startHttp();
});
test.after.always(async () => {
  await server.stop();
});

const head = Buffer.from('01000' + '2ffffffff00', 'hex');
const settings = [
  'allow_suspicious_low_cardinality_types=1',
  'allow_suspicious_variant_types=1',
  'enable_time_time64_type=1',
].join('&');

async function native(sql: string, revision?: number): Promise<Buffer> {
  const version = revision === undefined ? '' : `&client_protocol_version=${revision}`;
  const query = `/?default_format=Native&${settings}${version}`;
  const reply = await send(server, query, { body: sql });
  if (reply.status !== 200) throw new Error(reply.text);
  return reply.bytes;
}

/** One of each kind; rows of `numbers(1000)`, so that texts are long and short, and many are NULL. */
const expressions = [
  'number',
  'toInt8(number % 5)',
  'number % 2 = 0',
  'toInt256(number)',
  'toFloat32(number / 3)',
  'toDecimal64(number / 7, 3)',
  'toDecimal256(number, 30)',
  "toDate('2026-01-01') + number",
  "toDateTime64('2026-01-01 00:00:00', 3, 'Europe/Berlin') + number",
  "CAST('-10:00:00.5', 'Time64(3)')",
  'toUUID(toString(generateUUIDv4(number))) = generateUUIDv4(number)',
  "toIPv6('::1')",
  "toFixedString('ab', 5)",
  "repeat('ä', number % 200)",
  "if(number % 3 = 0, NULL, repeat('x', number))",
  "CAST(number % 2 + 1, 'Enum8(\\'a)(,\\' = 1, \\'b\\\\\\'\\' = 2)')",
  'toLowCardinality(toString(number % 300))',
  "CAST(if(number % 2 = 0, NULL, toString(number)), 'LowCardinality(Nullable(String))')",
  "CAST(number % 9, 'LowCardinality(UInt64)')",
  'range(number % 4)',
  'arrayMap(x -> arrayMap(y -> toLowCardinality(toString(y)), range(x)), range(number % 3))',
  "CAST([], 'Array(LowCardinality(String))')",
  "map('k', number, toString(number), 2)",
  "CAST(map(toString(number), [number]), 'Map(LowCardinality(String), Array(Nullable(UInt64)))')",
  "CAST(tuple(number, ''), 'Tuple(`a b` Nullable(UInt64), c LowCardinality(String))')",
  'tuple()',
  "CAST([(1, 'x')], 'Nested(a UInt8, b String)')",
  'NULL',
  'INTERVAL 1 DAY',
  '(1.5, 2.5)::Point',
  '[[[(1., 2.)]]]::MultiPolygon',
  "CAST(if(number % 2 = 0, 'a', NULL), 'Variant(String, UInt64, Array(String))')",
  "CAST(number, 'Variant(Array(String), UInt64)')",
  "CAST(number, 'BFloat16')",
  "CAST(number, 'SimpleAggregateFunction(max, Nullable(UInt64))')",
];

test('a version from 54454 on has heads before blocks, and a byte for each column', async (t) => {
  for (const expression of expressions) {
    const sql = `SELECT ${expression} AS c FROM numbers(1000)`;
    const plain = await native(sql);
    t.true(plain.length > 1000, expression);
    t.true(plain.equals(await native(sql, 54_453)), expression);
    // One column (1), 1000 rows (2), the name (2), then the type with its length before it.
    const length = plain.readUInt8(5);
    const before = length < 128 ? 6 + length : 7 + (length - 128) + 128 * plain.readUInt8(6);
    const parts = [head, plain.subarray(0, before), Buffer.of(0), plain.subarray(before)];
    t.true(Buffer.concat(parts).equals(await native(sql, 54_460)), expression);
  }
});

test('every block has a head, whatever lies beside it in the row', async (t) => {
  const columns = expressions.map((each, at) => `${each} AS c${at}`).join(', ');
  const sql = `SELECT ${columns} FROM numbers(10000) SETTINGS max_block_size = 1000`;
  const [plain, revised] = [await native(sql), await native(sql, 54_460)];
  const blocks = (revised.length - plain.length) / (head.length + expressions.length);
  t.true(blocks >= 1 && Number.isInteger(blocks), `${blocks}`);
});

/** An answer that comes in pieces. */
class Pieces implements Answer {
  readonly #pieces: Buffer[];
  constructor(pieces: Buffer[]) {
    this.#pieces = pieces;
  }
  read(buffer: Uint8Array): Promise<number> {
    const piece = this.#pieces.shift() ?? Buffer.alloc(0);
    buffer.set(piece);
    return Promise.resolve(piece.length);
  }
  summary = (): Promise<never> => Promise.reject(new Error('not asked for'));
  close = (): Promise<void> => Promise.resolve();
}

async function readAll(answer: Answer, size: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (;;) {
    const buffer = Buffer.alloc(size);
    const length = await answer.read(buffer);
    if (length === 0) return Buffer.concat(pieces);
    pieces.push(buffer.subarray(0, length));
  }
}

test('an answer may be cut anywhere, and its end inside of a block is an error', async (t) => {
  const seed = chooseSeed();
  t.log(`SEED=${seed}`);
  const random = createRandom(seed);
  const columns = expressions.map((each, at) => `${each} AS c${at}`).join(', ');
  const plain = await native(`SELECT ${columns} FROM numbers(40) SETTINGS max_block_size = 15`);
  const whole = await readAll(new RevisedAnswer(new Pieces([plain])), 1 << 20);
  for (const largest of [1, 2, 7, 200]) {
    const pieces: Buffer[] = [];
    for (let at = 0; at < plain.length;) {
      const length = random.int(1, largest + 1);
      pieces.push(plain.subarray(at, at + length));
      at += length;
    }
    const cut = new RevisedAnswer(new Pieces(pieces));
    t.true(whole.equals(await readAll(cut, 200 + largest)), `pieces of ${largest}`);
  }
  const short = new RevisedAnswer(new Pieces([plain.subarray(0, -1)]));
  await t.throwsAsync(readAll(short, 1 << 20), { message: /ended an answer inside of a block/ });
});

test('no rows, INSERT and other formats are as they were', async (t) => {
  const query = '/?default_format=Native&client_protocol_version=54460';
  const empty = await send(server, query, { body: 'SELECT 1 AS x WHERE 0' });
  t.is(empty.status, 200);
  const csv = await send(server, query, { body: 'SELECT 1 FORMAT CSV' });
  t.is(csv.text, '1\n');
  await run(server, 'CREATE DATABASE n');
  await run(server, 'CREATE TABLE n.t (k Int64) ENGINE = MutableMergeTree ORDER BY k');
  const rows = await native('SELECT toInt64(number) AS k FROM numbers(3)');
  const insert = encodeURIComponent('INSERT INTO n.t FORMAT Native');
  t.is((await send(server, `${query}&query=${insert}`, { body: rows })).status, 200);
  t.is(await run(server, 'SELECT sum(k) FROM n.t'), '3\n');
});

test('what does not tell its length is refused, with what to write instead', async (t) => {
  const query = '/?default_format=Native&client_protocol_version=54460';
  const refused = await send(server, query, { body: 'SELECT sumState(number) FROM numbers(3)' });
  t.not(refused.status, 200);
  t.regex(refused.text, /AggregateFunction\(sum, UInt64\).*finalizeAggregation/s);
  const json = 'SELECT \'{"a": 1}\'::JSON AS j';
  const asObject = await send(server, query, { body: json });
  t.regex(asObject.text, /output_format_native_write_json_as_string/);
  const asText = `${json} SETTINGS output_format_native_write_json_as_string = 1`;
  const plain = await native(asText);
  t.is((await native(asText, 54_460)).length, plain.length + head.length + 1);
});
