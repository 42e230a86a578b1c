// Goal: an installed package works for a user who is not root, from a folder that is read-only, without a compiler.
// Method: the package's files are laid as npm lays them, and run with an empty home and no other program on the
// PATH. `npm run try-package` does the same with npm itself, on a machine that has no compiler at all.
import { execFile } from 'node:child_process';
import { chown, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { projectRoot } from '../../src/build/index.js';
import { typescript } from '../typescript.js';

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;
/** A user without a name, as in containers; a test that is run by a user is run as that user. */
const nobody = isRoot ? { uid: 54_321, gid: 54_321 } : {};

let folder = '';
let installed = '';

test.before('install', async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'theflash-package-'));
  installed = path.join(folder, 'lib', 'node_modules', 'theflash');
  for (const name of await packedFiles()) {
    if (name.startsWith('prebuilt/')) continue;
    await cp(path.join(projectRoot, name), path.join(installed, name));
  }
  await symlink(path.join(projectRoot, 'node_modules'), path.join(installed, 'node_modules'));
  const prebuilt = path.join(installed, 'prebuilt', 'linux-x64');
  const script = path.join(projectRoot, 'scripts', 'prebuilt.ts');
  await run(process.execPath, [typescript, script, prebuilt], { cwd: projectRoot });
  await run('chmod', ['-R', 'a+rX,a-w', path.join(folder, 'lib')]);
  await run('chmod', ['a+rx', folder]);
});
test.after.always(async () => {
  await run('chmod', ['-R', 'u+w', folder]);
  await rm(folder, { recursive: true, force: true });
});

/** What npm would pack, of what is built. */
async function packedFiles(): Promise<string[]> {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const { stdout } = await run('npm', args, { cwd: projectRoot, maxBuffer: 1 << 26 });
  const [packed] = JSON.parse(stdout) as { files: { path: string }[] }[];
  return (packed?.files ?? []).map((file) => file.path);
}

/** Runs theflash as the user, in a home of its own that was empty before. */
async function theflash(
  home: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stdout, stderr } = await run(
    process.execPath,
    [path.join(installed, 'bin', 'run.js'), ...args],
    { cwd: home, env: { HOME: home, PATH: '', ...environment }, ...nobody },
  );
  return stdout + stderr;
}

async function makeHome(name: string): Promise<string> {
  const home = path.join(folder, name);
  await mkdir(home);
  if (isRoot) await chown(home, 54_321, 54_321);
  return home;
}

test.serial('write and scan work, and nothing is to be built', async (t) => {
  const home = await makeHome('writer');
  const shop = path.join(projectRoot, 'examples', 'shop');
  const logs = ['binlog.000001', 'binlog.000002'].map((name) => path.join(shop, name));
  await theflash(home, ['write', '--binlog', ...logs]);
  const scanned = await theflash(home, ['scan', 'shop.orders', '--format', 'csv']);
  const expected = await readFile(path.join(shop, 'expected', 'orders.tsv'), 'utf8');
  t.is(scanned.trim().split('\n').length, expected.trim().split('\n').length);
  t.regex(await theflash(home, ['build-ch']), /Nothing to build: this package came with a ch\.so/);
});

test.serial('spark-jar builds in the cache folder, where the package is read-only', async (t) => {
  t.true((await packedFiles()).some((name) => /^spark-connector\/core\/src\/main\/.*\.java$/.test(name)));
  const home = await makeHome('spark');
  const tools = path.join(folder, 'tools');
  await mkdir(tools);
  const module = 'spark-3.5_2.12';
  const mvn = `mkdir -p ${module}/target; v=$(sed -n 's:.*<version>\\(.*\\)</version>.*:\\1:p' pom.xml | head -n 1)
    echo jar > "${module}/target/theflash-${module}-$v.jar"`;
  for (const [name, text] of Object.entries({ mvn, javac: 'echo javac 21' })) {
    await writeFile(path.join(tools, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }
  const output = await theflash(home, ['spark-jar', '--quiet'], { PATH: `${tools}:/usr/bin:/bin` });
  const [jar = ''] = output.split('\n');
  t.true(jar.startsWith(path.join(home, '.cache', 'theflash', 'spark-connector', module)), output);
  t.is(await readFile(jar, 'utf8'), 'jar\n');
});

test.serial('an install without libchdb says what it lacks', async (t) => {
  const home = await makeHome('lacking');
  await run('chmod', ['u+w', installed]);
  const modules = path.join(installed, 'node_modules');
  await rm(modules);
  await mkdir(modules);
  for (const name of ['@oclif', 'koffi', '@koromix', 'apache-arrow', 'cli-progress', 'execa', 'mysql2']) {
    await symlink(path.join(projectRoot, 'node_modules', name), path.join(modules, name));
  }
  const failed = await t.throwsAsync(() => theflash(home, ['tables', '--engine', home]));
  t.regex(failed.message, /does not fit: it needs @chdb\/lib-linux-x64-gnu@\S+, and it is not/);
});
