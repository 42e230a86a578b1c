// Goal: a power cut leaves no checkpoint without its rows. Method: record the system calls of a
// process that commits one batch, and look at the order in which files are made and synced.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { queryRows, type Engine } from '../../src/protocol/index.js';
import { fillFolder } from './crash.js';
import { openEmbeddedEngine } from './open-engine.js';
import { typescript } from '../typescript.js';

const crashChild = fileURLToPath(new URL('crash-child.ts', import.meta.url));

interface Call {
  name: 'create' | 'sync' | 'rename' | 'link';
  /** What it is about; of rename and link the new name. Without a slash at the end. */
  target: string;
}

test('rows are on the disk before their checkpoint, and attached before they are dropped', async (t) => {
  if (spawnSync('strace', ['-V']).status !== 0) {
    t.log('skipped: strace is not installed (apt: strace)');
    t.pass();
    return;
  }
  const scratch = await mkdtemp(path.join(tmpdir(), 'theflash-sync-'));
  t.teardown(() => rm(scratch, { recursive: true, force: true }));
  const folder = path.join(scratch, 'data');
  const tables = await makeTables(folder);
  const trace = path.join(scratch, 'trace');
  const calls = 'trace=openat,fsync,fdatasync,rename,renameat2,link';
  execFileSync('strace', [
    ...['-f', '-y', '-s', '400', '-e', calls, '-o', trace],
    ...[process.execPath, typescript, crashChild, folder],
  ]);
  // Not the lock and the overlay, which every open writes anew.
  const events = readCalls(await readFile(trace, 'utf8')).filter(({ target }) =>
    /\/data\/(store\/|metadata_dropped\/|\.theflash(\/direct-rows|$))/.test(target),
  );
  const isOf = (table: string, { target }: Call): boolean => target.includes(`/${table}/`);
  const firstAt = (matches: (call: Call) => boolean): number => {
    const at = events.findIndex(matches);
    t.true(at > 0, 'the trace shows what it should');
    return at;
  };
  const recordedAt = firstAt((call) => call.name === 'create' && isOf(tables.checkpoints, call));
  const attachedAt = firstAt(
    (call) => call.name === 'link' && (isOf(tables.keyed, call) || isOf(tables.multiset, call)),
  );
  const droppedAt = firstAt(
    (call) => call.name === 'rename' && call.target.includes('/metadata_dropped/'),
  );
  t.true(recordedAt < attachedAt && attachedAt < droppedAt);
  t.deepEqual(
    unsynced(events.slice(0, recordedAt)),
    [],
    'staged rows, and the file of the others, before the checkpoint',
  );
  const named = events.findIndex(
    ({ name, target }) => name === 'rename' && target.endsWith('/direct-rows'),
  );
  const isNameSynced = events
    .slice(named, recordedAt)
    .some(({ name, target }) => name === 'sync' && target.endsWith('/.theflash'));
  t.true(named > 0 && named < recordedAt && isNameSynced, 'its name, too');
  // Rows that are put straight into their table can be under way: the file has them, too.
  t.deepEqual(
    unsynced(events.slice(0, attachedAt).filter((call) => !isOf(tables.keyed, call))),
    [],
    'the checkpoint, before rows are shown',
  );
  t.deepEqual(
    unsynced(events.slice(0, droppedAt)),
    [],
    'shown rows, before staged ones are dropped',
  );
  const parts = events.filter(({ name, target }) => name === 'rename' && /\/all_\w+$/.test(target));
  t.true(parts.length >= 5, `${parts.length} parts were made`);
});

/** Files that were made, and parts that got their name, with no sync after that. */
function unsynced(events: readonly Call[]): string[] {
  return events.flatMap((call, at) => {
    const isPart = call.name === 'rename' && /\/all_\w+$/.test(call.target);
    if (call.name !== 'create' && !isPart) return [];
    const isSynced = events
      .slice(at)
      .some(({ name, target }) => name === 'sync' && target === call.target);
    return isSynced ? [] : [call.target];
  });
}

/** Reads what strace wrote. A call that another thread's interrupts counts where it ends. */
function readCalls(text: string): Call[] {
  const begun = new Map<string, Call>();
  return text.split('\n').flatMap((line) => {
    const thread = /^\d+/.exec(line)?.[0] ?? '';
    if (/<\.\.\. \w+ resumed>/.test(line)) {
      const call = begun.get(thread);
      begun.delete(thread);
      return call === undefined || line.includes(' = -1 ') ? [] : [call];
    }
    const call = readCall(line);
    if (call === undefined || line.includes(' = -1 ')) return [];
    if (!line.includes('<unfinished')) return [call];
    begun.set(thread, call);
    return [];
  });
}

function readCall(line: string): Call | undefined {
  const [, name, rest] = /^\d+ +(\w+)\((.*)/.exec(line) ?? [];
  if (name === undefined || rest === undefined) return undefined;
  const names = [...rest.matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? '');
  const last = (names.at(-1) ?? '').replace(/\/$/, '');
  switch (name) {
    case 'openat':
      return rest.includes('O_CREAT') ? { name: 'create', target: last } : undefined;
    case 'rename':
    case 'renameat2':
      return { name: 'rename', target: last };
    case 'link':
      return { name: 'link', target: last };
    default:
      return { name: 'sync', target: /<([^>]*)>/.exec(rest)?.[1] ?? '' };
  }
}

/** Makes what crash-child.ts changes; gives the tables' identities, which name their folders. */
async function makeTables(
  folder: string,
): Promise<{ checkpoints: string; keyed: string; multiset: string }> {
  await fillFolder(folder);
  const engine = await openEmbeddedEngine(folder);
  const tables = {
    checkpoints: await readUuid(engine, 'theflash', 'checkpoints'),
    keyed: await readUuid(engine, 'keyed', 't'),
    multiset: await readUuid(engine, 'multiset', 't'),
  };
  await engine.close();
  return tables;
}

async function readUuid(engine: Engine, database: string, table: string): Promise<string> {
  const [row] = await queryRows(
    engine,
    `SELECT toString(uuid) AS uuid FROM system.tables
     WHERE database = '${database}' AND name = '${table}'`,
  );
  return String(row?.['uuid']);
}
