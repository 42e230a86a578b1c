import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { root, run } from './child.js';

/** Where build-ch has compiled ch.so: clang-tidy reads how. */
const buildFolder = path.join(root, 'build', 'cmake');

/**
 * Runs clang-tidy, by native/.clang-tidy, on every file of native/ that is compiled here: its tests
 * where GoogleTest is installed. Counts files. Needs what build-ch has built.
 */
export async function runClangTidy() {
  for (const program of ['cmake', 'clang-tidy']) {
    const { code } = await run(program, ['--version']);
    if (code !== 0) return { skipped: 1, note: `${program} is not installed (apt: ${program})` };
  }
  const configure = ['-S', 'native', '-B', buildFolder, '-DBUILD_TESTING=ON'];
  const configured = await run('cmake', configure);
  if (configured.code !== 0) return { failed: 1, output: configured.output };
  const files = compiledFiles();
  const total = { passed: 0, failed: 0, output: '' };
  const checkNext = async () => {
    for (let file = files.shift(); file !== undefined; file = files.shift()) {
      const { code, output } = await run('clang-tidy', ['-p', buildFolder, '--quiet', file]);
      total[code === 0 ? 'passed' : 'failed'] += 1;
      if (code !== 0) total.output += output;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, checkNext));
  return total;
}

function compiledFiles() {
  const commands = JSON.parse(
    readFileSync(path.join(buildFolder, 'compile_commands.json'), 'utf8'),
  );
  return [...new Set(commands.map(({ file }) => file))];
}
