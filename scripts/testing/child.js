import { spawn } from 'node:child_process';
import path from 'node:path';

/** Root folder of the repository. */
export const root = path.resolve(import.meta.dirname, '../..');

/**
 * Runs a program in the root folder and gives its exit code and its output, both streams in one.
 *
 * Shape: `onLine` sees each line as it comes, for work that takes long; `env` comes on top of this process's. A program that can't be
 * started gives code 127 and the reason as output.
 */
export function run(command, args, { onLine, env = {} } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1', ...env },
    });
    let output = '';
    let rest = '';
    const take = (text) => {
      output += text;
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      if (onLine) lines.forEach(onLine);
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.on('error', (error) => resolve({ code: 127, output: error.message }));
    child.on('close', (code) => {
      if (onLine && rest !== '') onLine(rest);
      resolve({ code: code ?? 1, output });
    });
  });
}

/** Path of a program that an npm package brought. */
export function npmProgram(name) {
  return path.join(root, 'node_modules', '.bin', name);
}
