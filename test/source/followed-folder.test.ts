// Goal: a folder of logs is read as it grows, and what a server or a copying program does to it is told
// apart. Method: files that the test writes, and what comes of them.
import {
  appendFile,
  copyFile,
  mkdtemp,
  rename,
  rm,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { FlashError, Source } from '../../src/protocol/index.js';
import { openSource } from '../../src/source/index.js';

const waitMaxMs = 180_000;

/** A followed folder, and all that its logs gave so far. */
interface Followed {
  folder: string;
  at: (name: string) => string;
  source: Source;
  notes: string[];
  /** Waits until so much was read; `name:` stands before the bytes of each log. */
  comes: (text: string) => Promise<void>;
  /** Rejects with what ended the reading, resolves after `stop`. */
  done: Promise<void>;
  stop: () => void;
}

async function follow(
  t: ExecutionContext,
  files: Record<string, string>,
  wholeUpTo?: () => number,
): Promise<Followed> {
  const folder = await mkdtemp(path.join(tmpdir(), 'theflash-follow-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const at = (name: string): string => path.join(folder, name);
  for (const [name, text] of Object.entries(files)) await writeFile(at(name), text);
  const closing = new AbortController();
  t.teardown(() => {
    closing.abort();
  });
  const notes: string[] = [];
  const source = await openSource([folder], {
    stdin: Readable.from([]),
    signal: closing.signal,
    files: { follow: true, untilNow: false, onNote: (line) => notes.push(line) },
  });
  const got = { text: '' };
  const readAll = async (): Promise<void> => {
    for (let log = source.logs[0]; log !== undefined; log = source.next?.(log.name ?? '')) {
      got.text += `${log.name ?? ''}:`;
      for await (const chunk of log.follow?.(0, wholeUpTo) ?? []) {
        got.text += Buffer.from(chunk).toString();
      }
    }
  };
  const done = readAll();
  done.catch(() => undefined);
  const comes = async (text: string): Promise<void> => {
    const endMs = Date.now() + waitMaxMs;
    while (got.text !== text && Date.now() < endMs) await delay(10);
    t.is(got.text, text);
  };
  const stop = (): void => {
    closing.abort();
  };
  return { folder, at, source, notes, comes, done, stop };
}

test('what is added comes, and the next log after the rest of the one before it', async (t) => {
  const { at, comes, done, stop, source } = await follow(t, { 'b.000001': 'one' });
  await comes('b.000001:one');
  await appendFile(at('b.000001'), 'two');
  await comes('b.000001:onetwo');
  await appendFile(at('b.000001'), 'three');
  await writeFile(at('b.000002'), '');
  await comes('b.000001:onetwothreeb.000002:');
  await appendFile(at('b.000002'), 'four');
  await comes('b.000001:onetwothreeb.000002:four');
  t.deepEqual(
    source.logs.map(({ name, sizeBytes }) => [name, sizeBytes]),
    [
      ['b.000001', 11],
      ['b.000002', undefined],
    ],
  );
  stop();
  await done;
});

test('a log may be purged once it is read, and a log that is gone before it stops', async (t) => {
  const { at, comes, done } = await follow(t, { 'b.000001': 'one' });
  await comes('b.000001:one');
  await appendFile(at('b.000001'), 'rest');
  await writeFile(at('b.000002'), 'two');
  await unlink(at('b.000001'));
  await comes('b.000001:onerestb.000002:two');
  await writeFile(at('b.000004'), 'four');
  const missing = await t.throwsAsync<FlashError>(done, { code: 'SOURCE_MISMATCH' });
  t.regex(missing.message, /b\.000003 is missing: .*b\.000002 was read up to offset 3/);
  t.deepEqual(missing.place, { file: 'b.000002', offset: 3 });
  t.regex(missing.hint ?? '', /Put it back/);

  const gone = await follow(t, { 'b.000001': 'one' });
  await gone.comes('b.000001:one');
  await unlink(gone.at('b.000001'));
  const error = await t.throwsAsync<FlashError>(gone.done, { code: 'NOT_FOUND' });
  t.regex(error.message, /b\.000001 is gone, read up to offset 3/);
});

test('a log that is copied anew is gone on with, another one in its place is not', async (t) => {
  const text = `${'x'.repeat(5000)}end`;
  const { at, comes, done } = await follow(t, { 'b.000001': text });
  await comes(`b.000001:${text}`);
  await copyFile(at('b.000001'), at('copy'));
  await appendFile(at('copy'), 'more');
  await rename(at('copy'), at('b.000001'));
  await comes(`b.000001:${text}more`);
  await writeFile(at('copy'), `${'x'.repeat(5000)}End${'y'.repeat(100)}`);
  await rename(at('copy'), at('b.000001'));
  const error = await t.throwsAsync<FlashError>(done, { code: 'SOURCE_MISMATCH' });
  t.regex(error.message, /is another file now than the one that was read up to offset 5007/);
  t.regex(error.hint ?? '', /--source-moved/);
});

test('a server may take back the end of its log, and nothing that is whole', async (t) => {
  const cut = await follow(t, { 'b.000001': 'wholehalf' }, () => 5);
  await cut.comes('b.000001:wholehalf');
  await truncate(cut.at('b.000001'), 5);
  await writeFile(cut.at('b.000002'), 'two');
  await cut.comes('b.000001:wholehalfb.000002:two');

  const broken = await follow(t, { 'b.000001': 'wholehalf' }, () => 5);
  await broken.comes('b.000001:wholehalf');
  await truncate(broken.at('b.000001'), 4);
  const error = await t.throwsAsync<FlashError>(broken.done, { code: 'SOURCE_MISMATCH' });
  t.regex(error.message, /was cut to 4 bytes, and was read up to offset 9/);
  t.regex(error.hint ?? '', /once it is as long as before/);
});

test('what passes soon is no trouble, as an index that is being written', async (t) => {
  const { at, comes } = await follow(t, { 'b.000001': 'one', 'b.index': './b.000001\n' });
  await comes('b.000001:one');
  await writeFile(at('b.index'), './b.0000');
  // Seen many times over, and shorter than what is told.
  await delay(1500);
  await writeFile(at('b.index'), './b.000001\n./b.000002\n');
  await writeFile(at('b.000002'), 'two');
  await comes('b.000001:oneb.000002:two');
});

test('only a folder with numbered logs is followed', async (t) => {
  const { at } = await follow(t, { 'b.000001': 'one' });
  const files = { follow: true, untilNow: false };
  const stdin = Readable.from([]);
  for (const specs of [[at('b.000001')], ['-'], [at('.'), at('.')]]) {
    const error = await t.throwsAsync<FlashError>(openSource(specs, { stdin, files }));
    t.is(error.code, 'INVALID_REQUEST');
  }
});

test('until now, the last log ends where it ends at the start', async (t) => {
  const { at, folder } = await follow(t, { 'b.000001': 'one', 'b.000002': 'two' });
  const files = { follow: false, untilNow: true };
  const source = await openSource([folder], { stdin: Readable.from([]), files });
  await appendFile(at('b.000001'), 'more');
  await appendFile(at('b.000002'), 'more');
  const texts: string[] = [];
  for (const log of source.logs) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of log.chunks(1)) chunks.push(chunk);
    texts.push(Buffer.concat(chunks).toString());
  }
  t.deepEqual(texts, ['nemore', 'wo']);
  t.is(source.next, undefined);
});
