import test from 'ava';
import fc from 'fast-check';
import {
  ChangeBuilder,
  createTableDecoder,
  EventDecoder,
  EventFramer,
  type RawEvent,
  type TableDecoder,
} from '../../src/binlog/index.js';
import { FlashError, tableName, type TableSchema } from '../../src/protocol/index.js';
import { caseNames, readCase } from './fixtures/cases.js';

/**
 * Bytes that no server writes give a value or a FlashError. Events are changed behind the framer, so
 * that checksums don't hide the decoders.
 */

/** Decodes events as far as they go; any error but a FlashError fails the test. */
function decodeAll(
  raws: readonly RawEvent[],
  schemas: readonly TableSchema[],
): FlashError | undefined {
  const decoder = new EventDecoder();
  const tables = new Map<bigint, TableDecoder>();
  try {
    for (const raw of raws) {
      for (const event of decoder.decode(raw)) {
        if (event.kind === 'table-map') {
          const schema = schemas.find((one) => tableName(one) === tableName(event));
          if (schema !== undefined) tables.set(event.tableId, createTableDecoder(event, schema));
        }
        if (event.kind === 'rows') {
          const table = tables.get(event.tableId);
          table?.append(event, new ChangeBuilder(table.schema));
        }
      }
    }
    return undefined;
  } catch (error) {
    if (error instanceof FlashError) return error;
    throw error;
  }
}

function rawsOf(log: Uint8Array): RawEvent[] {
  const framer = new EventFramer('log.binlog');
  return Array.from(framer.push(log), ({ header, body }) => ({ header, body: body.slice() }));
}

const rowsTypes = new Set([19, 23, 24, 25, 30, 31, 32, 39, 166, 167, 168]);

for (const name of caseNames()) {
  const { log, tables } = readCase(name);
  const schemas = tables.map((table) => table.schema);
  const raws = rawsOf(log);
  const format = raws.slice(0, 1);

  test(`${name}: each event, cut at every byte, gives a value or an error`, (t) => {
    let map: RawEvent[] = [];
    let errors = 0;
    for (const raw of raws) {
      if (raw.header.type === 19) map = [raw];
      const step = Math.max(1, Math.floor(raw.body.length / 24));
      for (let length = 0; length < raw.body.length; length += step) {
        const cut = { header: raw.header, body: raw.body.slice(0, length) };
        if (decodeAll([...format, ...map, cut], schemas) !== undefined) errors++;
      }
    }
    t.true(errors > 0);
  });

  test(`${name}: events with changed bytes give a value or an error`, (t) => {
    const targets = raws.filter((raw) => raw.body.length > 0);
    const mapBefore = new Map<RawEvent, RawEvent>();
    for (const [i, raw] of raws.entries()) {
      const map = raws.slice(0, i).findLast((one) => one.header.type === 19);
      if (map !== undefined && rowsTypes.has(raw.header.type)) mapBefore.set(raw, map);
    }
    fc.assert(
      fc.property(
        fc.constantFrom(...targets),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
          minLength: 1,
          maxLength: 4,
        }),
        (raw, changes) => {
          const body = raw.body.slice();
          for (const [at, byte] of changes) body[at % body.length] = byte;
          const map = mapBefore.get(raw);
          decodeAll(
            [...format, ...(map === undefined ? [] : [map]), { header: raw.header, body }],
            schemas,
          );
        },
      ),
      { numRuns: 150 },
    );
    t.pass();
  });
}
