// Decodes a log into Arrow columns and counts: run by decode.ts in a process of its own.
import { closeSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import {
  type BuilderMark,
  ChangeBuilder,
  createTableDecoder,
  EventDecoder,
  EventFramer,
  jsonFormOf,
  type RowsEvent,
  type TableDecoder,
  type TableMapEvent,
} from '../src/binlog/index.js';
import { loadRowKernel } from '../src/engine/embedded/index.js';
import { mainThreadSeconds } from './thread-seconds.js';
import { wideAndNarrowTables } from './wide-and-narrow.js';

interface OpenTable {
  columns: unknown;
  decoder: TableDecoder;
  builder: ChangeBuilder;
  empty: BuilderMark;
}

const chunkBytes = 1 << 20;
/** Rows after which a builder starts anew, as the writer's does after a batch. */
const builderRowsMax = 65_536;

const file = process.argv[2] ?? '';
/** As `theflash write` decodes, or by TypeScript alone. */
const rowKernel = process.argv[3] === 'typescript' ? undefined : loadRowKernel();
const kernel = rowKernel === undefined ? {} : { kernel: rowKernel };
const framer = new EventFramer(
  path.basename(file),
  rowKernel === undefined ? {} : { crc32: rowKernel.crc32 },
);

const events = new EventDecoder();
const tables = new Map<string, OpenTable>();
const namesById = new Map<bigint, string>();
let rows = 0;

const startMs = performance.now();
const startThread = mainThreadSeconds();
decodeFile(openSync(file, 'r'));
const threadSeconds = mainThreadSeconds() - startThread;
const seconds = (performance.now() - startMs) / 1000;
console.log(JSON.stringify({ rows, seconds, threadSeconds }));

function decodeFile(descriptor: number): void {
  const chunk = new Uint8Array(chunkBytes);
  for (;;) {
    const size = readSync(descriptor, chunk, 0, chunkBytes, null);
    if (size === 0) break;
    for (const raw of framer.push(chunk.subarray(0, size))) {
      for (const event of events.decode(raw)) {
        if (event.kind === 'table-map') mapTable(event);
        else if (event.kind === 'rows') decodeRows(event);
      }
    }
  }
  framer.finish();
  closeSync(descriptor);
}

function mapTable(event: TableMapEvent): void {
  namesById.set(event.tableId, event.table);
  if (tables.get(event.table)?.columns === event.columns) return;
  const schema = wideAndNarrowTables.find(({ table }) => table === event.table);
  if (schema === undefined) throw new Error(`${event.table} is no table of the bench`);
  const options = { zeroDate: 'null', jsonForm: jsonFormOf('5.7.29'), ...kernel } as const;
  const decoder = createTableDecoder(event, schema, options);
  const builder = new ChangeBuilder(schema);
  tables.set(event.table, { columns: event.columns, decoder, builder, empty: builder.mark() });
}

function decodeRows(event: RowsEvent): void {
  const table = tables.get(namesById.get(event.tableId) ?? '');
  if (table === undefined) throw new Error('rows of an unknown table');
  const before = table.builder.rows;
  table.decoder.append(event, table.builder);
  rows += table.builder.rows - before;
  if (table.builder.rows >= builderRowsMax) table.builder.truncate(table.empty);
}
