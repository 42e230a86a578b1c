import { execFileSync } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { repositoryFolder } from '../servers/index.js';

/** Python, or why there is none. */
export type Python = { python: string } | { reason: string };

/** Python with pyarrow. */
export function pythonWithPyarrow(): Python {
  return pythonWith('pyarrow', ['pyarrow']);
}

/** Python with pyarrow, polars and DuckDB. */
export function pythonWithReaders(): Python {
  return pythonWith('readers', ['pyarrow', 'polars', 'duckdb']);
}

/**
 * Python with packages in an environment under .cache, made on first use. Test files that make it
 * at the same time do not get in each other's way: the first one's stays.
 */
function pythonWith(name: string, packages: readonly string[]): Python {
  const environment = path.join(repositoryFolder, '.cache', name);
  const python = path.join(environment, 'bin', 'python');
  if (existsSync(python)) return { python };
  const fresh = `${environment}.${process.pid}`;
  try {
    const own = path.join(fresh, 'bin', 'python');
    run('python3', ['-m', 'venv', fresh]);
    run(own, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]);
    run(own, ['-c', `import ${packages.join(', ')}`]);
    moveUnlessThere(fresh, environment);
  } catch (error) {
    return {
      reason: `no ${packages.join(', ')} to be had: ${error instanceof Error ? error.message : 'unknown'}`,
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
