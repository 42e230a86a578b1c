import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import zlib from 'node:zlib';
import { tableFromIPC } from 'apache-arrow';
import { execa } from 'execa';
import test from 'ava';
import { commandLine } from '../cli/run-theflash.js';
import { makeEngineFolder, type EngineFolder } from './engine-folder.js';

let folder: EngineFolder;
test.before(async () => {
  folder = await makeEngineFolder(
    'CREATE DATABASE shop; CREATE TABLE shop.big (id UInt64, text String) ENGINE = MergeTree ORDER BY id; ' +
      "INSERT INTO shop.big SELECT number, repeat('x', 100) FROM numbers(3000000)",
  );
});
test.after.always(async () => {
  await folder.remove();
});

const args = (...more: string[]): string[] => [
  ...commandLine,
  ...['scan', 'shop.big', '--engine', folder.engine],
  ...more,
];

interface Shown {
  exitCode: number | undefined;
  /** As people see it: stderr with it where the two share a terminal. */
  stdout: string;
  stderr: string;
}

/** Runs a scan in a shell line, in the place of `$THEFLASH`. */
async function shell(line: string): Promise<Shown> {
  const { exitCode, stdout, stderr } = await execa(
    'bash',
    ['-c', line.replaceAll('$THEFLASH', quoted())],
    { reject: false },
  );
  return { exitCode, stdout, stderr };
}

/** Runs a scan on a terminal that script(1) of util-linux makes, or gives nothing without script. */
async function onTerminal(...more: string[]): Promise<Shown | undefined> {
  const line = ['--quiet', '--return', '--command', quoted(...more), '/dev/null'];
  const run = await execa('script', line, { reject: false });
  if (run.code === 'ENOENT') return undefined;
  return { exitCode: run.exitCode, stdout: run.stdout, stderr: run.stderr };
}

const quoted = (...more: string[]): string =>
  [process.execPath, ...args(...more)].map((word) => `'${word}'`).join(' ');

for (const format of ['arrow-stream', 'csv', 'jsonl', 'parquet']) {
  test.serial(`${format}: a reader that leaves is no error`, async (t) => {
    const run = await shell(
      `set -o pipefail; $THEFLASH --format ${format} | head -c 100 | wc -c; echo "exit \${PIPESTATUS[0]}"`,
    );
    t.is(run.stdout, '100\nexit 0');
    t.is(run.stderr, '');
  });
}

test.serial(
  'what a shell sends to a file is an Arrow file, and what it appends or pipes a stream',
  async (t) => {
    const few = '--where "id < 5" --order-by id';
    const out = `${folder.path}/few.arrow`;
    t.like(await shell(`$THEFLASH ${few} > ${out}`), { exitCode: 0, stderr: '' });
    const bytes = await readFile(out);
    t.is(bytes.subarray(-6).toString(), 'ARROW1');
    t.is(tableFromIPC(bytes).numRows, 5);
    const more = `${folder.path}/more.arrows`;
    await shell(
      `printf x > ${more}; $THEFLASH ${few} >> ${more}; $THEFLASH ${few} | cat >> ${more}`,
    );
    const [first, ...rest] = await readFile(more);
    t.is(first, 120);
    t.is(tableFromIPC(Uint8Array.from(rest)).numRows, 5);
  },
);

test.serial('a file named .gz or .zst is compressed as a whole', async (t) => {
  const plain = await shell('$THEFLASH --format csv --order-by id --limit 1000 | cksum');
  for (const [ending, show] of [
    ['gz', 'zcat'],
    ['zst', 'zstdcat'],
  ] as const) {
    const out = `${folder.path}/few.csv.${ending}`;
    const run = await shell(`$THEFLASH --order-by id --limit 1000 --output ${out}`);
    if (ending === 'zst' && !('createZstdCompress' in zlib)) {
      t.is(run.exitCode, 1);
      t.regex(run.stderr, /Node v20.*can't compress by zstd[^]*zstd >/);
      continue;
    }
    t.is(run.exitCode, 0, run.stderr);
    t.is((await shell(`${show} < ${out} | cksum`)).stdout, plain.stdout);
  }
});

test.serial(
  'what is compressed is what a pipe gets, batch by batch; a scan that fails leaves no file',
  async (t) => {
    const plain = await shell('$THEFLASH --order-by id --limit 400000 | cksum');
    const out = `${folder.path}/many.arrows.gz`;
    const run = await shell(`$THEFLASH --order-by id --limit 400000 --output ${out}`);
    t.is(run.exitCode, 0, run.stderr);
    t.is((await shell(`zcat < ${out} | cksum`)).stdout, plain.stdout);
    const failed = `${folder.path}/failed.csv.gz`;
    const late = await shell(`$THEFLASH --where "throwIf(id = 2500000) = 0" --output ${failed}`);
    t.is(late.exitCode, 1);
    t.is((await shell(`ls -A ${folder.path} | grep -c failed`)).stdout, '0');
  },
);

test.serial('a slow reader holds up the scan, not the memory', async (t) => {
  const child = execa(process.execPath, args('--format', 'arrow-stream'), {
    buffer: false,
    reject: false,
    stdout: 'pipe',
  });
  // The first bytes are there, and nobody reads on: what the pipe can't take must wait in the engine.
  await once(child.stdout, 'readable');
  const firstKb = await settledMemoryKb(child.pid);
  child.stdout.destroy();
  const run = await child;
  t.is(run.exitCode, 0);
  t.true(firstKb < 1_000_000, `${firstKb} kB`);
});

test.serial('Ctrl-C ends a scan with 130 and without a stack', async (t) => {
  const child = execa(process.execPath, args('--format', 'csv'), {
    buffer: { stdout: false },
    reject: false,
  });
  await once(child.stdout, 'readable');
  child.kill('SIGINT');
  child.stdout.resume();
  const run = await child;
  t.is(run.exitCode, 130);
  t.is(run.stderr, 'Interrupted.');
});

test.serial('a terminal gets a table, of a hundred rows', async (t) => {
  const run = await onTerminal('--columns', 'id', '--where', 'id < 150');
  if (run === undefined) t.log('skipped: script(1) of util-linux is not installed');
  const lines = run?.stdout.split(/\r?\n/);
  t.is(run?.exitCode ?? 0, 0);
  t.is(lines?.[0]?.trim() ?? 'id', 'id');
  t.is(lines?.at(-1) ?? '… 50 more rows', '… 50 more rows');
});

test.serial('a terminal never gets binary, and is told what to do', async (t) => {
  const run = await onTerminal('--format', 'parquet');
  if (run === undefined) t.log('skipped: script(1) of util-linux is not installed');
  const expected = "Error: A terminal can't show --format parquet. Redirect stdout";
  t.is(run?.exitCode ?? 2, 2);
  t.true((run?.stdout ?? expected).startsWith(expected));
});

/** Waits until a process's memory has stopped growing, and gives it. Source: proc(5), status. */
async function settledMemoryKb(pid: number | undefined): Promise<number> {
  const read = async (): Promise<number> => {
    const status = await readFile(`/proc/${String(pid)}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
  };
  let last = await read();
  for (;;) {
    await wait(200);
    const now = await read();
    if (now <= last * 1.01) return now;
    last = now;
  }
}

test.serial('a disk that is full is one paragraph, wherever the output goes', async (t) => {
  const line = [process.execPath, ...commandLine];
  const engine = ['--engine', folder.engine];
  for (const command of [
    ['scan', 'shop.big', '--format', 'csv'],
    ['scan', 'shop.big', '--limit', '1', '--json'],
    ['tables'],
    ['tables', '--json'],
  ]) {
    const words = [...line, ...command, ...engine].map((word) => `'${word}'`).join(' ');
    const { exitCode, stderr } = await execa('bash', ['-c', `${words} > /dev/full`], {
      reject: false,
    });
    t.is(exitCode, 1);
    t.regex(
      stderr,
      /^Error: Can't write stdout: ENOSPC[^\n]* Free space[^\n]*$/,
      command.join(' '),
    );
  }
});

test.serial('a reader of --output that leaves is told in one paragraph', async (t) => {
  const pipe = `${folder.path}/pipe`;
  await execa('mkfifo', [pipe]);
  const reader = execa('head', ['-c', '10', pipe], { reject: false });
  const run = await shell(`$THEFLASH --format csv --output '${pipe}'`);
  // Where the run never opened the pipe, it would wait for ever.
  reader.kill();
  await reader;
  t.is(run.exitCode, 1);
  t.regex(run.stderr, /^Error: Can't write .*pipe: EPIPE.*reader has left[^\n]*$/);
});

test.serial('-q takes the progress away', async (t) => {
  const run = await onTerminal('-q', '--output', `${folder.path}/quiet.csv`);
  if (run === undefined) {
    t.log('skipped: there is no script(1)');
    t.pass();
    return;
  }
  t.is(run.stdout, '');
});
