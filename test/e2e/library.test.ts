// Goal: the package is a library, too, and its examples work as they stand. Method: the examples are run beside the
// built package, and held against the rows that the server's own client gave.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { startServe } from '../server/serve-process.js';
import { repositoryFolder } from '../servers/index.js';
import { temporaryFolder } from './cli.js';
import { pythonWithPyarrow } from './pyarrow.js';

const examples = path.join(repositoryFolder, 'examples');
const logs = ['000001', '000002'].map((number) => path.join(examples, 'shop', `binlog.${number}`));

/** `id` and `name` of each row. */
const expected = readFileSync(path.join(examples, 'shop/expected/customers.tsv'), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split('\t'))
  .map(([id, , name]) => `${id} ${name}`);

test('an engine is filled and read by TypeScript and by Python', async (t) => {
  const folder = temporaryFolder(t);
  const engine = path.join(folder, 'copy');
  const script = path.join(examples, 'library/copy.ts');
  const printed = execFileSync(
    process.execPath,
    ['--import=tsx', script, engine, ...logs],
    // Without the paths of this repository: `theflash` is what the package gives.
    {
      env: {
        ...process.env,
        TSX_TSCONFIG_PATH: path.join(repositoryFolder, 'tsconfig.build.json'),
      },
    },
  ).toString();
  t.deepEqual(printed.trim().split('\n'), expected);

  const python = pythonWithPyarrow();
  if ('reason' in python) {
    t.log(`skipped: ${python.reason}`);
    return;
  }
  const token = path.join(folder, 'token');
  writeFileSync(token, '5f1c77'.repeat(8), { mode: 0o600 });
  const args = ['--http', '127.0.0.1:0', '--token-file', token];
  const served = await startServe(engine, { args });
  t.teardown(() => served.stop());
  const sql = 'SELECT id, name FROM shop.customers ORDER BY id';
  const reader = path.join(examples, 'library/read.py');
  const found = execFileSync(python.python, [reader, served.httpUrl, token, sql]).toString();
  t.deepEqual(found.trim().split('\n'), expected);
});

test('the types of the package are those of the example', (t) => {
  const config = path.join(temporaryFolder(t), 'tsconfig.json');
  const compilerOptions = {
    ...{ target: 'ES2022', module: 'NodeNext', strict: true, noEmit: true, skipLibCheck: true },
    ...{ types: ['node'], typeRoots: [path.join(repositoryFolder, 'node_modules/@types')] },
  };
  const files = [path.join(examples, 'library/copy.ts')];
  writeFileSync(config, JSON.stringify({ compilerOptions, files }));
  const tsc = path.join(repositoryFolder, 'node_modules/.bin/tsc');
  t.notThrows(() => execFileSync(tsc, ['-p', config]));
});
