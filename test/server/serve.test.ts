import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { openRemoteEngine } from '../../src/engine/remote/index.js';
import { queryRows } from '../../src/protocol/index.js';
import { RawClient } from './raw-client.js';
import { typescript } from '../typescript.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
let folder = '';

test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'theflash-serve-'));
});

test.after.always(async () => {
  await rm(folder, { recursive: true, force: true });
});

test.serial('the commands work over tcp://, and SIGTERM ends the server cleanly', async (t) => {
  const server = start(['serve', '--engine', path.join(folder, 'data'), '--listen', '127.0.0.1:0']);
  let log = '';
  const reloaded = new Promise<void>((resolve) => {
    server.stderr?.on('data', (chunk: Buffer) => {
      log += String(chunk);
      if (log.includes('"reloaded"')) resolve();
    });
  });
  try {
    const engine = `tcp://${await readAddress(server)}`;
    const sql = `CREATE DATABASE s; CREATE TABLE s.t (id UInt64) ENGINE = MutableMergeTree ORDER BY id;
                 INSERT INTO s.t SELECT number FROM numbers(1000)`;
    t.is((await run(['sql', sql, '--engine', engine])).code, 0);
    const scanned = await run([
      'scan',
      's.t',
      '--engine',
      engine,
      '--where',
      'id > 997',
      '--format',
      'csv',
    ]);
    t.is(scanned.stdout.replace(/\r/g, ''), 'id\n998\n999\n');
    const status: unknown = JSON.parse(
      (await run(['status', '--engine', engine, '--json'])).stdout,
    );
    t.like(status, {
      tables: [{ database: 's', table: 't', rows: 1000 }],
      checkpoints: [],
      server: { openWrites: 0 },
    });
    server.kill('SIGHUP');
    await reloaded;
  } finally {
    server.kill('SIGTERM');
  }
  const [code] = (await once(server, 'close')) as [number | null];
  t.is(code, 0);
  const events = log
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => (JSON.parse(line) as { event: string }).event);
  t.true(events.includes('reloaded'));
  t.is(events.at(-1), 'stopped');
});

test.serial('long queries do not hold up short ones', async (t) => {
  if (!existsSync(path.join(root, 'dist'))) {
    t.log('skipped: run `npm run build` first');
    t.pass();
    return;
  }
  // As it is installed: bin/run.js says how many calls may wait for the engine at once.
  const args = ['serve', '--engine', path.join(folder, 'long'), '--listen', '127.0.0.1:0'];
  const server = spawn(process.execPath, ['bin/run.js', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exited = once(server, 'exit');
  try {
    const engine = await openRemoteEngine(`tcp://${await readAddress(server)}`);
    const stop = new AbortController();
    let ended = 0;
    const long = Array.from({ length: 8 }, async () => {
      const sql = 'SELECT sleepEachRow(1) FROM numbers(600) SETTINGS max_block_size = 1';
      await t.throwsAsync(() => engine.execute(sql, { signal: stop.signal }));
      ended += 1;
    });
    const running = `SELECT count() AS n FROM system.processes WHERE query LIKE 'SELECT sleepEachRow%'`;
    const count = async (): Promise<unknown> => (await queryRows(engine, running))[0]?.['n'];
    while ((await count()) !== 8n) t.is(ended, 0);
    t.is(ended, 0);
    stop.abort();
    await Promise.all(long);
    await engine.close();
  } finally {
    server.kill('SIGTERM');
    await exited;
  }
});

test.serial('flags set the limits', async (t) => {
  const flags = ['--connections-max', '3', '--write-data-timeout-ms', '300'];
  const data = ['--engine', path.join(folder, 'limits'), '--receive-memory-max', '1MiB'];
  const server = start(['serve', ...data, '--listen', '127.0.0.1:0', ...flags]);
  const exited = once(server, 'exit');
  try {
    const port = Number((await readAddress(server)).split(':').at(-1));
    const first = await RawClient.hello(port);
    const second = await RawClient.hello(port);
    const third = await RawClient.connect(port);
    t.is(await third.nextError(), 'BUSY', 'half of them for an address');
    const other = await RawClient.hello(port, '127.0.0.2');
    const fourth = await RawClient.connect(port, '127.0.0.3');
    t.is(await fourth.nextError(), 'BUSY');
    first.send({ type: 'WRITE', batchId: 'quiet' }, 1);
    t.is(await first.nextError(), 'WRITE_OK');
    t.is(await first.nextError(), 'TIMEOUT');
    for (const each of [second, other]) each.socket.destroy();
  } finally {
    server.kill('SIGTERM');
    await exited;
  }
});

test.serial('wrong addresses and open networks are usage errors', async (t) => {
  const data = ['--engine', path.join(folder, 'other')];
  for (const listen of ['0.0.0.0:0', 'nonsense', '127.0.0.1:99999']) {
    const { code, stderr } = await run(['serve', ...data, '--listen', listen]);
    t.is(code, 2, stderr);
  }
  const { code, stderr } = await run(['tables', '--engine', 'tcp://127.0.0.1:1']);
  t.is(code, 1);
  t.regex(stderr, /No server listens at tcp:\/\/127.0.0.1:1/);
});

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [typescript, 'bin/dev.mjs', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function run(
  args: readonly string[],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = start(args);
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const [stdout, stderr, [code]] = await Promise.all([
    child.stdout === null ? '' : text(child.stdout),
    child.stderr === null ? '' : text(child.stderr),
    exited,
  ]);
  return { code, stdout, stderr };
}

async function readAddress(server: ChildProcess): Promise<string> {
  let output = '';
  for await (const chunk of server.stdout ?? []) {
    output += String(chunk);
    const address = /^Listening on (\S+)\n/m.exec(output)?.[1];
    if (address !== undefined) return address;
  }
  throw new Error(`the server ended: ${output}`);
}
