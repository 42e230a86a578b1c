import { execFileSync } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { repositoryFolder } from '../servers/index.js';

const environment = path.join(repositoryFolder, '.cache', 'pyarrow');

/** Python with pyarrow in an environment under .cache, made on first use; or why there is none. */
export function pythonWithPyarrow(): { python: string } | { reason: string } {
  const python = path.join(environment, 'bin', 'python');
  if (existsSync(path.join(environment, 'complete'))) return { python };
  rmSync(environment, { recursive: true, force: true });
  try {
    run('python3', ['-m', 'venv', environment]);
    run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'pyarrow']);
    run(python, ['-c', `import pyarrow; open(${JSON.stringify(`${environment}/new`)}, 'w')`]);
  } catch (error) {
    return {
      reason: `no pyarrow to be had: ${error instanceof Error ? error.message : 'unknown'}`,
    };
  }
  renameSync(path.join(environment, 'new'), path.join(environment, 'complete'));
  return { python };
}

function run(command: string, args: readonly string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 180_000 });
}
