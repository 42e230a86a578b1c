// The product's modules and those of its packages in few files: Node takes 0.5 s of processor time to load
// the thousand that `theflash scan` would be otherwise, and 0.2 s as it is (docs/decisions/0019).
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { root } from './testing/child.js';

const entryPoints = [
  'src/index.ts',
  ...readdirSync(path.join(root, 'src/commands')).map((file) => `src/commands/${file}`),
  'src/cli/unknown-command.ts',
  'src/follow/index.ts',
  'src/follow/follower-thread.ts',
];

// oclif runs the commands and is loaded before them; the others bring machine code of their own.
const notBundled = ['@oclif/core', 'koffi', 'parquet-wasm'];

// Packages that are CommonJS ask for Node's modules by `require`, which a module has not.
const makeRequire =
  "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);";

/** Writes dist/ anew, and the licenses of what it holds of others. */
export async function bundle() {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints,
    outbase: 'src',
    outdir: 'dist',
    // As deep as the sources: `../../` is the package's root in both.
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: notBundled,
    banner: { js: makeRequire },
    metafile: true,
    logLevel: 'warning',
  });
  writeLicenses(Object.keys(metafile.inputs));
}

function writeLicenses(inputs) {
  const folders = new Set(
    inputs.flatMap((file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []),
  );
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(
      readFileSync(path.join(root, folder, 'package.json'), 'utf8'),
    );
    const file = readdirSync(path.join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file === undefined ? license : readFileSync(path.join(root, folder, file), 'utf8');
    return `# ${name} ${version} (${license})\n\n${text.trim()}\n`;
  });
  writeFileSync(path.join(root, 'dist/THIRD-PARTY-LICENSES.txt'), texts.join('\n\n'));
}
