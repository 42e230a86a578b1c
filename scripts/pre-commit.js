// The pre-commit hook: formats and lints the staged files only, which takes seconds.
import { execFileSync, spawnSync } from 'node:child_process';
import { npmProgram, root } from './testing/child.js';

const list = ['diff', '--cached', '--name-only', '--diff-filter=ACMR', '-z'];
const staged = execFileSync('git', list, { cwd: root, encoding: 'utf8' }).split('\0');
const files = staged.filter((file) => file !== '');
const scripts = files.filter((file) => /\.(ts|js|cjs)$/.test(file));

const failed = [
  check('prettier', ['--check', '--ignore-unknown', ...files], files),
  check(
    'eslint',
    ['--report-unused-disable-directives', '--max-warnings', '0', ...scripts],
    scripts,
  ),
].some((ok) => !ok);
process.exitCode = failed ? 1 : 0;

function check(program, args, on) {
  if (on.length === 0) return true;
  return spawnSync(npmProgram(program), args, { cwd: root, stdio: 'inherit' }).status === 0;
}
