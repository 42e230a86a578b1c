// `npm run build`: TypeScript to dist/, oclif's list of commands, with which `--version`, `--help` and each command
// start without loading the others (a third of the time), and of that list the manual page.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Plugin } from '@oclif/core';
import { bundle } from './bundle.js';
import { manPage } from './packaging/man-page.js';
import { npmProgram, root, run } from './testing/child.js';

/** Variables that no flag names. */
const environment = [
  ['MYSQL_PWD', 'Password of the source, where neither its URL nor a file has one.'],
];
const manifestFile = path.join(root, 'oclif.manifest.json');

// A command whose source is gone must not live on in the build.
rmSync(path.join(root, 'dist'), { recursive: true, force: true });
rmSync(manifestFile, { force: true });
const [types] = await Promise.all([
  run(npmProgram('tsc'), ['-p', 'tsconfig.build.json']),
  bundle(),
]);
process.stdout.write(types.output);
if (types.code === 0) await writeManifest();
process.exitCode = types.code;

async function writeManifest() {
  const plugin = new Plugin({
    root,
    type: 'core',
    ignoreManifest: true,
    errorOnManifestCreate: true,
  });
  await plugin.load();
  writeFileSync(manifestFile, `${JSON.stringify(plugin.manifest, undefined, 2)}\n`);
  const { version, description } = JSON.parse(
    readFileSync(path.join(root, 'package.json'), 'utf8'),
  );
  const { commands } = plugin.manifest;
  const page = manPage({ commands, version, description, environment });
  writeFileSync(path.join(root, 'dist', 'theflash.1'), page);
}
