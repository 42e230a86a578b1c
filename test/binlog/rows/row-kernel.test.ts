import { crc32 } from 'node:zlib';
import test from 'ava';
import {
  ChangeBuilder,
  createTableDecoder,
  jsonFormOf,
  type TableDecoder,
  type TableMapColumn,
} from '../../../src/binlog/index.js';
import { loadRowKernel } from '../../../src/engine/embedded/index.js';
import { FlashError, tableName, type RowKernel } from '../../../src/protocol/index.js';
import { chooseSeed, createRandom } from '../../workload/index.js';
import { caseNames, readCase } from '../fixtures/cases.js';
import { eventsOf } from '../fixtures/events-of.js';
import { difference } from '../fixtures/same-changes.js';

// Goal: the decoder in ch.so writes what the reference writes, byte by byte, on every recorded log.
// `hostile-bytes.test.ts` compares them on damaged events.

const plain = loadRowKernel();
let finished = 0;
let left = 0;
const counting: RowKernel = {
  addressOf: (bytes) => plain.addressOf(bytes),
  crc32: (bytes) => plain.crc32(bytes),
  append: (shared, rows, change) => {
    const outcome = plain.append(shared, rows, change);
    if (outcome === 0) finished += 1;
    if (outcome === 4) left += 1;
    return outcome;
  },
  appendText: () => {
    throw new Error('no log has text rows');
  },
};

interface Pair {
  decoders: readonly [TableDecoder, TableDecoder];
  builders: readonly [ChangeBuilder, ChangeBuilder];
}

function appendBoth({ decoders, builders }: Pair, append: (i: 0 | 1) => void): void {
  const errors = ([0, 1] as const).map((i) => {
    try {
      append(i);
      return undefined;
    } catch (error) {
      if (error instanceof FlashError) return error.message;
      throw error;
    }
  });
  if (errors[0] !== errors[1])
    throw new Error(`${errors[0] ?? 'no error'}, ${errors[1] ?? 'none'}`);
  const differs = difference(...builders);
  if (differs !== undefined) throw new Error(`${tableName(decoders[0].schema)}: ${differs}`);
}

for (const name of caseNames()) {
  test.serial(`${name}: the kernel and the reference give the same bytes`, (t) => {
    const { log, tables } = readCase(name);
    const pairs = new Map<readonly TableMapColumn[], Pair>();
    const current = new Map<bigint, Pair>();
    let form = jsonFormOf('8.0');
    for (const event of eventsOf(log)) {
      if (event.kind === 'format-description') form = jsonFormOf(event.serverVersion);
      if (event.kind === 'table-map') {
        const schema = tables.find((one) => tableName(one.schema) === tableName(event))?.schema;
        if (schema === undefined) continue;
        const known = pairs.get(event.columns);
        const options = { jsonForm: form };
        const pair = known ?? {
          decoders: [
            createTableDecoder(event, schema, options),
            createTableDecoder(event, schema, { ...options, kernel: counting }),
          ],
          builders: [new ChangeBuilder(schema), new ChangeBuilder(schema)],
        };
        pairs.set(event.columns, pair);
        current.set(event.tableId, pair);
      }
      const pair = event.kind === 'rows' ? current.get(event.tableId) : undefined;
      if (pair === undefined || event.kind !== 'rows') continue;
      t.notThrows(() => {
        appendBoth(pair, (i) => pair.decoders[i].appendIncomplete(event, pair.builders[i]));
      });
    }
    t.true(pairs.size > 0);
  });
}

test('the CRC32 of ch.so is that of zlib', (t) => {
  const seed = chooseSeed();
  t.log(`SEED=${seed}`);
  const bytes = createRandom(seed).bytes(3000);
  for (let size = 0; size < bytes.length - 3; size += 1) {
    const part = bytes.subarray(size % 3, (size % 3) + size);
    t.is(plain.crc32(part), crc32(part), String(size));
  }
});

test.serial('most events were decoded by the kernel', (t) => {
  t.log(`${finished} events by the kernel, ${left} left to the reference`);
  t.true(finished > 200 && finished > 3 * left);
});
