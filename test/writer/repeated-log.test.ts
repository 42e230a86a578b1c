// Goal: a log that comes a second time under another name is known before anything of it is applied, and no other log is
// taken for it. Method: every recorded log beside every other one, beside itself, and beside itself cut at each event.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { EventFramer } from '../../src/binlog/index.js';
import { FlashError } from '../../src/protocol/index.js';
import { headerMark, type LogMark } from '../../src/writer/log-mark.js';
import { OpeningReader } from '../../src/writer/log-opening.js';
import { knownLogs, RepeatedLogSearch, type ReadLog } from '../../src/writer/repeated-log.js';
import { caseNames, readCase } from '../binlog/fixtures/cases.js';

interface RecordedLog {
  name: string;
  bytes: Uint8Array;
}

const sharedFolder = path.resolve(import.meta.dirname, '../../../shared/fixtures/binlog');
const shared = existsSync(sharedFolder) ? readdirSync(sharedFolder) : [];
const recorded: readonly RecordedLog[] = [
  ...caseNames().map((name) => ({ name, bytes: readCase(name).log })),
  ...shared.map((name) => ({ name, bytes: readFileSync(path.join(sharedFolder, name)) })),
].filter(({ bytes }) => Buffer.from(bytes).toString('latin1', 1, 4) === 'bin');

/** The mark of a log that was read as far as it can be. */
function readLog({ name, bytes }: RecordedLog): { mark: LogMark; ends: number[] } {
  const reader = new OpeningReader();
  const ends: number[] = [];
  let header = '';
  try {
    for (const raw of new EventFramer(name).push(bytes)) {
      if (ends.length > 0) reader.add(raw);
      else {
        reader.begin(raw);
        header = headerMark(raw);
      }
      ends.push(raw.header.endOffset);
    }
  } catch (error) {
    // Some are broken on purpose.
    if (!(error instanceof FlashError)) throw error;
  }
  const { opening } = reader;
  const offset = ends.at(-1) ?? 0;
  const mark = { file: name, offset, header, tailBytes: 0, tailHash: '' };
  return { mark: opening === undefined ? mark : { ...mark, opening }, ends };
}

function search(bytes: Uint8Array, logs: readonly ReadLog[], chunkBytes = 1 << 20): string {
  const found = new RepeatedLogSearch('log.000002', logs);
  for (let at = 0; at < bytes.length && found.isOpen; at += chunkBytes) {
    const log = found.push(bytes.subarray(at, at + chunkBytes));
    if (log !== undefined) return log.mark.file;
  }
  return found.isOpen ? 'open' : 'another';
}

const logs = recorded.map((log) => ({ ...log, ...readLog(log) }));
const known = logs.map(({ mark }) => mark);

test('each recorded log is known again, whole and cut, by its first events', (t) => {
  t.true(logs.length >= 30, `${logs.length} logs`);
  const untold: string[] = [];
  for (const { name, bytes, mark, ends } of logs) {
    const opening = mark.opening?.tells === true ? mark.opening : undefined;
    if (opening === undefined) {
      untold.push(name);
      continue;
    }
    const read = knownLogs([mark], { isMoved: false });
    for (const end of [...ends.slice(0, 40), bytes.length]) {
      const cut = bytes.subarray(0, end);
      for (const chunkBytes of [1 << 20, 17]) {
        const expected = end >= opening.offset ? name : 'open';
        t.is(search(cut, read, chunkBytes), expected, `${name} up to ${end}`);
      }
    }
  }
  t.log(`${logs.length} logs`);
  // Two hold no transaction, and one the beginning of its first, in its first second and without a GTID.
  const tooShort = [
    'osheroff__mysql-bin.aurora-padding',
    'rust__binlog_truncated_event.000001',
    'rust__binlog_truncated_prev_gtid_event.000001',
  ];
  t.deepEqual(
    untold,
    tooShort.filter((name) => shared.includes(name)),
  );
});

test('no recorded log is taken for another one', (t) => {
  let pairs = 0;
  for (const one of logs) {
    for (const other of logs) {
      if (one === other || Buffer.from(one.bytes).equals(Buffer.from(other.bytes))) continue;
      const found = search(one.bytes, knownLogs([other.mark], { isMoved: false }));
      // One has not even a first event.
      const isRead = one.mark.header !== '' && other.mark.opening?.tells === true;
      t.true(found === 'another' || (found === 'open' && !isRead), `${one.name}, ${other.name}`);
      pairs += 1;
    }
    const others = known.filter((mark) => mark.file !== one.name);
    t.not(search(one.bytes, knownLogs(others, { isMoved: false })), one.name);
  }
  t.true(pairs > 800, `${pairs} pairs`);
  t.log(`${pairs} pairs`);
});
