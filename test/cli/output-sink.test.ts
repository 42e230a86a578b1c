import {
  chmod,
  lstat,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { openFileSink } from '../../src/cli/index.js';
import { FlashError } from '../../src/protocol/index.js';

async function temporaryFolder(t: { teardown(work: () => Promise<void>): void }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'theflash-sink-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('a file appears under its name only when it is finished', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'out.csv');
  await writeFile(path, 'old');
  const sink = await openFileSink(path);
  await sink.write('a,');
  await sink.write(Uint8Array.of(98));
  t.is(await readFile(path, 'utf8'), 'old');
  await sink.finish();
  t.is(await readFile(path, 'utf8'), 'a,b');
  t.deepEqual(await readdir(folder), ['out.csv']);
});

test('a discarded file leaves nothing behind and the old one as it was', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'out.csv');
  await writeFile(path, 'old');
  const sink = await openFileSink(path);
  await sink.write('half');
  await sink.discard();
  await sink.discard();
  t.is(await readFile(path, 'utf8'), 'old');
  t.deepEqual(await readdir(folder), ['out.csv']);
});

test('a file that is replaced keeps its mode, and a link stays one', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'out.csv');
  const link = join(folder, 'link.csv');
  await writeFile(path, 'old');
  await chmod(path, 0o660);
  await symlink('out.csv', link);
  const sink = await openFileSink(link);
  await sink.write('new');
  await sink.finish();
  t.is(await readFile(path, 'utf8'), 'new');
  t.is((await stat(path)).mode & 0o777, 0o660);
  t.true((await lstat(link)).isSymbolicLink());
});

const testAsUser = process.getuid?.() === 0 ? test.skip : test;

testAsUser('a file that may not be written is not replaced', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'out.csv');
  await writeFile(path, 'old', { mode: 0o444 });
  const error = await t.throwsAsync(openFileSink(path), { instanceOf: FlashError });
  t.is(error.code, 'DENIED');
  t.is(await readFile(path, 'utf8'), 'old');
});

test('a device is written, not replaced', async (t) => {
  const sink = await openFileSink('/dev/null');
  await sink.write('gone');
  await sink.finish();
  await t.throwsAsync(readdir('/dev/null'), { code: 'ENOTDIR' });
  t.is(await readFile('/dev/null', 'utf8'), '');
});

test('a folder that is missing and a name that is a folder are told apart', async (t) => {
  const folder = await temporaryFolder(t);
  const missing = await t.throwsAsync(openFileSink(join(folder, 'no', 'out.csv')), {
    instanceOf: FlashError,
  });
  t.is(missing.code, 'NOT_FOUND');
  const taken = await t.throwsAsync(openFileSink(folder), { instanceOf: FlashError });
  t.is(taken.code, 'INVALID_REQUEST');
});

test('a full disk is named, and the file is not there', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'full');
  // The kernel's own full device, behind a name of ours.
  await symlink('/dev/full', path);
  const sink = await openFileSink(path);
  const error = await t.throwsAsync(sink.write('x'), { instanceOf: FlashError });
  t.is(error.code, 'DISK_FULL');
  await sink.discard();
});
