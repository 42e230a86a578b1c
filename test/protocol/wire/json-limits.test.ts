import test from 'ava';
import { FlashError } from '../../../src/protocol/index.js';
import {
  checkJson,
  clientJsonLimits,
  decodeMessage,
  encodeJson,
  FrameEncoder,
  frameTypes,
  MessageReader,
  parseFilter,
  wireLimits,
  type Filter,
} from '../../../src/protocol/wire/index.js';
import { randomFrom } from '../../faults/fault-runs.js';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const limit = { bytesMax: 1_000, depthMax: 4, valuesMax: 10 };

function codeOf(run: () => void): string {
  try {
    run();
    return 'ok';
  } catch (error) {
    return error instanceof FlashError ? error.code : String(error);
  }
}

const check = (text: string, bounds = limit): string =>
  codeOf(() => {
    checkJson('X', Buffer.from(text), bounds);
  });

test('size, depth and count are bounded, whatever stands in texts', (t) => {
  const long = 'x'.repeat(40);
  for (const [text, expected] of [
    ['', 'ok'],
    ['[[[[1]]]]', 'ok'],
    ['[[[[[1]]]]]', 'TOO_LARGE'],
    ['[{"a":[{"b":1}]}]', 'ok'],
    ['[{"a":[{"b":[]}]}]', 'TOO_LARGE'],
    [`[${'1,'.repeat(8)}1]`, 'ok'],
    [`[${'1,'.repeat(9)}1]`, 'TOO_LARGE'],
    [`"${'['.repeat(900)}"`, 'ok'],
    [`"${'['.repeat(1_000)}"`, 'TOO_LARGE'],
    [String.raw`"\\" [[[[[`, 'TOO_LARGE'],
    [String.raw`"\" [[[[["`, 'ok'],
    [String.raw`"\\\" [[[[["`, 'ok'],
    [`"${long}" [[[[[`, 'TOO_LARGE'],
    [`"${long}${String.raw`\"`}[[[[["`, 'ok'],
    [`"${long}${String.raw`\\`}"[[[[[`, 'TOO_LARGE'],
    // No JSON: that is the parser's to find, the check only has to end.
    ['"never ends', 'ok'],
    [`"${long}`, 'ok'],
    [']]]]]]]]', 'ok'],
    ['"ends in \\', 'ok'],
    [`"${long}\\`, 'ok'],
  ] as const) {
    t.is(check(text), expected, text.slice(0, 60));
  }
});

test('what is counted is what the parser finds', (t) => {
  t.log(`SEED=${seed}`);
  const random = randomFrom(seed);
  const pieces = ['"', '\\', '[', '{', 'x'.repeat(33), ',', '\\"', 'ü', ' ', '"""', ']', '}'];
  const text = (): string =>
    Array.from({ length: 4 }, () => pieces[Math.floor(random() * pieces.length)]).join('');
  const make = (depth: number): unknown => {
    const kind = random();
    if (depth === 0 || kind < 0.4) return text();
    const items = Array.from({ length: Math.floor(random() * 4) }, () => make(depth - 1));
    if (kind < 0.7) return items;
    return Object.fromEntries(items.map((item, index) => [`${text()}${index}`, item]));
  };
  for (let run = 0; run < 2_000; run += 1) {
    const value = make(5);
    const json = JSON.stringify(value);
    const { depth, values } = measure(value);
    const exact = { bytesMax: Buffer.byteLength(json), depthMax: depth, valuesMax: values };
    t.is(check(json, exact), 'ok', json);
    t.is(check(json, { ...exact, bytesMax: exact.bytesMax - 1 }), 'TOO_LARGE', json);
    if (depth === 0) continue;
    t.is(check(json, { ...exact, depthMax: depth - 1 }), 'TOO_LARGE', json);
    t.is(check(json, { ...exact, valuesMax: values - 1 }), 'TOO_LARGE', json);
  }
});

test('the deepest and the widest filters pass', (t) => {
  let deep: Filter = { op: 'is-null', column: 'c' };
  for (let level = 1; level < wireLimits.filterDepthMax; level += 1) {
    deep = { op: 'and', filters: [deep] };
  }
  const values = Array.from({ length: wireLimits.filterValuesMax }, (_, index) => ({
    type: 'int' as const,
    value: String(index),
  }));
  const nodes: Filter[] = Array.from({ length: wireLimits.filterNodesMax - 2 }, () => ({
    op: '=',
    left: { column: 'c' },
    right: { literal: { type: 'int', value: '1' } },
  }));
  const wide: Filter = { op: 'or', filters: [...nodes, { op: 'in', column: 'c', values }] };
  const columns = Array.from({ length: 10_000 }, (_, index) => `c${index}`);
  const orderBy = columns.map((column) => ({ column, descending: false }));
  for (const filter of [deep, wide]) {
    t.deepEqual(parseFilter(filter), filter);
    const fields = { database: 'd', table: 't', columns, orderBy, filter };
    const meta = encodeJson({ ...fields, splitsMin: 1, splitsMax: 1, splitBytes: 1 });
    const frame = { type: frameTypes.PLAN, streamId: 1, more: false, meta };
    t.is(decodeMessage({ ...frame, payload: new Uint8Array(0) }, 'client').type, 'PLAN');
  }
});

test('a header that announces too much for its type is refused by itself', (t) => {
  for (const [type, bytes, expected] of [
    ['HELLO', 9_000, 'TOO_LARGE'],
    ['CHECKPOINT', 70_000, 'TOO_LARGE'],
    ['EXECUTE', 17_000_000, 'TOO_LARGE'],
    ['TABLES_OK', 10, 'PROTOCOL'],
    ['INSERT', 50_000_000, 'ok'],
  ] as const) {
    const header = Buffer.alloc(16);
    header.writeUInt32LE(bytes, 0);
    header.writeUInt8(frameTypes[type], 4);
    const reader = new MessageReader(64_000_000, 64_000_000, { sender: 'client' });
    const code = codeOf(() => {
      reader.push(header);
      reader.next();
    });
    t.is(code, expected, type);
    t.is(reader.heldBytes, 0);
  }
  t.is(clientJsonLimits.TABLES_OK, undefined);
});

test('a body costs what came of it, at most twice', (t) => {
  const encoder = new FrameEncoder();
  const payload = new Uint8Array(40_000_000).fill(7);
  const meta = encodeJson({ database: 'd', table: 't' });
  const frame = { type: frameTypes.APPEND, streamId: 1, payload };
  const bytes = Buffer.concat([
    ...encoder.encode({ ...frame, meta, more: true }),
    ...encoder.encode({ ...frame, meta: new Uint8Array(0) }),
  ]);
  const reader = new MessageReader(64_000_000, 128_000_000, { sender: 'client' });
  let received = 0;
  for (let at = 0; at < bytes.length; at += 50_000) {
    reader.push(bytes.subarray(at, at + 50_000));
    const next = reader.next();
    if (next !== undefined) {
      received += 1;
      t.is(next.payload.length, 80_000_000);
      t.true(next.payload.every((byte) => byte === 7));
    }
    const came = Math.min(at + 50_000, bytes.length);
    if (reader.heldBytes > 2 * came + 4_096) t.fail(`${reader.heldBytes} held of ${came}`);
  }
  t.is(received, 1);
  t.is(reader.heldBytes, 0);
});

/** Levels of lists and objects, and values as `checkJson` counts them. */
function measure(value: unknown): { depth: number; values: number } {
  let deepest = 0;
  let values = 1;
  const walk = (each: unknown, depth: number): void => {
    if (typeof each !== 'object' || each === null) return;
    deepest = Math.max(deepest, depth + 1);
    const items: unknown[] = Object.values(each);
    values += 1 + Math.max(0, items.length - 1);
    for (const item of items) walk(item, depth + 1);
  };
  walk(value, 0);
  return { depth: deepest, values };
}
