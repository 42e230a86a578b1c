// `npm run bench -- NAME`: runs bench/NAME.ts on a fresh build. Results go to bench/results/.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { npmProgram, root } from './testing/child.js';

const names = [
  'batches',
  'decode',
  'doors',
  'dump',
  'first-load',
  'lag',
  'mutable',
  'replay',
  'scan',
  'spark',
  'verify',
];
const [name, ...args] = process.argv.slice(2);

if (name === undefined || !existsSync(path.join(root, 'bench', `${name}.ts`))) {
  console.error(`Usage: npm run bench -- NAME, NAME being one of: ${names.join(', ')}`);
  process.exitCode = 2;
} else {
  process.exitCode =
    start(npmProgram('tsc'), ['-p', 'tsconfig.build.json']) ||
    start(process.execPath, ['bin/run.js', 'build-ch']) ||
    start(process.execPath, ['--import=tsx', path.join('bench', `${name}.ts`), ...args]);
}

function start(command, commandArgs) {
  return spawnSync(command, commandArgs, { cwd: root, stdio: 'inherit' }).status ?? 1;
}
