import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import type { FlashError, LogInput } from '../../src/protocol/index.js';
import { openSource } from '../../src/source/index.js';

async function makeFolder(t: ExecutionContext, files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'theflash-source-'));
  t.teardown(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
  return folder;
}

async function read(log: LogInput | undefined, offset: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of log?.chunks(offset) ?? []) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const stdin = Readable.from([]);

test('a file is read from any offset, as often as wanted', async (t) => {
  const folder = await makeFolder(t, { 'binlog.000001': 'abcdef' });
  const source = await openSource([path.join(folder, 'binlog.000001')], { stdin });
  t.is(source.logs[0]?.name, 'binlog.000001');
  t.is(await read(source.logs[0], 2), 'cdef');
  t.is(await read(source.logs[0], 0), 'abcdef');
  t.is(await read(source.logs[0], 6), '');
});

test('a folder gives its logs in the order of the index file', async (t) => {
  const folder = await makeFolder(t, {
    'binlog.index': '/var/lib/mysql/binlog.000009\n./binlog.000010\n',
    'binlog.000008': '',
    'binlog.000009': '',
    'binlog.000010': '',
    'relay-bin.index': 'x',
  });
  const source = await openSource([folder], { stdin });
  t.deepEqual(
    source.logs.map((log) => log.name),
    ['binlog.000009', 'binlog.000010'],
  );
});

test('a folder without an index gives its logs by number, a million included', async (t) => {
  const folder = await makeFolder(t, {
    'b.1000000': '',
    'b.999999': '',
    'b.999998': '',
    'x.txt': '',
  });
  const source = await openSource([folder], { stdin });
  t.deepEqual(
    source.logs.map((log) => log.name),
    ['b.999998', 'b.999999', 'b.1000000'],
  );
});

test('a log that is missing between two is named', async (t) => {
  const folder = await makeFolder(t, { 'b.000001': '', 'b.000003': '' });
  const error = await t.throwsAsync(openSource([folder], { stdin }), { code: 'SOURCE_MISMATCH' });
  t.regex(error.message, /b\.000002 is missing/);
});

test('logs with something after their names are told how they have to be called', async (t) => {
  const folder = await makeFolder(t, { 'mb.000066.20260101': '', 'mb.000067.20260102': '' });
  const error = await t.throwsAsync<FlashError>(openSource([folder], { stdin }));
  t.regex(error.message, /several names: mb\.000066, mb\.000067/);
  t.regex(error.hint ?? '', /the names that their server gave them, as mb\.000066/);
});

test('what is not there, or no log, is refused with the path', async (t) => {
  const folder = await makeFolder(t, { 'b.000001': '', 'b.000002': '', 'c.000001': '' });
  await mkdir(path.join(folder, 'empty'));
  const at = (name: string): string => path.join(folder, name);
  const cases = [
    { specs: [at('none')], code: 'NOT_FOUND' },
    { specs: [at('empty')], code: 'NOT_FOUND' },
    { specs: [folder], code: 'INVALID_REQUEST' },
    { specs: ['-', at('b.000001')], code: 'INVALID_REQUEST' },
    { specs: [at('b.000002'), at('b.000001')], code: 'INVALID_REQUEST' },
    { specs: ['pg://user:secret@host/'], code: 'INVALID_REQUEST' },
    { specs: ['/dev/null'], code: 'INVALID_REQUEST' },
  ];
  for (const { specs, code } of cases) {
    const error = await t.throwsAsync(openSource(specs, { stdin }), { code }, specs.join(' '));
    t.notRegex(error.message, /secret/);
  }
  const folderIndex = await makeFolder(t, { 'b.index': 'b.000001\nb.000002\n', 'b.000001': '' });
  await t.throwsAsync(openSource([folderIndex], { stdin }), { code: 'NOT_FOUND' });
});

test('stdin is read once and forward, from any offset', async (t) => {
  const source = await openSource(['-'], {
    stdin: Readable.from([Buffer.from('abc'), Buffer.from('def')]),
  });
  const [log] = source.logs;
  t.is(log?.name, undefined);
  t.is(await read(log, 2), 'cdef');
  t.throws(() => log?.chunks(0), { code: 'INTERNAL' });
});
