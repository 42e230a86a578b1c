// `npm run package` runs it before it packs, after `npm run build` and `build-ch`: puts the ch.so that the package
// carries, and what it needs of a machine, into prebuilt/linux-x64, or into the folder that is named.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { measurePart, portableInputs, projectRoot, readManifest } from '../src/build/index.js';
import { glibcMinOf, librariesOf } from './packaging/elf.js';

/** What a machine has that Node itself runs on; libchdb.so is of npm's package. */
const libraries = ['ld-linux-x86-64.so.2', 'libc.so.6', 'libchdb.so', 'libgcc_s.so.1', 'libm.so.6'];
/** That of Debian 12, Ubuntu 22.04 and RHEL 9. A compiler that needs a newer one makes no package. */
const glibcMax = '2.34';

const [folder = path.join(projectRoot, 'prebuilt', 'linux-x64')] = process.argv.slice(2);
const file = path.join(folder, 'ch.so');
try {
  rmSync(folder, { recursive: true, force: true });
  await carry();
} catch (error) {
  rmSync(folder, { recursive: true, force: true });
  console.error(`No package: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

async function carry(): Promise<void> {
  const built = await readManifest(path.join(projectRoot, 'build', 'ch'));
  if (built === undefined) throw new Error('there is no ch.so: run node bin/run.js build-ch');
  mkdirSync(folder, { recursive: true });
  copyFileSync(path.join(projectRoot, 'build', 'ch', 'ch.so'), file);
  run('strip', ['--strip-debug', file]);
  const foreign = librariesOf(run('readelf', ['--dynamic', file])).filter(
    (name) => !libraries.includes(name),
  );
  if (foreign.length > 0) {
    throw new Error(`ch.so needs ${foreign.join(', ')}, which a machine may not have`);
  }
  const glibcMin = glibcMinOf(run('readelf', ['--version-info', file]));
  if (Number(glibcMin.split('.')[1]) > Number(glibcMax.split('.')[1])) {
    throw new Error(`ch.so needs glibc ${glibcMin}: build it where glibc is ${glibcMax} to 2.36`);
  }
  const manifest = {
    ...built,
    glibcMin,
    parts: [await measurePart(folder, 'ch.so')],
    inputs: await portableInputs(projectRoot),
  };
  writeFileSync(path.join(folder, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  console.error(`${file} needs glibc ${glibcMin} and ${built.package}`);
}

function run(program: string, args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8' });
}
