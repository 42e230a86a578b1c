// Packages of PyPI for tests: in a virtual environment under build/, made once.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { projectRoot } from '../src/build/index.js';

/** Where its programs lie, or why there are none. */
export type PythonPackages =
  { folder: string; python: string; missing?: undefined } | { missing: string };

/**
 * Installs packages, unless an earlier run has done so.
 *
 * Shape: `name` is that of the environment's folder, and `packages` are pip's, best with their versions.
 * Errors: none; `missing` says what Python or the registry lacks, for the test to pass itself over.
 */
export async function installPython(
  name: string,
  packages: readonly string[],
): Promise<PythonPackages> {
  const folder = path.join(projectRoot, 'build', name);
  const python = path.join(folder, 'bin', 'python');
  const list = path.join(folder, 'packages.txt');
  const wanted = packages.join('\n');
  if ((await readFile(list, 'utf8').catch(() => undefined)) === wanted) return { folder, python };
  const run = (program: string, args: string[]): Promise<{ exitCode?: number; stderr: string }> =>
    execa(program, args, { reject: false, timeout: 600_000 });
  const made = await run('python3', ['-m', 'venv', folder]);
  if (made.exitCode !== 0) return { missing: `there is no virtual environment: ${made.stderr}` };
  const got = await run(python, ['-m', 'pip', 'install', '-q', ...packages]);
  if (got.exitCode !== 0) return { missing: `pip can't: ${got.stderr.slice(-300)}` };
  await writeFile(list, wanted);
  return { folder, python };
}

/** Logs why a test can't be run, and ends it well. */
export function passOver(
  t: { log(text: string): void; pass(): void },
  { missing }: { missing: string },
): void {
  t.log(`passed over: ${missing}`);
  t.pass();
}
