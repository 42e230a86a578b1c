// Goal: the systemd unit of examples/ is one that systemd takes, and its sandbox is one that serve works in. Method:
// systemd-analyze, where it is installed; each system call that a server makes under strace, beside those that the unit
// lets through; and a server of a user with no rights at all.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import test, { type ExecutionContext } from 'ava';
import { openRemoteEngine } from '../../src/engine/remote/index.js';
import { queryRows } from '../../src/protocol/index.js';
import { cliEntry, temporaryFolder } from '../e2e/cli.js';
import { waitUntil } from '../until.js';

const unitFile = path.resolve(import.meta.dirname, '../../examples/theflash.service');
/** As systemd rates it: 0 is closed, 10 is open; 2 and less are called OK. */
const exposureMax = 2;
const nobody = 65_534;

test('systemd takes the unit, and finds little that it leaves open', async (t) => {
  if (!hasProgram(t, 'systemd-analyze')) return;
  const file = path.join(temporaryFolder(t), 'theflash.service');
  const unit = await readFile(unitFile, 'utf8');
  await writeFile(file, unit.replace('/usr/bin/theflash', cliEntry));
  const verified = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
  t.is(verified.stderr.trim(), '');
  t.is(verified.status, 0);
  const limit = `--threshold=${exposureMax * 10}`;
  const rated = spawnSync('systemd-analyze', ['security', '--offline=yes', limit, file], {
    encoding: 'utf8',
  });
  t.is(rated.status, 0, rated.stdout);
  t.log(rated.stdout.trim().split('\n').at(-1));
  // What is wrong is found: the check is none that says yes to all.
  await writeFile(file, unit.replace('ProtectSystem=strict', 'ProtectSystem=rather'));
  t.regex(spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' }).stderr, /rather/);
});

test('the unit is of a user that is not root, and of flags that serve has', async (t) => {
  const unit = await readFile(unitFile, 'utf8');
  t.regex(unit, /^User=theflash$/m);
  t.regex(unit, /^ExecReload=\/bin\/kill -HUP \$MAINPID$/m);
  const [, line = ''] = /^ExecStart=\S+ (.*)$/m.exec(unit) ?? [];
  t.is(line, 'serve --config /etc/theflash/theflash.toml');
});

test.serial('a server makes no system call that the unit refuses', async (t) => {
  t.timeout(900_000);
  if (!hasProgram(t, 'systemd-analyze') || !hasProgram(t, 'strace')) return;
  const folder = temporaryFolder(t);
  const trace = path.join(folder, 'trace');
  const strace = ['strace', '-f', '-qq', '-o', trace];
  await workWithServer(t, strace, path.join(folder, 'engine'));
  const made = new Set<string>();
  for (const line of (await readFile(trace, 'utf8')).split('\n')) {
    const [, name] = /^\d+ +(?:<\.\.\. )?([a-z][a-z0-9_]*)(?:\(| resumed)/.exec(line) ?? [];
    if (name !== undefined) made.add(name);
  }
  t.true(made.has('landlock_restrict_self') && made.has('seccomp'), 'the engine has its sandbox');
  const allowed = allowedCalls(await readFile(unitFile, 'utf8'));
  t.true(made.size > 50);
  t.deepEqual(
    [...made].filter((name) => !allowed.has(name)),
    [],
  );
  t.false(allowed.has('ptrace') || allowed.has('mount') || allowed.has('setuid'));
});

test.serial('a user without any right can run it, and its engine has its sandbox', async (t) => {
  t.timeout(900_000);
  if (process.getuid?.() !== 0 || !hasProgram(t, 'setpriv')) {
    t.log('skipped: only root may become another user');
    t.pass();
    return;
  }
  const folder = temporaryFolder(t);
  await chmod(folder, 0o711);
  const state = path.join(folder, 'state');
  await mkdir(state, { mode: 0o700 });
  await chown(state, nobody, nobody);
  const as = [
    ...['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'],
    ...['--bounding-set=-all', '--inh-caps=-all', '--no-new-privs'],
  ];
  await workWithServer(t, as, path.join(state, 'engine'));
});

/** Serves a new folder, writes and reads, and ends it as systemd does. */
async function workWithServer(
  t: ExecutionContext,
  before: readonly string[],
  engine: string,
): Promise<void> {
  const serve = ['serve', '--engine', engine, '--listen', '127.0.0.1:0', '--sandbox', 'require'];
  const args = [...before, process.execPath, cliEntry, ...serve, '--metrics-listen', '127.0.0.1:0'];
  const child = spawn(args[0] ?? '', args.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  t.teardown(() => {
    child.kill('SIGKILL');
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log += String(chunk)));
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    const address = /^Listening on (\S+)$/.exec(line)?.[1];
    if (address === undefined) continue;
    const remote = await openRemoteEngine(`tcp://${address}`);
    await remote.execute(`CREATE DATABASE a;
      CREATE TABLE a.t (id UInt64, s String) ENGINE = MutableMergeTree ORDER BY id;
      INSERT INTO a.t SELECT number, toString(number) FROM numbers(100000);
      DELETE FROM a.t WHERE id < 10; OPTIMIZE TABLE a.t ELIMINATE`);
    t.deepEqual(await queryRows(remote, 'SELECT count() AS n, max(s) AS s FROM a.t'), [
      { n: 99990n, s: '99999' },
    ]);
    // The log is another pipe than the one that has told of the port.
    const metricsIn = (): string | undefined => /"metrics":"([^"]+)"/.exec(log)?.[1];
    await waitUntil('the log tells the address', () => metricsIn() !== undefined);
    const metrics = metricsIn() ?? '';
    t.is((await fetch(new URL('/readyz', metrics))).status, 200);
    const pid = await serverPid(child.pid ?? 0);
    process.kill(pid, 'SIGHUP');
    await remote.close();
    await waitUntil('it has reloaded', () => log.includes('"reloaded"'));
    process.kill(pid, 'SIGTERM');
  }
  t.is(await exited, 0, log);
  t.true(log.includes('"reloaded"'), log);
}

/** The process itself where it was replaced by the server, or else the server below it. */
async function serverPid(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  const isTracer = (await readFile(`/proc/${pid}/comm`, 'utf8')).startsWith('strace');
  return isTracer ? Number(children.trim().split(' ')[0]) : pid;
}

/** What the lines of SystemCallFilter= let through, in their order; `~` takes away. */
function allowedCalls(unit: string): ReadonlySet<string> {
  const allowed = new Set<string>();
  for (const [, isDenied = '', list = ''] of unit.matchAll(/^SystemCallFilter=(~?)(.*)$/gm)) {
    for (const name of list.split(' ').flatMap(membersOf)) {
      if (isDenied === '') allowed.add(name);
      else allowed.delete(name);
    }
  }
  return allowed;
}

function membersOf(name: string): string[] {
  if (!name.startsWith('@')) return [name];
  const text = execFileSync('systemd-analyze', ['syscall-filter', name], { encoding: 'utf8' });
  const lines = text
    .split('\n')
    .slice(1)
    .map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#')).flatMap(membersOf);
}

function hasProgram(t: ExecutionContext, name: string): boolean {
  if (spawnSync(name, ['--version']).error === undefined) return true;
  t.log(`skipped: ${name} is not installed`);
  t.pass();
  return false;
}
