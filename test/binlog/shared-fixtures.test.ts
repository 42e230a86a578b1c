import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execaSync } from 'execa';
import {
  EventDecoder,
  EventFramer,
  rowsAsObjects,
  type RowObject,
  type RowValue,
  type TableMapEvent,
} from '../../src/binlog/index.js';
import { FlashError, type ErrorCode } from '../../src/protocol/index.js';
import { mysqlbinlog97 } from '../servers/index.js';
import { schemaForShowing } from './fixtures/schema-for-showing.js';

/**
 * Logs that other projects recorded from many servers: each is decoded, or stopped with the error
 * that fits it. Where mysqlbinlog or mariadb-binlog reads the file too, the rows are the ones that it
 * prints.
 */
const folder = path.resolve(import.meta.dirname, '../../../shared/fixtures/binlog');

/** File → how it must stop. */
const stops = new Map<string, { code: ErrorCode; message: RegExp }>([
  ['rust__bug40482-bin.000001', { code: 'UNSUPPORTED', message: /offset 106: INCIDENT/ }],
  // MySQL 5.1 did not mark its relay logs as such.
  [
    'rust__corrupt-relay-bin.000624',
    { code: 'BINLOG_FORMAT', message: /offset 141: another log begins here/ },
  ],
  [
    'rust__json.binlog.000001',
    // A partial update whose image before holds the key alone.
    { code: 'UNSUPPORTED', message: /offset 3750, table mysql.t, column c1: a partial update/ },
  ],
  [
    'rust__binlog_truncated_event.000001',
    { code: 'BINLOG_FORMAT', message: /offset 4: the file ends/ },
  ],
]);

/** Cut short, but its server said that it was still writing it. */
const cutInUse = 'rust__binlog_truncated_prev_gtid_event.000001';
/** mysqlbinlog 9.7 can't read these: a MariaDB log, and version 1 rows of 5.1. */
const notForMysql = new Set(['rust__mariadb-bin.000001', 'rust__update-partial-row.binlog']);

const files = existsSync(folder) ? readdirSync(folder).filter((name) => name !== 'README.md') : [];
test('logs of other projects are there, or their tests are skipped', (t) => {
  if (files.length === 0) t.log('skipped: ../shared/fixtures/binlog is missing');
  t.pass();
});

for (const file of files) {
  const stop = stops.get(file);
  test(`${file}: ${stop === undefined ? 'is decoded' : 'stops'}`, (t) => {
    if (stop !== undefined) {
      const error = t.throws(() => decode(file), { instanceOf: FlashError });
      t.is(error.code, stop.code);
      t.regex(error.message, stop.message);
      t.truthy(error.hint);
      return;
    }
    const { rows, unfinishedBytes } = decode(file);
    t.is(unfinishedBytes, file === cutInUse ? 9 : 0);
    const printers = [['mariadb-binlog'], ...(notForMysql.has(file) ? [] : [mysqlbinlog97()])];
    for (const printer of printers) {
      const oracle = printedRows(printer, path.join(folder, file));
      if (oracle !== undefined) compareRows(t, rows, oracle);
    }
  });
}

function compareRows(
  t: ExecutionContext,
  rows: readonly RowObject[],
  oracle: readonly (readonly string[])[],
): void {
  t.is(rows.length, oracle.length);
  rows.forEach((row, i) => {
    Object.values(row).forEach((value, column) => {
      const printed = oracle[i]?.[column] ?? '';
      t.true(isSame(value, printed), `row ${i}, column ${column}: ${String(value)}, ${printed}`);
    });
  });
}

function decode(file: string): { rows: RowObject[]; unfinishedBytes: number } {
  const framer = new EventFramer(file);
  const decoder = new EventDecoder();
  const maps = new Map<bigint, TableMapEvent>();
  const rows: RowObject[] = [];
  for (const raw of framer.push(readFileSync(path.join(folder, file)))) {
    for (const event of decoder.decode(raw)) {
      if (event.kind === 'table-map') maps.set(event.tableId, event);
      const map = event.kind === 'rows' ? maps.get(event.tableId) : undefined;
      if (event.kind !== 'rows' || map === undefined) continue;
      for (const { before, after } of rowsAsObjects(map, schemaForShowing(map), event)) {
        rows.push(...[before, after].filter((image) => image !== undefined));
      }
    }
  }
  return { rows, unfinishedBytes: framer.finish().unfinishedBytes };
}

/** The images that a printer `-v` prints, as texts in column order; undefined where it gives up. */
function printedRows(printer: readonly string[] | undefined, file: string): string[][] | undefined {
  const [command, ...args] = printer ?? [];
  if (command === undefined) return undefined;
  const options = ['-v', '--base64-output=DECODE-ROWS', '--force-if-open', file];
  const { stdout, exitCode } = execaSync(command, [...args, ...options], { reject: false });
  if (exitCode !== 0) return undefined;
  const images: string[][] = [];
  for (const line of stdout.split('\n')) {
    if (/^### (SET|WHERE)$/.test(line)) images.push([]);
    const value = /^### {3}@\d+=(.*)$/.exec(line)?.[1];
    if (value !== undefined) images.at(-1)?.push(value);
  }
  return images;
}

/** Whether a value is what mysqlbinlog printed, for the types that it prints as they are. */
function isSame(value: RowValue, printed: string): boolean {
  if (value === null) return printed === 'NULL';
  // Where the log tells no sign, both readings are printed: -1 (255).
  if (typeof value === 'number')
    return printed.split(/[ ()]+/).some((one) => Number(one) === value);
  // Sets and bits are printed as bits, TIMESTAMPs as seconds, JSON with other white space.
  if (typeof value === 'bigint')
    return printed.startsWith("b'") || printed.startsWith(String(value));
  if (typeof value !== 'string' || !printed.startsWith("'")) return printed !== 'NULL';
  const compact = (text: string): string => text.replaceAll(/[\s\\]|x[0-9a-f]{2}/g, '');
  return compact(printed.slice(1, -1)) === compact(value);
}
