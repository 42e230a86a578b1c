import { execFileSync } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { repositoryFolder } from '../servers/index.js';

const environment = path.join(repositoryFolder, '.cache', 'pyarrow');

/**
 * Python with pyarrow in an environment under .cache, made on first use; or why there is none. Test
 * files that make it at the same time do not get in each other's way: the first one's stays.
 */
export function pythonWithPyarrow(): { python: string } | { reason: string } {
  const python = path.join(environment, 'bin', 'python');
  if (existsSync(python)) return { python };
  const fresh = `${environment}.${process.pid}`;
  try {
    const own = path.join(fresh, 'bin', 'python');
    run('python3', ['-m', 'venv', fresh]);
    run(own, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'pyarrow']);
    run(own, ['-c', 'import pyarrow']);
    moveUnlessThere(fresh, environment);
  } catch (error) {
    return {
      reason: `no pyarrow to be had: ${error instanceof Error ? error.message : 'unknown'}`,
    };
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return { python };
}

function moveUnlessThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
  }
}

function run(command: string, args: readonly string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 180_000 });
}
