import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { npmProgram, root, run } from './child.js';

/** Checks that read the tree and run nothing of it, in order. Each counts as one test. */
export const checks = [
  programCheck('prettier', 'prettier', ['--check', '--log-level', 'warn', '.']),
  programCheck('eslint', 'eslint', [
    '--report-unused-disable-directives',
    '--max-warnings',
    '0',
    '.',
  ]),
  programCheck('types', 'tsc', ['-p', 'tsconfig.json', '--noEmit']),
  programCheck('layers', 'depcruise', ['--config', '.dependency-cruiser.cjs', ...sourceFolders()]),
  programCheck('unused code', 'knip', []),
  { name: 'C ABI', run: checkAbi },
  { name: 'clang-format', run: checkClangFormat },
];

function programCheck(name, program, args) {
  return { name, run: async () => verdict(await run(npmProgram(program), args)) };
}

function sourceFolders() {
  return ['src', 'bin', 'test', 'scripts', 'bench'].filter((name) =>
    existsSync(path.join(root, name)),
  );
}

async function checkAbi() {
  const script = path.join('scripts', 'check-abi.js');
  if (!existsSync(path.join(root, script))) return { skipped: 1, note: `there is no ${script}` };
  return verdict(await run(process.execPath, [script]));
}

async function checkClangFormat() {
  const { code } = await run('clang-format', ['--version']);
  if (code !== 0) return { skipped: 1, note: 'clang-format is not installed' };
  const files = readdirSync(path.join(root, 'native'), { recursive: true })
    .filter((name) => /\.(c|cc|h)$/.test(name))
    .map((name) => path.join('native', name));
  return verdict(await run('clang-format', ['--dry-run', '-Werror', ...files]));
}

/** One passed or failed check, with the program's output where it failed. */
export function verdict({ code, output }) {
  return code === 0 ? { passed: 1 } : { failed: 1, output };
}
