import test from 'ava';
import { statusLines, type EngineStatus } from '../../src/cli/index.js';

const uuid = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
const gtidSet = Array.from(
  { length: 9 },
  (_, index) => `${uuid.replace('3', String(index))}:1-5`,
).join(',');

const status: EngineStatus = {
  version: 1,
  engine: '/var/lib/copy',
  engineVersion: '26.7.1.1',
  patches: ['a', 'b'],
  sandbox: 'landlock (ABI 7)',
  disk: { freeBytes: 5e9, totalBytes: 1e10 },
  checkpoints: [{ source: 'binlog', committedAt: '2026-01-01T00:00:00Z', checkpoint: {} }],
  tables: [{ database: 's', table: 't', rows: 5, bytes: 100, parts: 2, deletedRows: 3 }],
  snapshots: [
    { ...{ name: 'monday', createdAt: 'A', expiresAt: 'B', holder: 'user' }, tables: ['s.t'] },
  ],
  namedCopies: [],
  copy: {
    ...{ summary: 'holds all up to binlog.000003:4', beginning: { kind: 'whole' } },
    position: { file: 'binlog.000003', offset: 4 },
    ...{ incompleteTables: [], standingStill: [], unclosedLogs: [], unknownForeignKeys: [] },
    source: { flavor: 'mysql', serverId: 7 },
    ...{ gtidSet, sourceTime: '2026-01-01T00:00:00.000Z' },
  },
  lag: {
    ...{ source: 'mysql://r@db:3306/', serverVersion: '9.7.0', bytes: 1500, seconds: 2.25 },
    position: { file: 'binlog.000003', offset: 1504 },
  },
  server: null,
};

test('a status fits the terminal, and its GTIDs are whole', (t) => {
  const lines = statusLines(status, 80, 80).flatMap((text) => text.split('\n'));
  for (const line of lines) t.true(line.length <= 80, line);
  const start = lines.findIndex((line) => line.startsWith('GTIDs'));
  const end = lines.findIndex((line) => line.startsWith('Newest'));
  const whole = lines.slice(start, end).map((line) => line.replace('GTIDs', '').trim());
  t.is(whole.join(''), gtidSet);
  t.true(whole.length > 4);
  t.true(lines.includes('Lag         1.5 kB, 2.3 s'), lines.join('\n'));
  t.true(lines.includes('Made from   MySQL, server_id 7'));
  t.regex(lines.join('\n'), /Snapshot +monday of s\.t, made by a user A, until B\n/);
  t.regex(lines.join('\n'), /Disk +5\.0 GB of 10\.0 GB left/);
  t.regex(lines.join('\n'), /s\.t +5 +100 B +2 +3$/);
});

test('into a pipe each thing is one line', (t) => {
  const lines = statusLines(status, Infinity, 80);
  t.true(lines.includes(`GTIDs       ${gtidSet}`));
});
