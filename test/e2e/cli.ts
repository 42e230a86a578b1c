import { type ChildProcess, spawn } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Table, tableFromIPC } from 'apache-arrow';
import { dieWithParent } from '../servers/index.js';

/** The built command line. */
export const cliEntry = path.resolve(import.meta.dirname, '../../bin/run.js');

export interface CliResult {
  /** Exit code; undefined where a signal ended it. */
  code: number | undefined;
  stdout: Buffer;
  stderr: string;
}

export interface CliRun {
  child: ChildProcess;
  done: Promise<CliResult>;
}

export interface CliOptions {
  cwd?: string;
  /** A file that comes through a pipe as its standard input. */
  stdinFile?: string;
  /** `open`: the caller writes to `child.stdin`. Without it and `stdinFile` there is no input. */
  stdin?: 'open';
  /** Beside those of this process. */
  env?: Readonly<Record<string, string>>;
}

/** Commands that have not ended yet. */
const running = new Set<CliRun & { args: readonly string[] }>();

// A test file may end by an exception or a plain exit, without any teardown.
process.on('exit', () => {
  for (const { child } of running) child.kill('SIGKILL');
});

/** Starts the built command line in a process of its own, which ends with this one at the latest. */
export function startCli(args: readonly string[], options: CliOptions = {}): CliRun {
  const { cwd, stdinFile, stdin } = options;
  const command = [...dieWithParent(), process.execPath, cliEntry, ...args];
  const child = spawn(command[0] ?? '', command.slice(1), {
    cwd,
    stdio: [stdinFile === undefined && stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...options.env },
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  // EPIPE: a command that stops at an error leaves the rest unread.
  child.stdin?.on('error', () => undefined);
  if (stdinFile !== undefined && child.stdin !== null) {
    createReadStream(stdinFile).pipe(child.stdin);
  }
  const done = new Promise<CliResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      running.delete(run);
      const text = Buffer.concat(stderr).toString('utf8');
      resolve({ code: code ?? undefined, stdout: Buffer.concat(stdout), stderr: text });
    });
  });
  const run = { child, done, args };
  running.add(run);
  return run;
}

/** Runs the built command line to its end. */
export function runCli(args: readonly string[], options?: CliOptions): Promise<CliResult> {
  return startCli(args, options).done;
}

/** Runs a command that has to succeed. Errors: rejects with what it wrote to stderr. */
export async function runCliWell(args: readonly string[]): Promise<Buffer> {
  const { code, stdout, stderr } = await runCli(args);
  if (code === 0) return stdout;
  throw new Error(`theflash ${args.join(' ')} ended with ${code ?? 'a signal'}:\n${stderr}`);
}

/** Replays closed log files into the engine folder. */
export async function writeLogs(engine: string, files: readonly string[]): Promise<void> {
  await runCliWell(['write', '--engine', engine, ...binlogArgs(files)]);
}

/** `--binlog` for each file. */
export function binlogArgs(files: readonly string[]): string[] {
  return files.flatMap((file) => ['--binlog', file]);
}

/** Reads a table through `theflash scan`, as Arrow. */
export async function scanTable(engine: string, table: string): Promise<Table> {
  const args = ['scan', table, '--engine', engine, '--format', 'arrow-stream'];
  return tableFromIPC(await runCliWell(args));
}

/** A folder that is removed when the test ends, after the commands that still work in it were killed. */
export function temporaryFolder(t: { teardown(clean: () => Promise<void>): void }): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'theflash-e2e-'));
  t.teardown(async () => {
    const left = [...running].filter(({ args }) => args.some((arg) => arg.startsWith(folder)));
    for (const { child } of left) child.kill('SIGKILL');
    await Promise.all(left.map(({ done }) => done));
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
