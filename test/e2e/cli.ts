import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Table, tableFromIPC } from 'apache-arrow';

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

/** Starts the built command line in a process of its own. */
export function startCli(args: readonly string[], options: { cwd?: string } = {}): CliRun {
  const child = spawn(process.execPath, [cliEntry, ...args], {
    cwd: options.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const done = new Promise<CliResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      const text = Buffer.concat(stderr).toString('utf8');
      resolve({ code: code ?? undefined, stdout: Buffer.concat(stdout), stderr: text });
    });
  });
  return { child, done };
}

/** Runs the built command line to its end. */
export function runCli(args: readonly string[], options?: { cwd?: string }): Promise<CliResult> {
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

/** A folder that is removed when the test ends. */
export function temporaryFolder(t: { teardown(clean: () => void): void }): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'theflash-e2e-'));
  t.teardown(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
