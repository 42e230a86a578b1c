import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { dieWithParent } from './die-with-parent.js';
import type { ServerProgram } from './program.js';

/** A running server process and its temporary folder. */
export interface ServerChild {
  folder: string;
  /** Undefined while it runs. */
  exitCode: () => number | undefined;
  /** Ends it in order, so that it closes its log files. */
  shutdown: () => Promise<void>;
  /** Kills it and removes the folder. May be called twice. */
  destroy: () => Promise<void>;
  log: () => string;
}

const running = new Set<{ child: ChildProcess; folder: string }>();

// A test file may end by an exception or a plain exit, without any teardown.
process.on('exit', () => {
  for (const { child, folder } of running) {
    killGroup(child, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});

/** Starts the server with `args`; its output goes to server.log in `folder`. */
export function spawnServer(
  program: ServerProgram,
  args: readonly string[],
  folder: string,
): ServerChild {
  const logFile = path.join(folder, 'server.log');
  const output = openSync(logFile, 'a');
  const [command = '', ...rest] = [...dieWithParent(), ...program.command, ...program.args];
  const child = spawn(command, [...rest, ...args], {
    env: { ...process.env, ...program.env },
    stdio: ['ignore', output, output],
    detached: true,
  });
  closeSync(output);
  child.unref();
  const entry = { child, folder };
  running.add(entry);
  const ended = once(child, 'exit');
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.ref();
    killGroup(child, signal);
    if (exitCodeOf(child) === undefined) await ended;
  };
  return {
    folder,
    exitCode: () => exitCodeOf(child),
    shutdown: () => end('SIGTERM'),
    destroy: async () => {
      if (!running.has(entry)) return;
      await end('SIGKILL');
      running.delete(entry);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
    log: () => readFileSync(logFile, 'utf8'),
  };
}

function exitCodeOf(child: ChildProcess): number | undefined {
  if (child.exitCode !== null) return child.exitCode;
  return child.signalCode === null ? undefined : -1;
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || exitCodeOf(child) !== undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // ESRCH: it ended by itself in this moment.
  }
}
