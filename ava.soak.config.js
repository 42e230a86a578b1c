import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import base from './ava.config.js';

// What takes longer than `npm test` may: `npm run test:soak`. Files that `npm test` runs in part are run in full.
const inPart = readdirSync(path.join(import.meta.dirname, 'test'), { recursive: true })
  .map((name) => path.posix.join('test', name))
  .filter((name) => name.endsWith('.test.ts') && !name.startsWith('test/soak/'))
  .filter((name) => readFileSync(name, 'utf8').includes("/short-run.js'"));

export default {
  ...base,
  files: ['test/soak/**/*.test.ts', ...inPart],
  concurrency: 1,
  timeout: '60m',
};
